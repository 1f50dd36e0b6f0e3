"""Stock never goes below zero: refused with what can be done, held twice (ADR 0031)."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from apps.core.errors import BusinessError
from apps.core.reconcile import reconcile
from apps.finance.models import JournalEntry
from apps.inventory.models import ItemValuation, StockBalance, StockMove
from apps.inventory.services import balances
from apps.inventory.services.cost_adjustments import adjust_receipts, change_standard_costs
from apps.inventory.services.moves import Move
from apps.masterdata.models import Item
from tests.factories import make_books
from tests.inventory.conftest import DAY, Warehouse, make_warehouse
from tests.support.connections import superuser
from tests.support.reconciled import assert_reconciled

#: The database's own guards, by table.
GUARDS = {
    "inventory_stockbalance": (
        "inventory_stockbalance_not_negative",
        "inventory_stockbalance_reserved_on_hand",
    ),
    "inventory_itemvaluation": (
        "inventory_itemvaluation_quantity_not_negative",
        "inventory_itemvaluation_value_not_negative",
        "inventory_itemvaluation_no_value_without_quantity",
    ),
}


def standard(warehouse: Warehouse) -> Item:
    """Two of an item at 10: at standard cost no layer would refuse what is short."""
    item = warehouse.item("standard")
    change_standard_costs(
        warehouse.books.company, {item: Decimal(10)}, source=warehouse.stock, date=DAY,
        by=warehouse.books.by,
    )  # fmt: skip
    warehouse.receive(item, "2", "10")
    return item


def written() -> tuple[int, int]:
    return StockMove.objects.count(), JournalEntry.objects.count()


@pytest.mark.parametrize("costing", ["standard", "average", "fifo"])
def test_more_than_there_is_is_refused_and_nothing_written(
    warehouse: Warehouse, costing: str
) -> None:
    item = warehouse.item(costing)
    warehouse.receive(item, "2", "10")
    before = written()
    with pytest.raises(BusinessError) as refused:
        warehouse.ship(item, "3")
    assert (refused.value.code, refused.value.field, refused.value.row) == (
        "insufficient_stock",
        "quantity",
        0,
    )
    assert refused.value.details == {"available": "2.000000"}
    assert written() == before
    assert StockBalance.objects.get(item=item).quantity == 2
    assert_reconciled()


def test_the_refusal_says_where_there_is_some(warehouse: Warehouse) -> None:
    item = warehouse.item("average")
    shelf, blocked = warehouse.place("SHELF"), warehouse.quarantine
    warehouse.receive(item, "9", "10")
    for place, quantity in ((shelf, 5), (blocked, 2)):
        warehouse.post(Move(item.pk, Decimal(quantity), warehouse.stock, place))
    with pytest.raises(BusinessError) as refused:
        warehouse.ship(item, "3")
    assert refused.value.details["elsewhere"] == [
        {"location": "SHELF", "lot": None, "available": "5.000000"}
    ]
    assert "Elsewhere: SHELF (5)." in refused.value.message
    warehouse.post(Move(item.pk, Decimal(1), shelf, warehouse.stock))  # brought, then shipped
    warehouse.ship(item, "3")
    assert StockBalance.objects.get(item=item, location=shelf).quantity == 4
    assert_reconciled()


def test_goods_whose_price_is_not_known_come_in_first_and_late_cost_mends_the_sale(
    warehouse: Warehouse,
) -> None:
    """What others issue below zero: received at the expected price, sold, then billed at 12."""
    item = warehouse.item("average")
    receipt = warehouse.receive(item, "5", "10")
    assert warehouse.ship(item, "5").moves[0].value == 50
    [move] = warehouse.rows(receipt)
    adjust_receipts(
        warehouse.books.company, [(move, Decimal(10))], source=warehouse.stock, journal="PUR",
        date=DAY, counter_account_id=warehouse.books.account("5060").pk, by=warehouse.books.by,
    )  # fmt: skip
    assert (warehouse.books.balance("5000"), warehouse.worth(item)) == (60, 0)
    assert_reconciled()


def test_goods_that_the_books_do_not_know_are_counted_in(warehouse: Warehouse) -> None:
    item = warehouse.item("average")
    warehouse.receive(item, "2", "10")
    found = warehouse.virtual["adjustment"]
    warehouse.post(Move(item.pk, Decimal(1), found, warehouse.stock))  # at what it is carried at
    assert warehouse.ship(item, "3").moves[0].value == 30
    assert warehouse.books.balance("5230") == -10
    assert_reconciled()


def test_without_the_check_of_the_program_the_database_refuses(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = standard(warehouse)
    monkeypatch.setattr(balances, "_check_available", lambda *_given: None)
    before = written()
    with pytest.raises(IntegrityError), transaction.atomic():
        warehouse.ship(item, "3")
    assert written() == before
    assert StockBalance.objects.get(item=item).quantity == 2
    assert_reconciled()


@pytest.fixture
def unguarded(transactional_db: None) -> Iterator[Warehouse]:
    """A warehouse in a database without its guards; they are put back."""
    warehouse = make_warehouse(make_books())
    with superuser() as owner:
        found = {
            (table, name): owner.execute(
                "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", [name]
            ).fetchone()
            for table, names in GUARDS.items()
            for name in names
        }
        assert all(found.values()), found
        for table, name in found:
            owner.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        try:
            yield warehouse
        finally:
            owner.execute("DELETE FROM inventory_stockbalance")
            owner.execute("DELETE FROM inventory_itemvaluation")
            for (table, name), (definition,) in found.items():
                owner.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")


def test_negative_control_without_both_stock_goes_below_zero(
    unguarded: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same issue with every guard off goes through: the tests above can fail."""
    item = standard(unguarded)
    monkeypatch.setattr(balances, "_check_available", lambda *_given: None)
    unguarded.ship(item, "3")
    assert StockBalance.objects.get(item=item).quantity == -1
    assert ItemValuation.objects.get(item=item).quantity == -1
    [finding] = reconcile(["stock-reservations"])
    assert finding.offences
