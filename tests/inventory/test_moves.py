"""Stock moves: S4's valuation pack, refusals, and the same number of statements for any size."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.core.errors import BusinessError, InvalidInput
from apps.finance.models import JournalLine
from apps.inventory.models import ItemValuation, StockMove
from apps.inventory.services.moves import Move, reverse_moves
from tests.inventory.conftest import DAY, Warehouse


def value_left(item) -> Decimal:
    return ItemValuation.objects.get(item=item).value


def test_fifo_takes_the_oldest_first(warehouse: Warehouse) -> None:
    item = warehouse.item("fifo")
    warehouse.receive(item, "5", "8")
    warehouse.receive(item, "8", "12")
    assert warehouse.ship(item, "1").moves[0].value == 8
    assert warehouse.ship(item, "6").moves[0].value == 56
    assert value_left(item) == 72


def test_fifo_crosses_layers(warehouse: Warehouse) -> None:
    item = warehouse.item("fifo")
    warehouse.receive(item, "100", "40000")
    warehouse.receive(item, "100", "50000")
    assert warehouse.ship(item, "110").moves[0].value == 4_500_000
    assert value_left(item) == 4_500_000


@pytest.mark.parametrize(
    ("costing", "first", "second", "left"),
    [("average", "660.00", "904.62", "565.38"), ("fifo", "600", "920", "610")],
)
def test_average_and_fifo_side_by_side(
    warehouse: Warehouse, costing: str, first: str, second: str, left: str
) -> None:
    item = warehouse.item(costing)
    warehouse.receive(item, "100", "10")
    warehouse.receive(item, "50", "13")
    assert warehouse.ship(item, "60").moves[0].value == Decimal(first)
    warehouse.receive(item, "40", "12")
    assert warehouse.ship(item, "80").moves[0].value == Decimal(second)
    assert value_left(item) == Decimal(left)


def test_standard_books_the_price_variance(warehouse: Warehouse) -> None:
    item = warehouse.item("standard")
    warehouse.receive(item, "0.000001", "0")
    ItemValuation.objects.filter(item=item).update(standard_cost=Decimal("3.333333"))
    posting = warehouse.receive(item, "10", "4")
    assert posting.moves[0].value == Decimal("33.33")
    amounts = sorted(
        JournalLine.objects.filter(entry_id=posting.entry_id).values_list("amount", flat=True)
    )
    assert amounts == [Decimal("-40"), Decimal("6.67"), Decimal("33.33")]


def test_specific_lot_keeps_its_own_cost(warehouse: Warehouse) -> None:
    item = warehouse.item("specific", tracking="lot")
    cheap, dear = warehouse.lot(item, "L1"), warehouse.lot(item, "L2")
    warehouse.receive(item, "10", "1", lot=cheap)
    warehouse.receive(item, "10", "2", lot=dear)
    assert warehouse.ship(item, "4", lot=dear).moves[0].value == 8
    assert warehouse.ship(item, "4", lot=cheap).moves[0].value == 4


@pytest.mark.parametrize("costing", ["fifo", "average", "specific", "standard"])
def test_reversal_puts_everything_back(warehouse: Warehouse, costing: str) -> None:
    item = warehouse.item(costing)
    first = warehouse.receive(item, "10", "5")
    ItemValuation.objects.get(item=item)
    sale = warehouse.ship(item, "4")
    before = value_left(item)
    moves = list(StockMove.objects.filter(pk=sale.moves[0].id))
    reverse_moves(
        warehouse.books.company,
        moves,
        source=warehouse.stock,
        date=DAY,
        journal="INV",
        by=warehouse.books.by,
    )
    assert value_left(item) == before + sale.moves[0].value
    with pytest.raises(BusinessError, match="reversed"):
        reverse_moves(
            warehouse.books.company,
            moves,
            source=warehouse.stock,
            date=DAY,
            journal="INV",
            by=warehouse.books.by,
        )
    assert first.entry_id or costing == "standard"


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"quantity": Decimal(-1)}, "not_positive", "quantity"),
        ({"quantity": Decimal("NaN")}, "not_a_number", "quantity"),
        ({"quantity": Decimal("0.0000001")}, "too_many_decimals", "quantity"),
        ({"quantity": Decimal(11)}, "insufficient_stock", "quantity"),
        ({"item_id": 10**9}, "unknown_item", "item"),
    ],
)
def test_bad_input_names_its_field_and_writes_nothing(
    warehouse: Warehouse, change: dict, code: str, field: str
) -> None:
    item = warehouse.item("fifo")
    warehouse.receive(item, "10", "5")
    moves, lines = StockMove.objects.count(), JournalLine.objects.count()
    values = {"item_id": item.pk, "quantity": Decimal(1), **change}
    with pytest.raises((BusinessError, InvalidInput)) as caught:
        warehouse.post(
            Move(from_location=warehouse.stock, to_location=warehouse.customer, **values)
        )
    assert (caught.value.code, caught.value.field) == (code, field)
    assert (StockMove.objects.count(), JournalLine.objects.count()) == (moves, lines)


def test_a_hundred_lines_cost_as_many_statements_as_ten(warehouse: Warehouse) -> None:
    counts = {}
    for size in (1, 10, 100):  # the first warms what a process reads once
        items = [warehouse.item("fifo") for _ in range(size)]
        for item in items:
            warehouse.receive(item, "5", "2")
        with CaptureQueriesContext(
            connection,
        ) as captured:
            warehouse.post(
                *(Move(i.pk, Decimal(2), warehouse.stock, warehouse.customer) for i in items)
            )
        counts[size] = len([q for q in captured if "SAVEPOINT" not in q["sql"]])
    assert counts[10] == counts[100] <= 13
