"""Returns: original cost back into quarantine, tax taken back, never more than was shipped."""

from __future__ import annotations

from decimal import Decimal

import pytest

from apps.core.errors import BusinessError, InvalidInput
from apps.crm.models import Return, ReturnLine
from apps.crm.services.invoicing import invoice_order
from apps.crm.services.return_settlement import credit_return, replace_return
from apps.crm.services.returns import (
    Inspected,
    ReturnedLine,
    approve_return,
    cancel_return,
    close_return,
    inspect_return,
    receive_return,
)
from apps.crm.services.sales_orders import OrderLine
from apps.finance.models import JournalEntry
from apps.inventory.models import Lot, StockBalance, StockMove
from apps.supply_chain.models import Shipment
from apps.supply_chain.services.shipments import reverse_shipment
from tests.crm.sales import quarantine, returned, shipped_order
from tests.support.reconciled import assert_reconciled
from tests.support.trade import DAY, Trade

D = Decimal


def received(trade: Trade, *lines: ReturnedLine) -> Return:
    rma = approve_return(returned(trade, *lines), by=trade.books.by)
    return receive_return(rma, date=DAY, by=trade.books.by)


def inspected(trade: Trade, rma: Return, finding: str = "restock") -> Return:
    place = trade.stock if finding == "restock" else None
    findings = [Inspected(line, finding, place) for line in rma.lines.all()]
    return inspect_return(rma, findings=findings, date=DAY, by=trade.books.by)


def test_goods_come_back_at_the_cost_they_left_with(trade: Trade) -> None:
    item = trade.item("fifo")
    trade.stocked(item, "3", "10")
    trade.stocked(item, "7", "13")
    order = shipped_order(trade, OrderLine(item, D(5), D(50)), quantities=("5",))
    place = quarantine(trade)
    assert trade.books.balance("5000") == 56  # 3 × 10 + 2 × 13
    line = order.lines.get()
    first = received(trade, ReturnedLine(line, D(2)))
    assert first.lines.get().original_cost == D("22.40")
    assert StockBalance.objects.get(location=place).quantity == 2
    rest = received(trade, ReturnedLine(line, D(3)))
    assert rest.lines.get().original_cost == D("33.60")  # the last takes what is left
    assert trade.books.balance("5000") == 0
    assert_reconciled()
    inspected(trade, first)
    inspected(trade, rest, "scrap")
    assert trade.books.balance("5100") == 39  # first in, first out: three of the oldest layer
    assert not StockBalance.objects.filter(location=place, quantity__gt=0).exists()
    assert_reconciled()


def test_credit_takes_revenue_and_tax_back_at_the_price_billed(trade: Trade) -> None:
    item = trade.item("average")
    trade.stocked(item, "48", "2")
    tax = trade.books.tax_codes["STD"]
    box = trade.box_of(item, 12)
    order = shipped_order(
        trade, OrderLine(item, D(3), D(120), unit=box, tax_code=tax), quantities=("36",)
    )
    invoice = invoice_order(order, date=DAY, by=trade.books.by)
    quarantine(trade)
    rma = inspected(trade, received(trade, ReturnedLine(order.lines.get(), D(18))), "keep")
    with pytest.raises(BusinessError) as refusal:
        close_return(rma, by=trade.books.by)
    assert refusal.value.code == "not_credited"
    [note] = credit_return(rma, date=DAY, by=trade.books.by)
    assert (note.kind, note.credits, note.reference, note.total) == (
        "credit_note", invoice, rma.number, 216,
    )  # fmt: skip
    assert note.lines.get().quantity == D("1.5")
    balances = [trade.books.balance(code) for code in ("1100", "4000", "4200", "2100", "5000")]
    assert balances == [216, -360, 180, -36, 36]
    rma.refresh_from_db()
    assert close_return(rma, by=trade.books.by).status == "closed"
    assert_reconciled()


def test_more_than_was_shipped_does_not_come_back(trade: Trade) -> None:
    item = trade.item()
    trade.stocked(item, "10", "1")
    order = shipped_order(trade, OrderLine(item, D(5), D(2)), quantities=("4",))
    line = order.lines.get()
    with pytest.raises(BusinessError) as refusal:
        returned(trade, ReturnedLine(line, D(3)), ReturnedLine(line, D(2)))
    assert (refusal.value.code, refusal.value.field, refusal.value.row) == (
        "over_return", "quantity", 1,
    )  # fmt: skip
    assert not Return.objects.exists() and not ReturnLine.objects.exists()
    one = returned(trade, ReturnedLine(line, D(3)))
    with pytest.raises(BusinessError):
        returned(trade, ReturnedLine(line, D(2)))
    cancel_return(one, reason="keeps it", by=trade.books.by)
    assert returned(trade, ReturnedLine(line, D(4))).lines.get().quantity == 4
    assert_reconciled()


