"""Above the tolerance nothing comes in; short within it, a line is closed."""

from __future__ import annotations

from decimal import Decimal

import pytest

from apps.core.errors import BusinessError
from apps.inventory.models import ExpectedMove, StockMove
from apps.supply_chain.models import PurchaseOrderLine, PurchasingPolicy, Receipt
from apps.supply_chain.services.purchase_orders import (
    OrderLine,
    close_purchase_order,
    reopen_purchase_order,
)
from apps.supply_chain.services.receipts import reverse_receipt
from tests.supply_chain.test_supplier_items import terms
from tests.support.reconciled import assert_reconciled
from tests.support.trade import DAY, Trade

D = Decimal


def policy(trade: Trade, over: str, under: str) -> PurchasingPolicy:
    return PurchasingPolicy(
        company=trade.books.company,
        over_receipt_percent=D(over),
        under_receipt_percent=D(under),
    ).save_by(trade.books.by)


def is_open(order: object) -> list[bool]:
    lines = PurchaseOrderLine.objects.filter(order=order)
    rows = ExpectedMove.objects.filter(direction="in", source_id__in=lines.values("pk"))
    return list(rows.order_by("source_id").values_list("is_open", flat=True))


def test_above_the_companys_tolerance_is_refused_whole(trade: Trade) -> None:
    policy(trade, "5", "0")
    order = trade.ordered(OrderLine(trade.item(), D(100), D(1)), OrderLine(trade.item(), D(10)))
    with pytest.raises(BusinessError) as refusal:
        trade.receive(order, "105.000001", "10")
    error = refusal.value
    assert (error.code, error.field, error.row) == ("over_receipt", "quantity", 0)
    assert D(error.details["open"]) == 105
    assert "5 %" in error.message
    assert not Receipt.objects.exists() and not StockMove.objects.exists()
    trade.receive(order, "105", "10")
    assert is_open(order) == [False, False]
    assert_reconciled()


def test_the_supplier_items_tolerance_comes_first(trade: Trade) -> None:
    policy(trade, "5", "5")
    item = trade.item()
    terms(trade, item, over_receipt_percent=D(0), under_receipt_percent=D(10))
    order = trade.ordered(OrderLine(item, D(100), D(1)))
    with pytest.raises(BusinessError):
        trade.receive(order, "101")
    trade.receive(order, "90")
    assert is_open(order) == [False] and order.lines.get().is_closed_short


def test_short_within_the_tolerance_closes_the_line(trade: Trade) -> None:
    policy(trade, "0", "5")
    order = trade.ordered(OrderLine(trade.item(), D(100), D(1)), OrderLine(trade.item(), D(10)))
    trade.receive(order, "94", "9.5")
    assert is_open(order) == [True, False]
    receipt = trade.receive(order, "1")
    assert is_open(order) == [False, False]
    assert [line.is_closed_short for line in order.lines.all()] == [True, True]
    assert_reconciled()
    reverse_receipt(receipt, date=DAY, reason="wrong truck", by=trade.books.by)
    assert is_open(order) == [True, False]
    assert [line.is_closed_short for line in order.lines.all()] == [False, True]
    assert_reconciled()


def test_the_rest_of_a_line_closed_short_may_still_come(trade: Trade) -> None:
    policy(trade, "0", "5")
    order = trade.ordered(OrderLine(trade.item(), D(100), D(1)))
    trade.receive(order, "95")
    trade.receive(order, "5")
    assert is_open(order) == [False]
    with pytest.raises(BusinessError):
        trade.receive(order, "1")
    assert_reconciled()


def test_reopening_an_order_expects_the_short_rest(trade: Trade) -> None:
    policy(trade, "0", "5")
    order = trade.ordered(OrderLine(trade.item(), D(100), D(1)))
    trade.receive(order, "96")
    order = close_purchase_order(order, by=trade.books.by)
    order = reopen_purchase_order(order, reason="the rest comes", by=trade.books.by)
    assert is_open(order) == [True] and not order.lines.get().is_closed_short
    assert_reconciled()
