"""Sales orders: units, prices, statuses, what they promise and reserve."""

from __future__ import annotations

from decimal import Decimal

import pytest

from apps.core.errors import BusinessError, InvalidInput, InvalidTransition, StaleVersion
from apps.crm.models import SalesOrder, SalesOrderLine
from apps.crm.queries.sales_orders import line_quantities, line_type_id, order_totals
from apps.crm.services.sales_orders import (
    OrderLine,
    cancel_sales_order,
    close_sales_order,
    confirm_sales_order,
    create_sales_order,
    reopen_sales_order,
    update_sales_order,
)
from apps.inventory.models import ExpectedMove, Reservation, StockBalance
from apps.supply_chain.services.shipments import ship
from apps.supply_chain.services.shippable_lines import Shipped
from tests.factories import make_books, make_currency
from tests.support.reconciled import assert_reconciled
from tests.support.trade import DAY, Trade, statements

D = Decimal


def sell(trade: Trade, *lines: OrderLine, **values) -> SalesOrder:
    values.setdefault("partner", trade.customer)
    values.setdefault("due_date", DAY)
    return create_sales_order(
        trade.books.company,
        site=trade.books.site,
        lines=lines,
        order_date=DAY,
        by=trade.books.by,
        **values,
    )


def promises(order: SalesOrder) -> list[ExpectedMove]:
    return list(
        ExpectedMove.objects.filter(
            source_type=line_type_id(), source_id__in=order.lines.values("pk")
        ).order_by("id")
    )


def send(trade: Trade, order: SalesOrder, *quantities: str):
    return ship(
        trade.books.company,
        partner=order.partner,
        site=trade.books.site,
        lines=[
            Shipped(promise, D(quantity))
            for promise, quantity in zip(promises(order), quantities, strict=False)
        ],
        date=DAY,
        by=trade.books.by,
    )


def test_prices_and_units_come_from_the_item(trade: Trade) -> None:
    item = trade.item(sales_price=D("2.50"))
    tax = trade.books.tax_codes["STD"]
    order = sell(
        trade,
        OrderLine(item, D(2), unit=trade.box_of(item, 12), tax_code=tax),
        OrderLine(item, D(3), D(2)),
    )
    assert order.number.startswith("SO-")
    assert [(row.stock_quantity, row.unit_price) for row in order.lines.all()] == [(24, 30), (3, 2)]
    totals = order_totals([order.pk])[order.pk]
    assert (totals.sub_total, totals.tax, totals.total) == (66, 12, 78)


def test_confirming_promises_goods_and_no_services(trade: Trade) -> None:
    order = sell(
        trade, OrderLine(trade.item(), D(2)), OrderLine(trade.item(kind="service"), D(1), D(9))
    )
    order = confirm_sales_order(order, by=trade.books.by)
    assert [(e.direction, e.quantity, e.partner) for e in promises(order)] == [
        ("out", 2, trade.customer)
    ]
    assert_reconciled()


def test_confirming_may_reserve_all_or_nothing(trade: Trade) -> None:
    item, scarce = trade.item(), trade.item()
    trade.stocked(item, "10", "1")
    trade.stocked(scarce, "1", "1")
    order = sell(
        trade,
        OrderLine(trade.item(kind="service"), D(1), D(1)),
        OrderLine(item, D(4)),
        OrderLine(scarce, D(2)),
    )
    with pytest.raises(BusinessError) as refusal:
        confirm_sales_order(order, is_reserved=True, by=trade.books.by)
    assert (refusal.value.code, refusal.value.row) == ("insufficient_stock", 2)
    order.refresh_from_db()
    assert order.status == SalesOrder.Status.DRAFT and not promises(order)
    trade.stocked(scarce, "1", "1")
    order = confirm_sales_order(order, is_reserved=True, by=trade.books.by)
    assert sorted(r.quantity for r in Reservation.objects.all()) == [2, 4]
    send(trade, order, "4", "1")
    assert [r.quantity for r in Reservation.objects.all()] == [1]
    order = close_sales_order(order, by=trade.books.by)
    assert not Reservation.objects.exists()
    assert not StockBalance.objects.filter(reserved__gt=0).exists()
    assert_reconciled()


