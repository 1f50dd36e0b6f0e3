"""Shipments: cost, reservations, lots, refusals, reversal, and eight hands on the same stock."""

from __future__ import annotations

import threading
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection, connections

from apps.core.errors import BusinessError, InvalidInput, InvalidTransition
from apps.finance.models import JournalEntry, JournalLine, PeriodLock
from apps.inventory.models import (
    ExpectedMove,
    ItemValuation,
    Location,
    Lot,
    Reservation,
    StockBalance,
    StockMove,
)
from apps.inventory.services.expected import Expected, expect_moves
from apps.inventory.services.lots import hold_lots
from apps.inventory.services.reservations import Wanted, reserve
from apps.masterdata.models import Item
from apps.supply_chain.models import Shipment, ShipmentLine
from apps.supply_chain.services.shipments import reverse_shipment, ship
from apps.supply_chain.services.shippable_lines import Shipped
from tests.factories import make_books
from tests.support.reconciled import assert_reconciled
from tests.support.trade import DAY, Trade, make_trade, statements

D = Decimal


def promised(trade: Trade, *items: tuple[Item, str], **values) -> list[ExpectedMove]:
    """Something of another app promises items to the customer; here the items themselves do."""
    partner = values.get("partner", trade.customer)
    ids = expect_moves(
        trade.books.company,
        [
            Expected(item, "out", item, trade.books.site, partner, D(quantity), DAY)
            for item, quantity in items
        ],
        by=trade.books.by,
    )
    rows = ExpectedMove.objects.in_bulk(ids)
    return [rows[key] for key in ids]


def send(trade: Trade, *lines: Shipped, **values) -> Shipment:
    values.setdefault("date", DAY)
    values.setdefault("partner", trade.customer)
    return ship(
        trade.books.company, site=trade.books.site, lines=lines, by=trade.books.by, **values
    )


def written() -> tuple[int, ...]:
    kinds = (Shipment, ShipmentLine, StockMove, JournalEntry, JournalLine, Reservation)
    return tuple(kind.objects.count() for kind in kinds)


def test_what_goes_out_becomes_cost_of_sales(trade: Trade) -> None:
    item = trade.item("fifo")
    trade.stocked(item, "5", "8")
    trade.stocked(item, "5", "12")
    [promise] = promised(trade, (item, "6"))
    shipment = send(trade, Shipped(promise, D(6), trade.stock), tracking_number="1Z")
    assert shipment.number.startswith("SH-")
    [line] = shipment.lines.all()
    assert (line.quantity, line.location, line.expected_move) == (6, trade.stock, promise)
    assert trade.books.balance("5000") == 52
    move = StockMove.objects.get(to_location__kind="customer")
    assert (move.partner, move.source, move.cost_object) == (trade.customer, shipment, None)
    promise.refresh_from_db()
    assert (promise.quantity_done, promise.is_open) == (6, False)
    assert_reconciled()


def test_parts_are_shipped_until_all_is(trade: Trade) -> None:
    item = trade.item()
    trade.stocked(item, "10", "1")
    [promise] = promised(trade, (item, "8"))
    send(trade, Shipped(promise, D(5), trade.stock))
    with pytest.raises(BusinessError) as refusal:
        send(trade, Shipped(promise, D(2), trade.stock), Shipped(promise, D(2), trade.stock))
    assert (refusal.value.code, refusal.value.row) == ("over_shipment", 1)
    assert refusal.value.details == {"open": "1.000000"}
    send(trade, Shipped(promise, D(3), trade.stock))
    assert not ExpectedMove.objects.get(pk=promise.pk).is_open
    assert_reconciled()


def test_what_is_reserved_for_it_goes_first_and_others_keep_theirs(trade: Trade) -> None:
    item, other = trade.item(), trade.item()
    trade.stocked(item, "10", "1")
    [promise] = promised(trade, (item, "6"))
    reserve(trade.books.company, [Wanted(item, D(4), source=item)], by=trade.books.by)
    reserve(trade.books.company, [Wanted(item, D(4), source=other)], by=trade.books.by)
    send(trade, Shipped(promise, D(6), trade.stock))
    assert [r.source for r in Reservation.objects.all()] == [other]
    balance = StockBalance.objects.get(item=item)
    assert (balance.quantity, balance.reserved) == (4, 4)
    [more] = promised(trade, (other, "1"))
    with pytest.raises(BusinessError) as refusal:
        send(trade, Shipped(more, D(1), trade.stock))
    assert refusal.value.code == "insufficient_stock"
    assert_reconciled()


