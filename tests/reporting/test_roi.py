"""The arithmetic of investments: textbook figures, and what has no answer."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.core.errors import InvalidInput
from apps.reporting.roi import (
    appraise,
    compare,
    internal_rate,
    net_present_value,
    payback_period,
    scaled,
)

S20 = [Decimal(-100000), *[Decimal(30000)] * 5]
TEN = Decimal("0.10")


def flows(*values: int | str) -> list[Decimal]:
    return [Decimal(value) for value in values]


def test_s20() -> None:
    found = appraise(TEN, S20)
    assert found.irr is not None and found.payback is not None
    assert f"{found.npv:.2f}" == "13723.60"
    assert f"{found.irr:.2%}" == "15.24%"
    assert f"{found.payback:.2f}" == "3.33"
    assert found.discounted_payback is not None
    assert f"{found.discounted_payback:.2f}" == "4.26"


def test_at_the_internal_rate_the_flows_are_worth_nothing() -> None:
    assert internal_rate(flows(-100, 110)).quantize(Decimal("1e-10")) == Decimal("0.1")
    assert abs(net_present_value(internal_rate(S20), S20)) < Decimal("0.000001")


@settings(deadline=None)
@given(st.integers(1, 10**9), st.lists(st.integers(0, 10**9), min_size=1, max_size=20).filter(any))
def test_one_change_of_sign_has_one_rate(outlay: int, income: list[int]) -> None:
    values = flows(-outlay, *income)
    try:
        rate = internal_rate(values)
    except InvalidInput as error:
        assert error.code == "rate_out_of_range"
        return
    step = Decimal("1e-9")
    assert net_present_value(rate - step, values) > 0 > net_present_value(rate + step, values)


@pytest.mark.parametrize(
    ("values", "code"),
    [
        (flows(100, 200), "no_sign_change"),
        (flows(-100, -5), "no_sign_change"),
        (flows(0, 0), "no_sign_change"),
        (flows(-100, 230, -132), "several_sign_changes"),
        (flows(-1, 1000000), "rate_out_of_range"),
        (flows(-100), "flows"),
        ([Decimal(-100), Decimal("NaN")], "not_a_number"),
    ],
)
def test_no_rate_is_told_with_its_reason(values: list[Decimal], code: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        internal_rate(values)
    assert (caught.value.code, caught.value.field) == (code, "flows")


def test_payback() -> None:
    assert payback_period(flows(-100, 50, 50)) == 2
    assert payback_period(flows(-100, 60, 60, -30, 20)) == Decimal("3.5"), "it must stay paid"
    assert payback_period(flows(-100, 99)) is None
    assert payback_period(flows(0, 10)) == 0
    assert payback_period(flows(-100, 0, 200)) == Decimal("1.5")


def test_a_rate_of_minus_one_is_refused() -> None:
    with pytest.raises(InvalidInput) as caught:
        net_present_value(Decimal(-1), S20)
    assert caught.value.field == "rate"


def test_scenarios_are_ranked_by_present_value() -> None:
    found = compare(TEN, {"low": scaled(S20, Decimal(80)), "plan": S20})
    assert [name for name, _one in found] == ["plan", "low"]
    assert f"{found[1][1].npv:.2f}" == "-9021.12"