def test_a_serial_number_that_was_not_shipped_does_not_come_back(trade: Trade) -> None:
    item = trade.item(tracking="serial")
    trade.stocked(item, "1", "5", lots=["SN-1"])
    order = shipped_order(trade, OrderLine(item, D(1), D(9)), quantities=("1",))
    trade.stocked(item, "1", "5", lots=["SN-2"])
    gone, here = Lot.objects.order_by("pk")
    line = order.lines.get()
    with pytest.raises(BusinessError) as refusal:
        returned(trade, ReturnedLine(line, D(1), lot=here))
    assert (refusal.value.code, refusal.value.field) == ("not_shipped", "lot")
    with pytest.raises(InvalidInput) as refusal:
        returned(trade, ReturnedLine(line, D(1)))
    assert refusal.value.code == "lot_required"
    assert not Return.objects.exists()
    quarantine(trade)
    received(trade, ReturnedLine(line, D(1), lot=gone))
    assert_reconciled()


def test_without_a_quarantine_nothing_is_received(trade: Trade) -> None:
    item = trade.item()
    trade.stocked(item, "5", "1")
    order = shipped_order(trade, OrderLine(item, D(5), D(2)), quantities=("5",))
    rma = approve_return(returned(trade, ReturnedLine(order.lines.get(), D(1))), by=trade.books.by)
    before = (StockMove.objects.count(), JournalEntry.objects.count())
    for location, code in ((None, "no_quarantine"), (trade.stock, "no_quarantine")):
        with pytest.raises(BusinessError) as refusal:
            receive_return(rma, date=DAY, location=location, by=trade.books.by)
        assert (refusal.value.code, refusal.value.field) == (code, "location")
    rma.refresh_from_db()
    assert rma.status == "approved"
    assert (StockMove.objects.count(), JournalEntry.objects.count()) == before


def test_what_is_not_invoiced_is_not_credited(trade: Trade) -> None:
    item = trade.item()
    trade.stocked(item, "5", "1")
    order = shipped_order(trade, OrderLine(item, D(5), D(2)), quantities=("5",))
    quarantine(trade)
    rma = inspected(trade, received(trade, ReturnedLine(order.lines.get(), D(1))))
    with pytest.raises(BusinessError) as refusal:
        credit_return(rma, date=DAY, by=trade.books.by)
    assert (refusal.value.code, refusal.value.row) == ("not_invoiced", 0)
    rma.refresh_from_db()
    assert rma.status == "inspected"


def test_goods_instead_of_money(trade: Trade) -> None:
    item = trade.item(sales_price=D(9))
    trade.stocked(item, "5", "1")
    order = shipped_order(trade, OrderLine(item, D(5), D(2)), quantities=("5",))
    quarantine(trade)
    rma = received(trade, ReturnedLine(order.lines.get(), D(2), resolution="replace"))
    rma = inspected(trade, rma, "keep")
    with pytest.raises(BusinessError) as refusal:
        close_return(rma, by=trade.books.by)
    assert refusal.value.code == "not_replaced"
    free = replace_return(rma, by=trade.books.by)
    assert [(line.quantity, line.unit_price) for line in free.lines.all()] == [(2, 0)]
    assert free.customer_reference == rma.number
    with pytest.raises(BusinessError):
        replace_return(rma, by=trade.books.by)
    rma.refresh_from_db()
    assert close_return(rma, by=trade.books.by).replacement_order == free
    assert_reconciled()


def test_a_shipment_with_a_return_is_not_taken_back_whole(trade: Trade) -> None:
    item = trade.item()
    trade.stocked(item, "5", "1")
    order = shipped_order(trade, OrderLine(item, D(5), D(2)), quantities=("5",))
    rma = returned(trade, ReturnedLine(order.lines.get(), D(2)))
    with pytest.raises(BusinessError) as refusal:
        reverse_shipment(Shipment.objects.get(), date=DAY, reason="wrong", by=trade.books.by)
    assert refusal.value.code == "returned"
    cancel_return(rma, reason="whole shipment comes back", by=trade.books.by)
    reverse_shipment(Shipment.objects.get(), date=DAY, reason="wrong", by=trade.books.by)
    assert_reconciled()
