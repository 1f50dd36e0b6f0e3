"""Purchase orders: units, prices, statuses, and what they expect."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from apps.core.errors import BusinessError, InvalidInput, InvalidTransition, StaleVersion
from apps.inventory.models import ExpectedMove
from apps.supply_chain.models import PurchaseOrder, PurchaseOrderLine
from apps.supply_chain.queries.purchase_orders import (
    line_quantities,
    open_purchase_lines,
    order_totals,
)
from apps.supply_chain.services.purchase_orders import (
    OrderLine,
    cancel_purchase_order,
    close_purchase_order,
    confirm_purchase_order,
    confirm_purchase_orders,
    reopen_purchase_order,
    update_purchase_order,
)
from tests.factories import Books, make_books, make_currency
from tests.support.trade import DAY, Trade, statements

D = Decimal


def expected(order: PurchaseOrder) -> list[ExpectedMove]:
    return list(
        ExpectedMove.objects.filter(
            direction="in", source_id__in=order.lines.values("pk")
        ).order_by("id")
    )


def test_an_order_is_numbered_at_once_and_keeps_its_history(trade: Trade) -> None:
    first = trade.order(OrderLine(trade.item(), D(5), D("2.50")))
    second = trade.order(OrderLine(trade.item(), D(5), D("2.50")))
    assert first.number.startswith("PO-") and first.number < second.number
    assert first.status == PurchaseOrder.Status.DRAFT
    assert [h.history_user_id for h in first.history.all()] == [trade.books.by.pk]


def test_units_are_converted_exactly(trade: Trade) -> None:
    item = trade.item(purchase_price=D("1.25"))
    box = trade.box_of(item, 12)
    order = trade.order(OrderLine(item, D("2.5"), unit=box), OrderLine(item, D(7)))
    lines = list(order.lines.all())
    assert [line.stock_quantity for line in lines] == [30, 7]
    assert [line.unit_price for line in lines] == [15, D("1.25")]
    assert [line.position for line in lines] == [10, 20]
    assert order_totals([order.pk])[order.pk].total == D("46.25")


def test_due_dates_come_from_lead_times(trade: Trade) -> None:
    slow, quick = trade.item(lead_time_days=20), trade.item(lead_time_days=3)
    order = trade.order(OrderLine(slow, D(1)), OrderLine(quick, D(1)), due_date=None)
    assert order.due_date == date(2026, 3, 30)


def test_confirming_expects_every_line(trade: Trade) -> None:
    item = trade.item()
    order = trade.ordered(
        OrderLine(item, D(2), D(5), unit=trade.box_of(item, 10)),
        OrderLine(trade.item(), D(3), D(1), due_date=date(2026, 4, 1)),
    )
    assert [(e.direction, e.quantity, e.due_date, e.is_open) for e in expected(order)] == [
        ("in", 20, DAY, True),
        ("in", 3, date(2026, 4, 1), True),
    ]
    assert [line.open_value for line in open_purchase_lines(trade.books.company, today=DAY)] == [
        10,
        3,
    ]


def test_a_draft_is_changed_as_a_whole(trade: Trade) -> None:
    order = trade.order(OrderLine(trade.item(), D(5), D(1)))
    item = trade.item()
    changed = update_purchase_order(
        order,
        lines=[OrderLine(item, D(9), D(2))],
        supplier_reference="Q-1",
        version=order.version,
        by=trade.books.by,
    )
    assert [(line.item, line.quantity) for line in changed.lines.all()] == [(item, 9)]
    assert (changed.supplier_reference, changed.version) == ("Q-1", 2)
    with pytest.raises(StaleVersion):
        update_purchase_order(order, version=1, freight_amount=D(1), by=trade.books.by)
    confirmed = confirm_purchase_order(changed, by=trade.books.by)
    with pytest.raises(BusinessError) as refusal:
        update_purchase_order(confirmed, freight_amount=D(1), by=trade.books.by)
    assert refusal.value.code == "wrong_status"


def test_closing_expects_no_more_and_reopening_expects_the_rest(trade: Trade) -> None:
    order = trade.ordered(OrderLine(trade.item(), D(10), D(1)))
    trade.receive(order, "4")
    order = close_purchase_order(order, by=trade.books.by)
    assert [e.is_open for e in expected(order)] == [False]
    with pytest.raises(BusinessError) as refusal:
        trade.receive(order, "1")
    assert (refusal.value.code, refusal.value.field) == ("wrong_status", "status")
    order = reopen_purchase_order(order, reason="the rest comes", by=trade.books.by)
    trade.receive(order, "6")
    assert [(e.quantity_done, e.is_open) for e in expected(order)] == [(10, False)]


def test_only_what_nothing_came_for_is_cancelled(trade: Trade) -> None:
    order = trade.ordered(OrderLine(trade.item(), D(10), D(1)))
    trade.receive(order, "4")
    with pytest.raises(BusinessError) as refusal:
        cancel_purchase_order(order, reason="no need", by=trade.books.by)
    assert refusal.value.code == "has_receipts"
    order.refresh_from_db()
    assert order.status == PurchaseOrder.Status.CONFIRMED and expected(order)[0].is_open
    other = trade.ordered(OrderLine(trade.item(), D(10), D(1)))
    other = cancel_purchase_order(other, reason="no need", by=trade.books.by)
    assert [e.is_open for e in expected(other)] == [False]
    assert other.history.first().history_change_reason == "no need"


@pytest.mark.parametrize("status", ["cancelled", "closed", "draft"])
def test_steps_that_the_table_lacks_are_refused(trade: Trade, status: str) -> None:
    order = trade.order(OrderLine(trade.item(), D(10), D(1)))
    if status == "cancelled":
        order = cancel_purchase_order(order, reason="no", by=trade.books.by)
    if status == "closed":
        order = close_purchase_order(
            confirm_purchase_order(order, by=trade.books.by), by=trade.books.by
        )
    with pytest.raises((InvalidTransition, BusinessError)) as refusal:
        if status == "draft":
            close_purchase_order(order, by=trade.books.by)
        else:
            cancel_purchase_order(order, reason="no", by=trade.books.by)
    assert refusal.value.field == "status"


def _bad_lines(trade: Trade) -> dict[str, OrderLine]:
    item = trade.item()
    kilo = trade.books.unit("KGM")
    type(kilo).objects.filter(pk=kilo.pk).update(dimension="mass")
    kilo.refresh_from_db()
    stranger = make_books("OTHER").item()
    return {
        "not_positive quantity": OrderLine(item, D(-1), D(1)),
        "not_a_number quantity": OrderLine(item, D("NaN"), D(1)),
        "too_many_decimals quantity": OrderLine(item, D("0.0000001"), D(1)),
        "negative unit_price": OrderLine(item, D(1), D(-1)),
        "wrong_unit unit": OrderLine(item, D(1), D(1), unit=kilo),
        "other_company item": OrderLine(stranger, D(1), D(1)),
        "not_stocked item": OrderLine(trade.item(kind="service"), D(1), D(1)),
        "due_before_order due_date": OrderLine(item, D(1), D(1), due_date=date(2026, 3, 9)),
    }


@pytest.mark.parametrize(
    "case",
    [
        "not_positive quantity",
        "not_a_number quantity",
        "too_many_decimals quantity",
        "negative unit_price",
        "wrong_unit unit",
        "other_company item",
        "not_stocked item",
        "due_before_order due_date",
    ],
)
def test_a_bad_line_is_named_and_nothing_is_written(trade: Trade, case: str) -> None:
    code, field = case.split()
    bad = _bad_lines(trade)[case]
    with pytest.raises(InvalidInput) as refusal:
        trade.order(OrderLine(trade.item(), D(1), D(1)), bad)
    assert (refusal.value.code, refusal.value.field, refusal.value.row) == (code, field, 1)
    assert not PurchaseOrder.objects.exists() and not PurchaseOrderLine.objects.exists()


def test_a_bad_header_is_named(trade: Trade, books: Books) -> None:
    line = OrderLine(trade.item(), D(1))
    with pytest.raises(InvalidInput) as refusal:
        trade.order(line, partner=books.partner(is_supplier=False))
    assert refusal.value.field == "partner"
    with pytest.raises(InvalidInput) as refusal:
        trade.order(line, freight_amount=D(-1))
    assert refusal.value.field == "freight_amount"
    with pytest.raises(InvalidInput) as refusal:
        trade.order(line, currency=make_currency("USD"))
    assert (refusal.value.code, refusal.value.row) == ("price_required", 0)
    with pytest.raises(InvalidInput) as refusal:
        trade.order()
    assert refusal.value.code == "no_lines"


def test_the_statements_do_not_grow_with_orders_and_lines(trade: Trade) -> None:
    items = [trade.item() for _ in range(100)]
    counts = set()
    for size in (10, 100):
        spent, order = statements(
            lambda size=size: trade.order(*(OrderLine(i, D(1), D(1)) for i in items[:size]))
        )
        assert spent <= 4
        more = [trade.order(*(OrderLine(i, D(1), D(1)) for i in items[:size])) for _ in range(5)]
        counts.add(
            statements(
                lambda all_=[order, *more]: confirm_purchase_orders(all_, by=trade.books.by)
            )[0]
        )
    assert counts == {6}
    assert len(line_quantities([order.pk])) == 100
