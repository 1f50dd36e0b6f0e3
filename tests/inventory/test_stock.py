"""What is in stock: by place and lot with its value, at a past day, and how it came to that."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection

from apps.finance.models import Account, JournalLine
from apps.inventory.queries.stock import (
    movement_card,
    stock_on_hand,
    stock_total_at,
    stock_value_at,
)
from apps.inventory.services.cost_adjustments import adjust_receipts
from apps.inventory.services.moves import Move
from tests.inventory.conftest import DAY, Warehouse
from tests.support.statements import at_most


@pytest.mark.parametrize("costing", ["fifo", "average", "standard"])
def test_values_of_places_sum_to_the_item(warehouse: Warehouse, costing: str) -> None:
    item = warehouse.item(costing)
    shelf = warehouse.place("SHELF")
    warehouse.receive(item, "3", "3.34")
    warehouse.post(Move(item.pk, Decimal(1), warehouse.stock, shelf))
    with at_most(1):
        rows = stock_on_hand(warehouse.books.company)
    assert sum(row.value for row in rows) == warehouse.worth(item)
    assert [(row.location, row.quantity) for row in rows] == [("SHELF", 1), ("STOCK", 2)]
    [only] = stock_on_hand(warehouse.books.company, location=shelf)
    assert only == rows[0]


def test_a_specific_lot_has_its_own_value(warehouse: Warehouse) -> None:
    item = warehouse.item("specific", tracking="lot")
    cheap, dear = warehouse.lot(item, "L1"), warehouse.lot(item, "L2")
    warehouse.receive(item, "10", "1", lot=cheap)
    warehouse.receive(item, "10", "2", lot=dear)
    warehouse.ship(item, "5", lot=dear)
    rows = stock_on_hand(warehouse.books.company, item=item)
    assert [(row.lot, row.value) for row in rows] == [("L1", 10), ("L2", 10)]
    assert [row.lot for row in stock_on_hand(warehouse.books.company, lot=dear)] == ["L2"]


def ledger_at(warehouse: Warehouse, at: date) -> Decimal:
    lines = JournalLine.objects.filter(
        company=warehouse.books.company,
        account__control=Account.Control.INVENTORY,
        date__lte=at,
    )
    return sum(lines.values_list("amount", flat=True), Decimal(0))


def test_the_value_at_any_day_is_the_ledgers(warehouse: Warehouse) -> None:
    item, other = warehouse.item("fifo"), warehouse.item("average")
    company, by = warehouse.books.company, warehouse.books.by
    days = [date(2026, 2, 1), date(2026, 3, 31), date(2026, 4, 1), date(2026, 5, 5)]

    def receive(what, quantity, cost, day):
        worth = Decimal(quantity) * Decimal(cost)
        move = Move(what.pk, Decimal(quantity), warehouse.supplier, warehouse.stock, value=worth)
        return warehouse.post(move, date=day)

    first = receive(item, "10", "2", days[0])
    receive(other, "7", "1.43", days[1])
    move = Move(item.pk, Decimal(4), warehouse.stock, warehouse.customer)
    warehouse.post(move, date=days[2])
    adjust_receipts(
        company,
        [(warehouse.rows(first)[0], Decimal(5))],
        source=warehouse.stock,
        date=days[3],
        journal="PUR",
        counter_account_id=warehouse.books.account("5060").pk,
        by=by,
    )
    receive(item, "1", "9", days[0])  # back-dated
    totals = [stock_total_at(company, day) for day in days]
    assert totals == [ledger_at(warehouse, day) for day in days]
    assert totals == [29, Decimal("39.01"), Decimal("31.01"), Decimal("34.01")]
    assert stock_total_at(company, date(2026, 1, 31)) == 0
    [one] = stock_value_at(company, days[3], item=item)
    assert (one.quantity, one.value) == (7, 24)


def test_the_card_runs(warehouse: Warehouse) -> None:
    item = warehouse.item("average")
    shelf = warehouse.place("SHELF")
    warehouse.receive(item, "10", "2")
    warehouse.post(Move(item.pk, Decimal(3), warehouse.stock, shelf), date=date(2026, 3, 11))
    warehouse.post(
        Move(item.pk, Decimal(4), warehouse.stock, warehouse.customer), date=date(2026, 3, 12)
    )
    card = movement_card(warehouse.books.company, item)
    assert [(row["quantity"], row["quantity_after"], row["value_after"]) for row in card] == [
        (10, 10, 20),
        (-4, 6, 12),
    ]
    there = movement_card(warehouse.books.company, item, location=warehouse.stock)
    assert [row["quantity_after"] for row in there] == [10, 7, 3]
    late = movement_card(warehouse.books.company, item, since=date(2026, 3, 12))
    assert [row["quantity_after"] for row in late] == [6]
    assert not movement_card(warehouse.books.company, item, until=DAY.replace(day=1))


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        (
            "SELECT id FROM inventory_stockmove WHERE item_id = 1 AND date < '2026-1-1'",
            "stockmove_item",
        ),
        (
            "SELECT id FROM inventory_costlayer WHERE item_id = 1 AND quantity_left > 0"
            " ORDER BY id LIMIT 64",
            "costlayer_open",
        ),
        (
            "SELECT sum(quantity) FROM inventory_expectedmove WHERE is_open AND item_id = 1"
            " AND due_date < '2026-01-01'",
            "expectedmove_due",
        ),
        ("SELECT id FROM inventory_stockmove WHERE cost_object_id = 1", "stockmove_cost"),
    ],
)
def test_postings_and_questions_have_their_index(db: None, statement: str, index: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {statement}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert f"inventory_{index}" in plan, plan
