"""Reservations: first expired first, never more than is there, given back whole."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.core.errors import BusinessError
from apps.inventory.models import Reservation, StockBalance
from apps.inventory.services.lots import hold_lots
from apps.inventory.services.moves import Move
from apps.inventory.services.reservations import Wanted, release_reservations, reserve
from tests.inventory.conftest import DAY, Warehouse
from tests.support.reconciled import assert_reconciled


def book(warehouse: Warehouse, *lines: Wanted, **values):
    values.setdefault("source", warehouse.customer)
    return reserve(warehouse.books.company, lines, by=warehouse.books.by, today=DAY, **values)


def test_first_expired_goes_first(warehouse: Warehouse) -> None:
    item = warehouse.item("average", tracking="lot")
    late = warehouse.lot(item, "LATE", expires_on=date(2027, 1, 1))
    soon = warehouse.lot(item, "SOON", expires_on=date(2026, 6, 1))
    gone = warehouse.lot(item, "GONE", expires_on=date(2026, 3, 9))
    held = warehouse.lot(item, "HELD", expires_on=date(2026, 5, 1))
    for lot in (late, soon, gone, held):
        warehouse.receive(item, "5", "1", lot=lot)
    hold_lots([held], reason="?", by=warehouse.books.by)
    made = book(warehouse, Wanted(item, Decimal(7)))
    assert [(one.lot_id, one.quantity) for one in made] == [(soon.pk, 5), (late.pk, 2)]
    with pytest.raises(BusinessError) as refused:
        book(warehouse, Wanted(item, Decimal(1)), Wanted(item, Decimal(3)))
    assert (refused.value.code, refused.value.row) == ("insufficient_stock", 1)
    assert refused.value.details == {"available": "2.000000"}
    assert Reservation.objects.count() == 2
    [only] = book(warehouse, Wanted(item, Decimal(9), lot=late), allow_partial=True)
    assert only.quantity == 3
    assert_reconciled()


def test_reserved_stock_is_only_for_whom_it_is(warehouse: Warehouse) -> None:
    item = warehouse.item("average")
    warehouse.receive(item, "10", "1")
    [mine] = book(warehouse, Wanted(item, Decimal(8)))
    with pytest.raises(BusinessError) as refused:
        warehouse.ship(item, "3")
    assert refused.value.code == "insufficient_stock"
    warehouse.ship(item, "2")
    warehouse.ship(item, "3", reservation_id=mine.id)
    assert Reservation.objects.get().quantity == 5
    assert StockBalance.objects.get().reserved == 5
    assert_reconciled()
    assert (
        release_reservations(warehouse.books.company, [warehouse.customer], by=warehouse.books.by)
        == 1
    )
    assert StockBalance.objects.get().available == 5
    assert not Reservation.objects.exists()
    warehouse.ship(item, "5")
    assert_reconciled()


def test_a_place_a_site_and_quarantine(warehouse: Warehouse) -> None:
    item = warehouse.item("average")
    shelf = warehouse.place("SHELF")
    warehouse.receive(item, "4", "1")
    warehouse.post(Move(item.pk, Decimal(2), warehouse.stock, shelf))
    warehouse.post(Move(item.pk, Decimal(1), warehouse.stock, warehouse.quarantine))
    [made] = book(warehouse, Wanted(item, Decimal(2), location=shelf))
    assert made.location_id == shelf.pk
    with pytest.raises(BusinessError):
        book(warehouse, Wanted(item, Decimal(2), site=warehouse.books.site))
    book(warehouse, Wanted(item, Decimal(1), site=warehouse.books.site))
    assert_reconciled()


def test_a_hundred_lines_cost_as_many_statements_as_ten(warehouse: Warehouse) -> None:
    counts = {}
    for size in (10, 100):
        items = [warehouse.item("average") for _ in range(size)]
        warehouse.post(
            *(
                Move(i.pk, Decimal(2), warehouse.supplier, warehouse.stock, value=Decimal(2))
                for i in items
            )
        )
        with CaptureQueriesContext(connection) as captured:
            book(warehouse, *(Wanted(item, Decimal(1)) for item in items))
        counts[size] = len([q for q in captured if "SAVEPOINT" not in q["sql"]])
        with CaptureQueriesContext(connection) as captured:
            release_reservations(
                warehouse.books.company, [warehouse.customer], by=warehouse.books.by
            )
        counts[f"release {size}"] = len([q for q in captured if "SAVEPOINT" not in q["sql"]])
    assert counts[10] == counts[100] <= 4
    assert counts["release 10"] == counts["release 100"] <= 4
