"""Every invariant of trade finds the break it is there for, and nothing in a sound chain.

The breaks are made by a superuser with triggers off: nobody else can.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from apps.core.reconcile import invariants, reconcile
from apps.supply_chain import reconcile as trade_invariants
from apps.supply_chain.models import PurchaseOrder
from apps.supply_chain.services.billable_lines import BilledLine
from apps.supply_chain.services.bills import bill_receipts
from apps.supply_chain.services.order_confirmations import Promise, record_confirmation
from apps.supply_chain.services.purchase_orders import OrderLine
from apps.supply_chain.services.requisitions import (
    Wanted,
    approve_requisition,
    create_requisition,
    order_requisitions,
    submit_requisition,
)
from apps.supply_chain.services.shippable_lines import Shipped
from tests.factories import make_user
from tests.supply_chain.test_shipments import promised, send
from tests.supply_chain.test_supplier_returns import sent
from tests.support.connections import superuser
from tests.support.reconciled import assert_reconciled
from tests.support.trade import DAY, Trade

pytestmark = pytest.mark.django_db(transaction=True)
D = Decimal

BREAKS = {
    "grni": "UPDATE supply_chain_billmatch SET value = value + 1",
    "grni-lines": "UPDATE supply_chain_billmatch SET quantity = 99",
    "bills-and-matches": "UPDATE finance_invoice SET status = 'reversed'",
    "receipts-and-moves": "UPDATE supply_chain_receiptline SET quantity = 99",
    "orders-received": "UPDATE inventory_expectedmove SET quantity_done = 1",
    "orders-expected": "UPDATE inventory_expectedmove SET is_open = NOT is_open",
    "order-promises": "UPDATE inventory_expectedmove SET due_date = due_date + 1",
    "requisitions-ordered": "UPDATE supply_chain_requisition SET status = 'approved'",
    "shipments-and-moves": "UPDATE supply_chain_shipmentline SET quantity = 99",
    "supplier-returns-and-moves": "UPDATE supply_chain_supplierreturnline SET quantity = 99",
    "returned-of-receipts": "UPDATE inventory_stockmove SET quantity = 99 WHERE id IN"
    " (SELECT move_id FROM supply_chain_supplierreturnline)",
}


@pytest.fixture
def sound(trade: Trade) -> None:
    """Ordered, received in part, billed, one sent back, shipped."""
    item = trade.item()
    order = trade.ordered(OrderLine(item, D(10), D("2.50")))
    receipt = trade.receive(order, "6")
    bill_receipts(
        trade.books.company,
        partner=trade.supplier,
        date=DAY,
        lines=[BilledLine(line) for line in receipt.lines.all()],
        reference="B-1",
        by=trade.books.by,
    )
    sent(trade, receipt, "1")
    _promise_and_request(trade)
    [promise] = promised(trade, (item, "4"))
    send(trade, Shipped(promise, D(4), trade.stock))


def _promise_and_request(trade: Trade) -> None:
    """A promise for what is still open, and an order that a requisition asked for."""
    [order] = PurchaseOrder.objects.all()
    record_confirmation(order, lines=[Promise(order.lines.get(), DAY)], by=trade.books.by)
    wanted = create_requisition(
        trade.books.company,
        site=trade.books.site,
        needed_by=date(2030, 1, 1),
        lines=[Wanted(trade.item(), D(3), partner=trade.supplier)],
        by=trade.books.by,
    )
    submit_requisition(wanted, by=trade.books.by)
    wanted = approve_requisition(wanted, by=make_user("approver"))
    order_requisitions([wanted], by=trade.books.by)


def test_a_sound_chain_has_no_offences(sound: None) -> None:
    assert_reconciled()


def test_every_invariant_of_trade_has_its_break() -> None:
    source = Path(trade_invariants.__file__).read_text()
    ours = {invariant.code for invariant in invariants() if f'"{invariant.code}"' in source}
    assert ours == set(BREAKS)


@pytest.mark.breaks(*BREAKS)
@pytest.mark.parametrize("code", BREAKS)
def test_a_break_is_found_and_named(sound: None, code: str) -> None:
    with superuser() as tamperer:
        tamperer.execute(BREAKS[code])
    [finding] = reconcile([code])
    assert finding.offences, f"{code} sees nothing"
    assert any(value is not None for value in finding.offences[0].values())
