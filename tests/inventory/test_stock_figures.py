"""Value, age, turns, classes, dead stock and expiry of stock, at any day, against the ledger."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from apps.inventory.queries.stock_figures import (
    aged_stock,
    dead_stock,
    expiring_lots,
    moving_stock,
    valuation,
)
from apps.inventory.stock_figures import (
    abc_classes,
    age_class,
    turnover,
    values_by_age,
    variation,
    xyz_class,
)
from tests.inventory.conftest import DAY, Warehouse
from tests.support.faces import ApiClient, codes, make_member
from tests.support.statements import at_most

D = Decimal
UNTIL = DAY + timedelta(days=60)
LATE = date(2026, 12, 20)


def come(warehouse: Warehouse, item: Any, quantity: str, cost: str, on: date, **more: Any) -> Any:
    from apps.inventory.services.moves import Move

    value = D(quantity) * D(cost)
    move = Move(item.pk, D(quantity), warehouse.supplier, warehouse.stock, value=value, **more)
    return warehouse.post(move, date=on)


def go(warehouse: Warehouse, item: Any, quantity: str, on: date, **more: Any) -> Any:
    from apps.inventory.services.moves import Move

    move = Move(item.pk, D(quantity), warehouse.stock, warehouse.customer, **more)
    return warehouse.post(move, date=on)


# --- arithmetic ----------------------------------------------------------------------------------


def test_ages_have_their_ends_in_them() -> None:
    assert [age_class(days) for days in (0, 30, 31, 90, 91, 180, 181, 365, 366, 9999)] == [
        0, 0, 1, 1, 2, 2, 3, 3, 4, 4,
    ]  # fmt: skip


@given(
    st.decimals(0, 10**6, places=2),
    st.lists(st.tuples(st.integers(0, 900), st.decimals("0.01", 1000, places=2)), max_size=8),
)
def test_ages_sum_to_the_value(value: Decimal, parts: list[tuple[int, Decimal]]) -> None:
    assert sum(values_by_age(value, parts, 2)) == value


def test_abc_takes_the_item_on_the_border() -> None:
    used = {1: D(60), 2: D(30), 3: D(6), 4: D(4), 5: D(0), 6: D(-3)}
    assert abc_classes(used) == {1: "A", 2: "A", 3: "B", 4: "C", 5: "C", 6: "C"}
    assert abc_classes({1: D(0)}) == {1: "C"}


def test_xyz_by_the_swing_of_months() -> None:
    assert variation([D(1), D(1)]) is None
    assert variation([D(0), D(0), D(0)]) is None
    assert (xyz_class(variation([D(10), D(10), D(10)])), xyz_class(None)) == ("X", "")
    assert xyz_class(variation([D(0), D(10), D(20)])) == "Y"  # pstdev 8.16 over 10
    assert xyz_class(variation([D(0), D(0), D(30)])) == "Z"


def test_turns_over_the_mean_of_both_ends() -> None:
    speed = turnover(opening=D(100), closing=D(300), used=D(400), on_hand=D(300), days=73)
    assert (speed.turns, speed.days_of_cover) == (D("10.00"), 54)
    idle = turnover(opening=D(0), closing=D(0), used=D(0), on_hand=D(0), days=30)
    assert (idle.turns, idle.days_of_cover) == (None, None)


# --- the register --------------------------------------------------------------------------------


@pytest.mark.parametrize("costing", ["fifo", "average", "standard"])
def test_value_at_any_day_is_the_ledgers(warehouse: Warehouse, costing: str) -> None:
    item = warehouse.item(costing)
    if costing == "standard":
        from apps.inventory.services.cost_adjustments import change_standard_costs

        change_standard_costs(
            warehouse.books.company, {item: D(10)}, source=warehouse.stock, date=DAY,
            by=warehouse.books.by,
        )  # fmt: skip
    come(warehouse, item, "10", "10", DAY)
    go(warehouse, item, "4", DAY + timedelta(days=2))
    come(warehouse, item, "10", "10", DAY + timedelta(days=4))
    for after, quantity in ((-1, 0), (0, 10), (2, 6), (3, 6), (4, 16)):
        found = valuation(warehouse.books.company, DAY + timedelta(days=after))
        assert found.total == found.ledger == quantity * 10
        assert sum(one.quantity for one in found.items) == quantity


def test_what_is_there_came_in_last(warehouse: Warehouse) -> None:
    item = warehouse.item("average")
    come(warehouse, item, "10", "1", LATE - timedelta(days=300))
    come(warehouse, item, "10", "1", LATE - timedelta(days=100))
    wrong = come(warehouse, item, "50", "1", DAY)
    warehouse.reverse(wrong)
    come(warehouse, item, "4", "1", LATE - timedelta(days=20))
    go(warehouse, item, "9", LATE - timedelta(days=1))
    [aged] = aged_stock(warehouse.books.company, LATE)
    assert aged.values == [4, 0, 10, 1, 0]  # of 15: 4 new ones, 10 of 100 days, 1 of 300
    assert aged.oldest_days == 300
    [before] = aged_stock(warehouse.books.company, LATE - timedelta(days=50))
    assert before.values == [0, 10, 0, 10, 0]


def test_turns_classes_and_dead_stock(warehouse: Warehouse) -> None:
    company = warehouse.books.company
    fast, slow, dead = (warehouse.item("average", code=code) for code in ("FAST", "SLOW", "DEAD"))
    for item in (fast, slow, dead):
        come(warehouse, item, "100", "10", DAY)
    for month in (3, 4, 5):
        go(warehouse, fast, "30", date(2026, month, 20))
    returned = go(warehouse, slow, "5", date(2026, 5, 2))
    go(warehouse, slow, "1", date(2026, 5, 3))
    warehouse.reverse(returned)  # on the day of the warehouse, before it went
    since, until = date(2026, 3, 1), date(2026, 5, 31)
    rows = {row.item.code: row for row in moving_stock(company, since=since, until=until)}
    quick = rows["FAST"]
    assert (quick.used_quantity, quick.used_value, quick.abc, quick.xyz) == (90, 900, "A", "X")
    assert quick.turns == round(D(900) * 365 / 92 / 50, 2)
    assert (quick.days_of_cover, quick.last_used) == (10, date(2026, 5, 20))
    assert (rows["SLOW"].used_quantity, rows["SLOW"].abc) == (1, "C")
    [idle] = dead_stock(company, since=since, until=until)
    assert (idle.item.code, idle.item.value) == ("DEAD", 1000)


def test_lots_that_expire(warehouse: Warehouse) -> None:
    today = timezone.localdate()
    company = warehouse.books.company
    item = warehouse.item("specific", tracking="lot")
    lots = [
        warehouse.lot(item, code, expires_on=today + timedelta(days=days))
        for code, days in (("OLD", -2), ("SOON", 30), ("LATE", 400))
    ]
    for lot, cost in zip(lots, ("1", "2", "3"), strict=True):
        come(warehouse, item, "10", cost, DAY, lot=lot)
    found = expiring_lots(company, until=today + timedelta(days=90), today=today)
    assert [(one.lot, one.days, one.value) for one in found] == [("OLD", -2, 10), ("SOON", 30, 20)]


# --- the faces -----------------------------------------------------------------------------------


def test_each_report_as_page_and_file(warehouse: Warehouse) -> None:
    item = warehouse.item("average", code="BOLT")
    client = Client()
    client.force_login(warehouse.books.by, "apps.core.backends.PermissionBackend")
    for name in ("value", "age", "turns", "dead", "expiry"):
        empty = client.get(f"/stock/reports/{name}/")
        assert empty.status_code == 200 and 'class="soft"' in empty.content.decode()
    come(warehouse, item, "10", "10", DAY)
    span = f"date_from=2026-01-01&date_to={UNTIL}"
    for name in ("value", "age", "turns", "dead"):
        page = client.get(f"/stock/reports/{name}/?{span}").content.decode()
        assert "BOLT" in page and "100.00" in page
        for kind in ("csv", "xlsx", "pdf"):
            answer = client.get(f"/stock/reports/{name}/?{span}&as={kind}")
            assert answer.status_code == 200 and answer.content
    wrong = client.get("/stock/reports/value/?date_to=soon")
    assert (wrong.status_code, "YYYY-MM-DD" in wrong.content.decode()) == (422, True)
    assert client.get("/stock/reports/nothing/").status_code == 404
    client.force_login(
        make_member("other", warehouse.books.company), "apps.core.backends.PermissionBackend"
    )
    assert client.get("/stock/reports/value/").status_code == 403


def test_the_api_gives_the_same(warehouse: Warehouse) -> None:
    item = warehouse.item("average", code="BOLT")
    come(warehouse, item, "10", "10", DAY)
    api, span = ApiClient(warehouse.books.by), f"since=2026-01-01&until={UNTIL}"
    path = "/inventory/stock-figures"
    [row] = api.get(f"{path}/value/?at={UNTIL}").body["results"]
    assert (row["code"], D(row["value"]), D(row["unit_cost"])) == ("BOLT", 100, 10)
    [row] = api.get(f"{path}/age/?at={UNTIL}").body["results"]
    assert [D(value) for value in row["values"]] == [0, 100, 0, 0, 0]
    [row] = api.get(f"{path}/turns/?{span}").body["results"]
    assert (row["abc"], row["last_used"]) == ("C", None)
    assert len(api.get(f"{path}/dead/?{span}").body["results"]) == 1
    assert api.get(f"{path}/expiring/?until={UNTIL}").body["results"] == []
    assert codes(api.get(f"{path}/dead/?since=soon&until={UNTIL}"))[0][0] == "since"


def test_statements_do_not_grow(warehouse: Warehouse) -> None:
    company = warehouse.books.company
    seen = set()
    for _n in range(3):
        item = warehouse.item("average")
        come(warehouse, item, "10", "10", DAY)
        go(warehouse, item, "1", DAY)
        with at_most(8) as spent:
            valuation(company, UNTIL)
            aged_stock(company, UNTIL)
        with at_most(8) as moved:
            moving_stock(company, since=DAY, until=UNTIL)
        seen.add((len(spent), len(moved)))
    assert len(seen) == 1
