"""Earned value: the published example, the textbook forms, and what has no base."""

from __future__ import annotations

from decimal import Decimal

import pytest

from apps.projects.engine.earned_value import NOTHING, EarnedValue
from tests.projects import cases

D = Decimal
_NAMES = {
    "CV": "cost_variance",
    "SV": "schedule_variance",
    "CPI": "cost_index",
    "SPI": "schedule_index",
    "EAC": "estimate_at_completion",
    "ETC": "estimate_to_complete",
    "VAC": "variance_at_completion",
}


@pytest.mark.case("PRJ-EVM-{name}")
@cases.needs_cases
@pytest.mark.parametrize("name", cases.names("evm"))
def test_published(name: str) -> None:
    case = cases.read("evm", name)
    value = EarnedValue(*(D(str(case[key])) for key in ("PV", "EV", "AC", "BAC")))
    for key, expected in case["expected"].items():
        found = getattr(value, _NAMES[key])
        places = 4 if key in ("CPI", "SPI") else 2
        assert round(found, places) == round(D(str(expected)), places), key


def test_the_three_forms_of_the_estimate() -> None:
    value = EarnedValue(D(3000), D(2500), D(2800), D(4000))
    assert value.estimate_at_completion == 4480
    assert value.estimate_as_planned == 4300
    assert value.estimate_with_schedule is not None
    assert round(value.estimate_with_schedule, 2) == D("4816.00")
    assert value.index_to_complete == D("1.25")


def test_without_a_base_there_is_no_ratio() -> None:
    assert NOTHING.cost_index is None
    assert NOTHING.schedule_index is None
    assert NOTHING.index_to_complete is None
    assert NOTHING.estimate_with_schedule is None
    started = EarnedValue(D(0), D(0), D(100), D(1000))
    assert started.cost_index == 0
    assert started.estimate_at_completion == 1100, "nothing earned: the rest costs as planned"
    assert started.estimate_with_schedule is None
    overspent = EarnedValue(D(500), D(400), D(1200), D(1000))
    assert overspent.index_to_complete is None
    assert overspent.variance_at_completion == -2000


def test_parts_add_up() -> None:
    one, other = EarnedValue(D(1), D(2), D(3), D(4)), EarnedValue(D(10), D(20), D(30), D(40))
    assert one + other == EarnedValue(D(11), D(22), D(33), D(44))