def test_a_draft_is_changed_as_a_whole(trade: Trade) -> None:
    order = sell(trade, OrderLine(trade.item(), D(5)))
    changed = update_sales_order(
        order, lines=[OrderLine(trade.item(), D(9), D(2))], customer_reference="C-1",
        version=1, by=trade.books.by,
    )  # fmt: skip
    assert [(row.quantity, row.unit_price) for row in changed.lines.all()] == [(9, 2)]
    assert (changed.customer_reference, changed.version) == ("C-1", 2)
    with pytest.raises(StaleVersion):
        update_sales_order(order, version=1, customer_reference="x", by=trade.books.by)


def test_closing_promises_no_more_and_reopening_the_rest(trade: Trade) -> None:
    item = trade.item()
    trade.stocked(item, "10", "1")
    order = confirm_sales_order(sell(trade, OrderLine(item, D(10))), by=trade.books.by)
    send(trade, order, "4")
    order = close_sales_order(order, by=trade.books.by)
    with pytest.raises(BusinessError) as refusal:
        send(trade, order, "1")
    assert refusal.value.code == "over_shipment"
    order = reopen_sales_order(order, reason="more", by=trade.books.by)
    send(trade, order, "6")
    assert line_quantities([order.pk])[0].shipped == 10
    assert_reconciled()


def test_only_what_nothing_went_out_of_is_cancelled(trade: Trade) -> None:
    item = trade.item()
    trade.stocked(item, "10", "1")
    order = confirm_sales_order(sell(trade, OrderLine(item, D(10))), by=trade.books.by)
    send(trade, order, "4")
    with pytest.raises(BusinessError) as refusal:
        cancel_sales_order(order, reason="no", by=trade.books.by)
    assert (refusal.value.code, refusal.value.field) == ("has_shipments", "status")
    order.refresh_from_db()
    assert order.status == SalesOrder.Status.CONFIRMED and promises(order)[0].is_open
    other = confirm_sales_order(
        sell(trade, OrderLine(item, D(2))), is_reserved=True, by=trade.books.by
    )
    other = cancel_sales_order(other, reason="no", by=trade.books.by)
    assert not promises(other)[0].is_open and not Reservation.objects.exists()
    with pytest.raises(InvalidTransition):
        confirm_sales_order(other, by=trade.books.by)
    assert_reconciled()


@pytest.mark.parametrize(
    ("case", "code", "field"),
    [
        ({"quantity": D(0)}, "not_positive", "quantity"),
        ({"quantity": D("NaN")}, "not_a_number", "quantity"),
        ({"unit_price": D(-1)}, "negative", "unit_price"),
        ({"unit_price": D("Infinity")}, "not_a_number", "unit_price"),
        ({"unit": "KGM"}, "wrong_unit", "unit"),
        ({"item": "retired"}, "not_sold", "item"),
        ({"item": "other"}, "other_company", "item"),
    ],
)
def test_a_bad_line_is_named_and_nothing_is_written(trade: Trade, case, code, field) -> None:
    item = trade.item()
    values = {"item": item, "quantity": D(1), **case}
    if values["item"] == "retired":
        values["item"] = trade.item(is_active=False)
    if values["item"] == "other":
        values["item"] = make_books("OTHER").item()
    if "unit" in values:
        values["unit"] = trade.books.unit("KGM")
        values["unit"].dimension = "mass"
    with pytest.raises(InvalidInput) as refusal:
        sell(trade, OrderLine(item, D(1)), OrderLine(**values))
    assert (refusal.value.code, refusal.value.field, refusal.value.row) == (code, field, 1)
    assert not SalesOrder.objects.exists() and not SalesOrderLine.objects.exists()


def test_a_bad_header_is_named(trade: Trade) -> None:
    line = OrderLine(trade.item(), D(1))
    with pytest.raises(InvalidInput) as refusal:
        sell(trade, line, partner=trade.books.partner(is_customer=False))
    assert refusal.value.field == "partner"
    with pytest.raises(InvalidInput) as refusal:
        sell(trade, line, currency=make_currency("USD"))
    assert (refusal.value.code, refusal.value.row) == ("price_required", 0)


def test_the_statements_do_not_grow_with_the_lines(trade: Trade) -> None:
    items = [trade.item() for _n in range(100)]
    for size in (10, 100):
        spent, order = statements(
            lambda size=size: sell(trade, *(OrderLine(i, D(1)) for i in items[:size]))
        )
        assert spent <= 4  # the price lists are one of them
        confirmed, _order = statements(
            lambda order=order: confirm_sales_order(order, by=trade.books.by)
        )
        assert confirmed <= 7
