"""Prices over plain values: the most specific rule, overlap, margin on price, breaks."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.crm.pricing import (
    Rule,
    Sale,
    break_price,
    discount_between,
    discounted,
    margin_of,
    margin_price,
    overlapping,
    price_of,
    winning_rule,
)

D = Decimal
DAY = date(2026, 3, 10)
SALE = Sale(DAY, D(10), partner_id=1, item_id=5, category_id=7, segment_id=3)


def rule(key: int, **values) -> Rule:
    values.setdefault("valid_from", date(2026, 1, 1))
    return Rule(key, **values)


def test_customer_comes_before_item_and_item_before_quantity() -> None:
    rules = [
        rule(1, discount_percent=D(1)),
        rule(2, category_id=7, discount_percent=D(2)),
        rule(3, item_id=5, unit_price=D(90)),
        rule(4, item_id=5, min_quantity=D(10), unit_price=D(80)),
        rule(5, segment_id=3, discount_percent=D(5)),
        rule(6, segment_id=3, item_id=5, unit_price=D(70)),
        rule(7, partner_id=1, discount_percent=D(7)),
        rule(8, partner_id=1, item_id=5, unit_price=D(60), discount_percent=D(10)),
        rule(9, partner_id=1, item_id=5, min_quantity=D(11), unit_price=D(1)),
        rule(10, partner_id=2, item_id=5, unit_price=D(2)),
    ]
    for winner in (8, 7, 6, 5, 4, 3, 2, 1):
        found = winning_rule([one for one in rules if one.id <= winner or one.id > 8], SALE)
        assert found is not None and found.id == winner
    price = price_of(rules, SALE, D(100))
    assert price is not None and (price.unit_price, price.rule_id) == (54, 8)
    only = price_of(rules[:1], SALE, D(100))
    assert only is not None and only.unit_price == 99


def test_dates_count_on_both_ends_and_without_a_price_there_is_none() -> None:
    one = rule(1, valid_from=DAY, valid_until=DAY, discount_percent=D(50))
    assert winning_rule([one], SALE) is one
    assert winning_rule([rule(1, valid_from=date(2026, 3, 11))], SALE) is None
    assert winning_rule([rule(1, valid_until=date(2026, 3, 9))], SALE) is None
    assert price_of([one], SALE, None) is None
    assert price_of([], SALE, None) is None


def test_rules_of_equal_rank_overlap_only_on_common_days() -> None:
    first = rule(1, item_id=5, valid_until=date(2026, 6, 30))
    assert overlapping([first, rule(2, item_id=5, valid_from=date(2026, 7, 1))]) is None
    assert overlapping([first, rule(2, item_id=6)]) is None
    assert overlapping([first, rule(2, item_id=5, min_quantity=D(2))]) is None
    found = overlapping([first, rule(2, item_id=5, valid_from=date(2026, 6, 30))])
    assert found is not None and {one.id for one in found} == {1, 2}
    assert overlapping([rule(1), rule(2)]) is not None


def test_s17_margin_on_price_rounded_up_to_a_step() -> None:
    cost = D("32.693333")
    assert margin_price(cost, D(35), D("0.05")) == D("50.30")
    assert margin_price(D("6.5"), D(35), D("0.05")) == D("10.00")  # exact stays
    assert margin_price(cost, D(35)) == D("50.297435")
    assert margin_of(D("50.30"), cost) == D("35.00")
    with pytest.raises(ValueError, match="less than 100"):
        margin_price(cost, D(100))


@given(
    st.decimals("0.0001", "100000", places=4),
    st.decimals("0", "99", places=2),
    st.decimals("0.01", "10", places=2),
)
def test_a_price_reaches_its_margin_and_no_lower_step_would(
    cost: Decimal, percent: Decimal, step: Decimal
) -> None:
    price = margin_price(cost, percent, step)
    assert price % step == 0
    assert price * (100 - percent) >= cost * 100 or price * (100 - percent) + D("1e-18") >= cost
    assert (price - step) * (100 - percent) < cost * 100


def test_discounts_and_breaks() -> None:
    assert discounted(D(80), D("12.5")) == 70
    assert discount_between(D(80), D(70)) == D("12.5")
    assert discount_between(D(80), D(90)) == discount_between(D(0), D(0)) == 0
    offers = [(D(10), D(5)), (D(100), D(4))]
    assert [break_price(offers, D(n)) for n in (9, 10, 99, 100)] == [None, 5, 5, 4]
