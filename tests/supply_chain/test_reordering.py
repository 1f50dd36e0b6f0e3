"""The arithmetic of buying again, by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from apps.supply_chain.reordering import (
    Demand,
    LeadTime,
    Stock,
    min_max,
    reorder_point,
    rounded_up,
    safety_stock,
    service_factor,
)

D = Decimal


def test_demand_counts_the_days_without_any() -> None:
    demand = Demand(10, D(40), D(400))  # four days of 10, six of none
    assert demand.per_day == 4
    assert round(demand.deviation, 6) == D("5.163978")  # sqrt((400 - 1600/10) / 9)
    assert (Demand(0).per_day, Demand(1, D(5), D(25)).deviation) == (0, 0)


@pytest.mark.parametrize(
    ("percent", "z"), [("50", "0"), ("95", "1.644854"), ("97.72", "1.999077"), ("99", "2.326348")]
)
def test_service_levels_are_deviations(percent: str, z: str) -> None:
    assert service_factor(D(percent)) == D(z)


def test_safety_stock_covers_demand_and_lead_time() -> None:
    steady, swinging = Demand(2, D(8), D(32)), Demand(10, D(40), D(400))
    sure, unsure = LeadTime(D(9), D(9)), LeadTime(D(9), D("11.563104"))
    level = {"review_days": 1, "service_level_percent": D(95)}
    assert safety_stock(steady, sure, **level) == 0
    # 1.644854 · sqrt(10 · 26.666667)
    assert round(safety_stock(swinging, sure, **level), 2) == D("26.86")
    # the lead time swings by 2: 1.644854 · 4 · 2
    assert round(safety_stock(steady, unsure, **level), 2) == D("13.16")
    assert round(safety_stock(swinging, unsure, **level), 2) == D("29.91")


def test_below_the_point_it_is_filled_up() -> None:
    demand, lead_time = Demand(2, D(8), D(32)), LeadTime(D(9), D(9))
    given = {"review_days": 1, "service_level_percent": D(95)}
    level = reorder_point(Stock(on_hand=D(41)), demand, lead_time, **given)
    assert (level.reorder_point, level.order_up_to, level.shortfall) == (40, 44, 0)
    level = reorder_point(Stock(on_hand=D(30), expected_in=D(10)), demand, lead_time, **given)
    assert (level.position, level.shortfall) == (40, 4)
    level = reorder_point(
        Stock(on_hand=D(40)), demand, lead_time, **given, minimum=D(50), maximum=D(90)
    )
    assert (level.reorder_point, level.shortfall) == (50, 50)


def test_orders_in_hand_are_part_of_the_demand_not_on_top() -> None:
    demand, lead_time = Demand(2, D(8), D(32)), LeadTime(D(9), D(9))
    given = {"review_days": 1, "service_level_percent": D(95)}
    few = Stock(on_hand=D(41), expected_out=D(30), known_out=D(30))
    assert reorder_point(few, demand, lead_time, **given).shortfall == 0
    many = Stock(on_hand=D(41), expected_out=D(60), known_out=D(60))
    level = reorder_point(many, demand, lead_time, **given)
    assert (level.reorder_point, level.shortfall) == (60, 23)


def test_minimum_and_maximum_count_all_promises() -> None:
    stock = Stock(on_hand=D(20), reserved=D(2), expected_in=D(5), requested=D(1),
                  expected_out=D(14))  # fmt: skip
    level = min_max(stock, minimum=D(10), maximum=D(50))
    assert (level.position, level.shortfall) == (10, 40)
    assert min_max(Stock(on_hand=D(11)), minimum=D(10), maximum=D(50)).shortfall == 0


def test_nobody_orders_parts_of_a_piece() -> None:
    assert rounded_up(D("10.000001"), 0) == 11
    assert rounded_up(D("10.121"), 2) == D("10.13")
    assert rounded_up(D("10"), 0) == 10
