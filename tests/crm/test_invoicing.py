"""Invoices of what was shipped: never more, never twice; the whole cycle in sixty statements."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from apps.core.errors import BusinessError, InvalidInput
from apps.crm.queries.sales_orders import line_quantities, shipped_not_invoiced
from apps.crm.services.invoicing import invoice_order
from apps.crm.services.sales_orders import (
    OrderLine,
    close_sales_order,
    confirm_sales_order,
)
from apps.finance.models import Invoice, JournalEntry, PeriodLock
from apps.finance.services.invoices import reverse_invoice
from apps.finance.services.payments import Allocation, post_payment
from apps.inventory.models import StockMove
from apps.supply_chain.models import Shipment
from apps.supply_chain.services.purchase_orders import OrderLine as PurchaseLine
from apps.supply_chain.services.shipments import reverse_shipment, ship
from apps.supply_chain.services.shippable_lines import Shipped
from tests.crm.test_sales_orders import promises, sell, send
from tests.factories import make_currency
from tests.support.reconciled import assert_reconciled
from tests.support.trade import DAY, Trade, statements

D = Decimal


def ordered(trade: Trade, *lines: OrderLine, **values):
    return confirm_sales_order(sell(trade, *lines, **values), by=trade.books.by)


def stocked_item(trade: Trade, quantity: str = "100", **values):
    item = trade.item(**values)
    trade.stocked(item, quantity, "3")
    return item


def test_what_went_out_is_invoiced_in_the_unit_it_was_sold_in(trade: Trade) -> None:
    item = stocked_item(trade)
    tax = trade.books.tax_codes["STD"]
    order = ordered(trade, OrderLine(item, D(3), D(120), unit=trade.box_of(item, 12), tax_code=tax))
    with pytest.raises(InvalidInput) as refusal:
        invoice_order(order, date=DAY, by=trade.books.by)
    assert refusal.value.code == "nothing_to_invoice"
    send(trade, order, "18")
    assert [(row.not_invoiced, row.value) for row in shipped_not_invoiced(trade.books.company)] == [
        (D("1.5"), 180)
    ]
    invoice = invoice_order(order, date=DAY, by=trade.books.by)
    [line] = invoice.lines.all()
    assert (line.quantity, line.unit_price, line.amount, line.tax_amount) == (
        D("1.5"),
        120,
        180,
        36,
    )
    assert (invoice.number, invoice.total, invoice.reference) == (
        "SAL-2026-000001",
        216,
        order.number,
    )
    assert [trade.books.balance(code) for code in ("1100", "4000", "2100", "5000")] == [
        216, -180, -36, 54,
    ]  # fmt: skip
    assert shipped_not_invoiced(trade.books.company) == []
    send(trade, order, "18")
    assert invoice_order(order, date=DAY, by=trade.books.by).lines.get().quantity == D("1.5")
    with pytest.raises(InvalidInput):
        invoice_order(order, date=DAY, by=trade.books.by)
    assert_reconciled()


def test_thirds_come_to_the_whole(trade: Trade) -> None:
    item = stocked_item(trade)
    order = ordered(trade, OrderLine(item, D(1), D(100), unit=trade.box_of(item, 3)))
    invoiced = []
    for _part in range(3):
        send(trade, order, "1")
        invoiced.append(invoice_order(order, date=DAY, by=trade.books.by).lines.get().quantity)
    assert sum(invoiced) == 1
    assert_reconciled()


def test_services_go_with_the_first_invoice(trade: Trade) -> None:
    item = stocked_item(trade)
    order = ordered(
        trade,
        OrderLine(item, D(4), D(10)),
        OrderLine(trade.item(kind="service"), D(1), D(25)),
    )
    first = invoice_order(order, date=DAY, by=trade.books.by)
    assert first.total == 25
    send(trade, order, "4")
    assert invoice_order(order, date=DAY, by=trade.books.by).total == 40
    assert_reconciled()


def test_a_foreign_customer_owes_in_their_currency(trade: Trade) -> None:
    trade.books.rate("USD", date(2026, 3, 1), "0.9")
    item = stocked_item(trade)
    order = ordered(trade, OrderLine(item, D(4), D("10.55")), currency=make_currency("USD"))
    send(trade, order, "4")
    invoice = invoice_order(order, date=DAY, by=trade.books.by)
    assert (invoice.currency_id, invoice.total, invoice.total_company) == (
        "USD", D("42.20"), D("37.98"),
    )  # fmt: skip
    trade.books.rate("USD", date(2026, 4, 1), "0.95")
    post_payment(
        trade.books.company, direction="in", partner=trade.customer,
        account=trade.books.account("1020"), date=date(2026, 4, 2), amount=D("42.20"),
        currency=make_currency("USD"), allocations=[Allocation(invoice, D("42.20"))],
        by=trade.books.by,
    )  # fmt: skip
    assert trade.books.balance("1100") == 0
    assert trade.books.balance("7200") == D("-2.11")
    assert_reconciled()


def test_a_reversed_invoice_may_be_written_again(trade: Trade) -> None:
    item = stocked_item(trade)
    order = ordered(trade, OrderLine(item, D(4), D(10)))
    send(trade, order, "4")
    invoice = invoice_order(order, date=DAY, by=trade.books.by)
    reverse_invoice(invoice, date=DAY, reason="wrong day", by=trade.books.by)
    assert line_quantities([order.pk])[0].not_invoiced == 4
    again = invoice_order(order, date=DAY, by=trade.books.by)
    # the credit note has number 2: the series has no hole
    assert again.number == "SAL-2026-000003"
    assert_reconciled()


def test_what_is_invoiced_is_not_taken_back_before_the_invoice_is_reversed(trade: Trade) -> None:
    item = stocked_item(trade)
    order = ordered(trade, OrderLine(item, D(4), D(10)))
    first, second = send(trade, order, "3"), send(trade, order, "1")
    invoice = invoice_order(order, date=DAY, by=trade.books.by)
    before = (StockMove.objects.count(), JournalEntry.objects.count())
    with pytest.raises(BusinessError) as refusal:
        reverse_shipment(second, date=DAY, reason="returned", by=trade.books.by)
    assert (refusal.value.code, refusal.value.field) == ("invoiced", "status")
    assert (StockMove.objects.count(), JournalEntry.objects.count()) == before
    assert Shipment.objects.get(pk=second.pk).status == Shipment.Status.POSTED
    reverse_invoice(invoice, date=DAY, reason="returned", by=trade.books.by)
    reverse_shipment(second, date=DAY, reason="returned", by=trade.books.by)
    assert invoice_order(order, date=DAY, by=trade.books.by).total == 30
    assert first.lines.count() == 1
    assert_reconciled()


def test_a_closed_order_is_still_invoiced(trade: Trade) -> None:
    item = stocked_item(trade)
    order = ordered(trade, OrderLine(item, D(4), D(10)))
    send(trade, order, "3")
    order = close_sales_order(order, by=trade.books.by)
    assert invoice_order(order, date=DAY, by=trade.books.by).total == 30


def test_refusals_write_nothing(trade: Trade) -> None:
    item = stocked_item(trade)
    draft = sell(trade, OrderLine(item, D(4), D(10)))
    with pytest.raises(BusinessError) as refusal:
        invoice_order(draft, date=DAY, by=trade.books.by)
    assert (refusal.value.code, refusal.value.field) == ("wrong_status", "status")
    order = confirm_sales_order(draft, by=trade.books.by)
    send(trade, order, "4")
    PeriodLock.objects.filter(module="sales").update(state="hard")
    with pytest.raises(BusinessError) as refusal:
        invoice_order(order, date=DAY, by=trade.books.by)
    assert (refusal.value.code, refusal.value.field) == ("period_closed", "date")
    assert not Invoice.objects.exists()


@pytest.mark.parametrize("size", [10, 100])
def test_order_to_posted_invoice_in_sixty_statements(trade: Trade, size: int) -> None:
    items = [trade.item("average") for _n in range(size)]
    bought = trade.ordered(*(PurchaseLine(item, D(9), D(1)) for item in items))
    trade.receive(bought, *["9"] * size)

    def cycle() -> None:
        order = ordered(trade, *(OrderLine(item, D(5), D(2)) for item in items))
        ship(
            trade.books.company,
            partner=trade.customer,
            site=trade.books.site,
            lines=[Shipped(promise, D(5), trade.stock) for promise in promises(order)],
            date=DAY,
            by=trade.books.by,
        )
        invoice_order(order, date=DAY, by=trade.books.by)

    spent, _nothing = statements(cycle)
    print(f"W3 {size} lines: {spent} statements")
    assert spent <= 52