def test_lots_are_chosen_by_expiry_when_none_is_named(trade: Trade) -> None:
    item = trade.item("specific", tracking="lot")
    trade.stocked(item, "10", "1", lots=["late"])
    trade.stocked(item, "10", "2", lots=["soon"])
    Lot.objects.filter(code="late").update(expires_on=date(2026, 9, 1))
    Lot.objects.filter(code="soon").update(expires_on=date(2026, 4, 1))
    [promise] = promised(trade, (item, "12"))
    shipment = send(trade, Shipped(promise, D(12)))
    assert sorted((line.lot.code, line.quantity) for line in shipment.lines.all()) == [
        ("late", 2),
        ("soon", 10),
    ]
    assert trade.books.balance("5000") == 22
    assert not Reservation.objects.exists()
    assert_reconciled()


def test_held_lots_stay(trade: Trade) -> None:
    item = trade.item(tracking="lot")
    trade.stocked(item, "10", "1", lots=["L1"])
    lot = Lot.objects.get()
    hold_lots([lot], reason="complaint", by=trade.books.by)
    [promise] = promised(trade, (item, "1"))
    before = written()
    with pytest.raises(BusinessError) as refusal:
        send(trade, Shipped(promise, D(1), trade.stock, lot))
    assert (refusal.value.code, refusal.value.field, refusal.value.row) == (
        "stock_blocked",
        "lot",
        0,
    )
    with pytest.raises(BusinessError) as refusal:
        send(trade, Shipped(promise, D(1)))
    assert (refusal.value.code, refusal.value.row) == ("insufficient_stock", 0)
    assert written() == before


def _bad(trade: Trade, case: str) -> Shipped:
    item = trade.item(tracking="lot")
    trade.stocked(item, "10", "1", lots=["L1"])
    strange = trade.item(tracking="lot")
    trade.stocked(strange, "10", "1", lots=["L1"])
    lot, strange_lot = Lot.objects.get(item=item), Lot.objects.get(item=strange)
    [promise] = promised(trade, (item, "20"))
    [elses] = promised(trade, (strange, "5"), partner=trade.supplier)
    incoming = ExpectedMove.objects.filter(direction="in").first()
    supplier = Location.objects.get(company=trade.books.company, kind="supplier")
    foreign = make_trade(make_books("OTHER"))
    plain = foreign.item()
    foreign.stocked(plain, "1", "1")
    [foreign_promise] = promised(foreign, (plain, "1"))
    return {
        "insufficient_stock quantity": Shipped(promise, D(11), trade.stock, lot),
        "over_shipment quantity": Shipped(promise, D(21), trade.stock, lot),
        "not_positive quantity": Shipped(promise, D(-1), trade.stock, lot),
        "not_a_number quantity": Shipped(promise, D("NaN"), trade.stock, lot),
        "lot_required lot": Shipped(promise, D(1), trade.stock),
        "wrong_lot lot": Shipped(promise, D(1), trade.stock, strange_lot),
        "other_partner expected_move": Shipped(elses, D(1), trade.stock, strange_lot),
        "not_promised expected_move": Shipped(incoming, D(1), trade.stock, lot),
        "wrong_location location": Shipped(promise, D(1), supplier, lot),
        "location_required location": Shipped(promise, D(1), None, lot),
        "other_company location": Shipped(promise, D(1), foreign.stock, lot),
        "not_promised foreign": Shipped(foreign_promise, D(1), trade.stock),
    }[case]


@pytest.mark.parametrize(
    "case",
    [
        "insufficient_stock quantity",
        "over_shipment quantity",
        "not_positive quantity",
        "not_a_number quantity",
        "lot_required lot",
        "wrong_lot lot",
        "other_partner expected_move",
        "not_promised expected_move",
        "wrong_location location",
        "location_required location",
        "other_company location",
        "not_promised foreign",
    ],
)
def test_a_bad_line_is_named_and_nothing_is_written(trade: Trade, case: str) -> None:
    code, field = case.split()
    item = trade.item()
    trade.stocked(item, "1", "1")
    [good] = promised(trade, (item, "1"))
    bad = _bad(trade, case)
    before = written()
    with pytest.raises((InvalidInput, BusinessError)) as refusal:
        send(trade, Shipped(good, D(1), trade.stock), bad)
    field = "expected_move" if field == "foreign" else field
    assert (refusal.value.code, refusal.value.field, refusal.value.row) == (code, field, 1)
    assert written() == before


