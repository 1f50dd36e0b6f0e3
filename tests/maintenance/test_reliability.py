"""Figures from intervals: plain arithmetic."""

from __future__ import annotations

import itertools
import json
import math
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.maintenance.reliability import (
    going_on,
    hours_between,
    median_rank,
    merged,
    reliability,
    weibull,
)
from apps.maintenance.replacement import ReplacementCase, compare, net_present_value
from tests.support.published import CASES

D = Decimal
LIFE_DATA = CASES / "07-oee-kpi" / "weibull_censored.json"
START = datetime(2026, 3, 1, tzinfo=UTC)


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def test_two_failures_in_a_day() -> None:
    figures = reliability([(at(7), at(8.5)), (at(10), at(10.5))], at(0), at(24))
    assert (figures.failures, figures.down_hours) == (2, 2)
    assert (figures.mtbf, figures.mttr) == (11, 1)
    assert figures.availability == D("0.916667")


def test_nothing_failed() -> None:
    figures = reliability([], at(0), at(24))
    assert (figures.mtbf, figures.mttr, figures.availability) == (None, None, 1)


def test_a_standstill_from_before_counts_its_time_but_is_no_failure() -> None:
    figures = reliability([(at(-5), at(1)), (at(-1), at(2))], at(0), at(10))
    assert (figures.failures, figures.down_hours, figures.availability) == (0, 2, D("0.8"))


@given(st.lists(st.tuples(st.integers(0, 500), st.integers(1, 50)), max_size=30))
def test_time_is_counted_once(spans: list[tuple[int, int]]) -> None:
    given_spans = [(at(start), at(start + length)) for start, length in spans]
    found = merged(given_spans)
    assert all(a[1] < b[0] for a, b in itertools.pairwise(found))
    hours = {hour for start, length in spans for hour in range(start, start + length)}
    figures = reliability(given_spans, at(0), at(1000))
    assert figures.down_hours == len(hours)
    assert 0 <= figures.availability <= 1


def test_weibull_finds_the_shape_of_wear() -> None:
    shape, scale = 3.0, 1000.0
    times = [
        D(str(round(scale * (-math.log(1 - median_rank(n, 20))) ** (1 / shape), 6)))
        for n in range(1, 21)
    ]
    found = weibull(times)
    assert found is not None
    assert math.isclose(found.shape, shape, rel_tol=1e-6)
    assert math.isclose(found.scale, scale, rel_tol=1e-6)
    assert weibull([D(5), D(5), D(7)]) is None
    assert hours_between([(at(0), at(1)), (at(5), at(6)), (at(16), at(17))]) == [4, 10]


@pytest.mark.case("REL-WEIBULL-2")
@pytest.mark.skipif(not LIFE_DATA.exists(), reason="no folder of cases (MES_ERP_CASES)")
def test_what_went_on_without_failing_counts_as_published() -> None:
    case = json.loads(LIFE_DATA.read_text())
    assert math.isclose(median_rank(6, case["n"]), case["median_rank_6_of_10"], abs_tol=5e-5)
    found = weibull([D(t) for t in case["failures"]], [D(t) for t in case["suspended"]])
    assert found is not None
    for name, shape, scale in (
        ("RRY", found.shape, found.scale),
        ("MLE", found.likely_shape, found.likely_scale),
    ):
        assert math.isclose(shape, case[name]["beta"], abs_tol=5e-4), name
        assert math.isclose(scale, case[name]["eta"], abs_tol=5e-2), name


def test_the_present_run_goes_on() -> None:
    assert going_on([(at(0), at(1)), (at(5), at(6))], at(10)) == [4]
    assert going_on([(at(0), at(12))], at(10)) == going_on([], at(10)) == []


def test_present_value_of_a_known_case() -> None:
    flows = [D(-100000), *[D(30000)] * 5]
    assert round(net_present_value(D("0.10"), flows), 2) == D("13723.60")


def test_a_new_one_pays_up_to_its_highest_price() -> None:
    case = ReplacementCase(
        annual_cost=D(30000),
        price=D(100000),
        new_annual_cost=D(0),
        years=5,
        discount_rate=D("0.10"),
    )
    answer = compare(case)
    assert answer.advantage == D("13723.60") and answer.is_replacing_better
    assert answer.highest_price == D("113723.60")
    at_limit = compare(ReplacementCase(D(30000), answer.highest_price, D(0), 5, D("0.10")))
    assert abs(at_limit.advantage) <= D("0.01")
    grown = compare(ReplacementCase(D(100), D(50), D(100), 2, D(0), cost_growth=D("0.1")))
    assert grown.keep_flows == (0, D("-110.00"), D("-121.00"))
    assert grown.replace_flows == (D("-50.00"), D("-100.00"), D("-110.00"))
