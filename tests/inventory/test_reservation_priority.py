"""Who comes first gets short stock; what is held too long is free; pickers keep theirs."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.core.errors import BusinessError, InvalidInput
from apps.inventory.models import Reservation, StockBalance
from apps.inventory.services.reservation_terms import change_reservation, expire_reservations
from apps.inventory.services.reservations import Wanted
from apps.masterdata.models import Item
from tests.inventory.conftest import Floor, Warehouse
from tests.inventory.test_reservations import book
from tests.support.faces import ApiClient
from tests.support.reconciled import assert_reconciled


def held(item: Item) -> dict[tuple[str, int], Decimal]:
    """What each source at each priority holds of an item."""
    rows = Reservation.objects.filter(item=item).order_by("pk")
    found: dict[tuple[str, int], Decimal] = {}
    for row in rows:
        key = (row.source.code, row.priority)
        found[key] = found.get(key, Decimal(0)) + row.quantity
    return found


def want(item: Item, quantity: str, priority: int = 5, **values) -> Wanted:
    return Wanted(item, Decimal(quantity), priority=priority, **values)


def test_the_important_one_gets_what_others_hold(warehouse: Warehouse) -> None:
    """10 there: a 7 and a 5 hold them; a 2 takes first from the 7, then from the 5."""
    item = warehouse.item("average")
    warehouse.receive(item, "10", "1")
    late, normal, urgent = (warehouse.place(code) for code in ("LATE", "NORMAL", "URGENT"))
    book(warehouse, want(item, "4", 5), source=normal)
    book(warehouse, want(item, "6", 7), source=late)
    [made] = book(warehouse, want(item, "7", 2), source=urgent)
    assert made.quantity == 7  # of two others, and yet one reservation
    assert held(item) == {("NORMAL", 5): 3, ("URGENT", 2): 7}
    assert StockBalance.objects.get().reserved == 10
    assert_reconciled()

    with pytest.raises(BusinessError) as refused:  # equals don't take from one another
        book(warehouse, want(item, "1", 5), source=late)
    assert Decimal(refused.value.details["available"]) == 0
    with pytest.raises(BusinessError) as refused:  # there is not that much for anybody
        book(warehouse, want(item, "4", 1), want(item, "7", 1), source=late)
    assert (refused.value.code, refused.value.row) == ("insufficient_stock", 1)
    assert refused.value.details == {"available": "6.000000"}
    assert held(item) == {("NORMAL", 5): 3, ("URGENT", 2): 7}
    assert_reconciled()


def test_of_one_call_the_important_line_goes_first(warehouse: Warehouse) -> None:
    item = warehouse.item("average")
    warehouse.receive(item, "5", "1")
    made = book(warehouse, want(item, "4", 5), want(item, "4", 1), allow_partial=True)
    assert sorted((one.row, one.quantity) for one in made) == [(0, 1), (1, 4)]
    assert_reconciled()


def test_free_stock_goes_before_anybody_loses_some(warehouse: Warehouse) -> None:
    item = warehouse.item("average")
    warehouse.receive(item, "10", "1")
    book(warehouse, want(item, "4", 9), source=warehouse.customer)
    book(warehouse, want(item, "6", 1), source=warehouse.stock)
    assert held(item) == {(warehouse.customer.code, 9): 4, ("STOCK", 1): 6}
    assert_reconciled()


def test_only_stock_that_suits_is_taken_over(warehouse: Warehouse) -> None:
    item = warehouse.item("average", tracking="lot")
    one, other = warehouse.lot(item, "ONE"), warehouse.lot(item, "OTHER")
    for lot in (one, other):
        warehouse.receive(item, "5", "1", lot=lot)
    book(warehouse, want(item, "10", 9))
    [made] = book(warehouse, want(item, "5", 1, lot=other), source=warehouse.stock)
    assert made.lot_id == other.pk
    with pytest.raises(BusinessError) as refused:
        book(warehouse, want(item, "1", 1, lot=other), source=warehouse.quarantine)
    assert refused.value.code == "insufficient_stock"
    assert_reconciled()


def test_what_is_held_too_long_is_free(warehouse: Warehouse) -> None:
    item = warehouse.item("average")
    warehouse.receive(item, "10", "1")
    soon, past = timezone.now() + timedelta(hours=1), timezone.now() - timedelta(minutes=1)
    book(warehouse, want(item, "4", 1, held_until=past), source=warehouse.stock)
    book(warehouse, want(item, "6", 1, held_until=soon), source=warehouse.quarantine)
    book(warehouse, want(item, "3", 9), source=warehouse.customer)  # late goes before important
    assert held(item) == {
        ("STOCK", 1): 1, ("QUARANTINE", 1): 6, (warehouse.customer.code, 9): 3,
    }  # fmt: skip
    assert expire_reservations() == 1
    assert expire_reservations() == 0
    assert StockBalance.objects.get().available == 1
    assert expire_reservations(now=soon + timedelta(seconds=1)) == 1
    assert held(item) == {(warehouse.customer.code, 9): 3}
    assert_reconciled()


def test_a_pick_list_takes_by_its_priority_and_keeps_it(floor: Floor) -> None:
    """An order reserved all of it; an urgent list gets 6, a list as urgent gets nothing."""
    warehouse = floor.warehouse
    item = warehouse.item("average")
    floor.stock(item, floor.near, "8")
    book(warehouse, want(item, "8"), source=warehouse.stock)
    urgent = floor.released(floor.promise(item, "6"), priority=1)
    [line] = urgent.lines.all()
    assert (line.quantity, line.location) == (6, floor.near)
    assert Reservation.objects.get(source_id=line.pk, priority=1).quantity == 6
    assert Reservation.objects.get(priority=5).quantity == 2
    with pytest.raises(BusinessError) as refused:
        floor.released(floor.promise(item, "3"), priority=5)
    assert refused.value.code == "insufficient_stock"
    # what a picker is sent for is nobody else's, however urgent
    [other] = floor.released(floor.promise(item, "8"), priority=1).lines.all()
    assert other.quantity == 2
    assert not Reservation.objects.filter(priority=5).exists()
    assert_reconciled()


def test_its_terms_are_changed(warehouse: Warehouse) -> None:
    item = warehouse.item("average")
    warehouse.receive(item, "2", "1")
    [made] = book(warehouse, want(item, "2"))
    row = Reservation.objects.get(pk=made.id)
    with pytest.raises(InvalidInput) as refused:
        change_reservation(row, priority=10, by=warehouse.books.by)
    assert (refused.value.code, refused.value.field) == ("out_of_range", "priority")
    api = ApiClient(warehouse.books.by)
    answer = api.post(f"/inventory/reservations/{row.pk}/change-terms/", {"priority": 9})
    assert (answer.status_code, answer.body["priority"]) == (200, 9), answer.body
    [listed] = api.get("/inventory/reservations/?priority=9").body["results"]
    assert listed["held_until"] is None
    book(warehouse, want(item, "1", 8), source=warehouse.stock)
    row.refresh_from_db()
    assert row.quantity == 1


def test_taking_over_costs_the_same_for_many_lines(warehouse: Warehouse) -> None:
    counts = {}
    for size in (10, 100):
        items = [warehouse.item("average") for _ in range(size)]
        for item in items:
            warehouse.receive(item, "2", "1")
        book(warehouse, *(want(item, "2", 9) for item in items))
        with CaptureQueriesContext(connection) as captured:
            book(warehouse, *(want(item, "1", 1) for item in items), source=warehouse.stock)
        counts[size] = len([q for q in captured if "SAVEPOINT" not in q["sql"]])
    assert counts[10] == counts[100] <= 7, counts
    assert_reconciled()