def test_headers_are_checked(trade: Trade) -> None:
    with pytest.raises(InvalidInput) as refusal:
        send(trade)
    assert refusal.value.code == "no_lines"
    item = trade.item()
    trade.stocked(item, "1", "1")
    [promise] = promised(trade, (item, "1"))
    with pytest.raises(InvalidInput) as refusal:
        send(trade, Shipped(promise, D(1)), carrier=trade.supplier)
    assert refusal.value.field == "carrier"
    PeriodLock.objects.filter(module="inventory").update(state="hard")
    before = written()
    with pytest.raises(BusinessError) as refusal:
        send(trade, Shipped(promise, D(1)))
    assert refusal.value.code == "period_closed"
    assert written() == before


@pytest.mark.parametrize("costing", ["fifo", "average", "specific", "standard"])
def test_a_reversal_brings_it_back_at_its_own_cost(trade: Trade, costing: str) -> None:
    item = trade.item(costing)
    trade.stocked(item, "5", "8")
    [promise] = promised(trade, (item, "4"))
    shipment = send(trade, Shipped(promise, D(4)))
    trade.stocked(item, "5", "20")
    value = ItemValuation.objects.get(item=item).value
    cost = trade.books.balance("5000")
    shipment = reverse_shipment(shipment, date=DAY, reason="returned", by=trade.books.by)
    assert shipment.status == Shipment.Status.REVERSED
    assert trade.books.balance("5000") == 0
    assert ItemValuation.objects.get(item=item).value == value + cost
    promise.refresh_from_db()
    assert (promise.quantity_done, promise.is_open) == (0, True)
    with pytest.raises(InvalidTransition):
        reverse_shipment(shipment, date=DAY, reason="again", by=trade.books.by)
    assert_reconciled()


@pytest.mark.parametrize("size", [10, 100])
def test_the_statements_do_not_grow_with_the_lines(trade: Trade, size: int) -> None:
    items = [trade.item("average") for _n in range(size)]
    order = trade.ordered(*(_line(item) for item in items))
    trade.receive(order, *["5"] * size)
    promises = promised(trade, *((item, "5") for item in items))
    spent, _shipment = statements(
        lambda: send(trade, *(Shipped(p, D(2), trade.stock) for p in promises))
    )
    assert spent <= 20
    chosen, _shipment = statements(lambda: send(trade, *(Shipped(p, D(2)) for p in promises)))
    assert chosen <= 27


def _line(item: Item):
    from apps.supply_chain.services.purchase_orders import OrderLine

    return OrderLine(item, D(5), D(1))


@pytest.mark.reliability
@pytest.mark.django_db(transaction=True)
def test_eight_hands_ship_exactly_what_is_there(django_db_blocker) -> None:
    trade = make_trade(make_books("RACE"))
    item, rival = trade.item("average", tracking="lot"), trade.item("average", tracking="lot")
    for one in (item, rival):
        trade.stocked(one, "50", "3", lots=["L1"])
    promises = [promised(trade, (trade.item(), "1")) for _n in range(8)]
    ids = expect_moves(
        trade.books.company,
        [
            Expected(source, "out", one, trade.books.site, trade.customer, D(100), DAY)
            for source, one in ((promises[0][0], item), (promises[1][0], rival))
        ],
        by=trade.books.by,
    )
    shipped, refused, other = [], [], []

    def work(place: int) -> None:
        try:
            for n in range(10):
                first, second = ids if (place + n) % 2 else reversed(ids)
                lines = [Shipped(ExpectedMove(pk=key), D(1)) for key in (first, second)]
                try:
                    send(trade, *lines)
                    shipped.append(1)
                except BusinessError as error:
                    refused.append(error.code)
        except Exception as error:
            other.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not other
    assert (len(shipped), set(refused)) == (50, {"insufficient_stock"})
    assert not StockBalance.objects.filter(quantity__gt=0).exists()
    assert connection.connection is not None
    assert_reconciled()
