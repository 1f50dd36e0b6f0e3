"""Figures of selling and buying: what is expected, what is late, what came in time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from apps.crm.models import SalesOrder, SalesOrderLine
from apps.inventory.models import ExpectedMove
from apps.inventory.services.expected import Expected, expect_moves
from apps.reporting.measures import charts, worklists
from apps.reporting.queries.readings import read_charts, read_worklists
from apps.supply_chain.services.purchase_orders import OrderLine
from apps.supply_chain.services.shipments import ship
from apps.supply_chain.services.shippable_lines import Shipped
from tests.reporting.conftest import DAY, at_noon, read
from tests.support.trade import Trade

YESTERDAY, TOMORROW = DAY - timedelta(days=1), DAY + timedelta(days=1)
Value = Callable[..., Any]


def bought(trade: Trade, quantity: str, price: str, due: date) -> Any:
    line = OrderLine(trade.item(), Decimal(quantity), Decimal(price), due_date=due)
    return trade.ordered(line, due_date=due)


def sold(trade: Trade, item: Any, quantity: str, price: str, due: date) -> SalesOrderLine:
    """A confirmed order of one line, and the move it expects."""
    books = trade.books
    order = SalesOrder(
        company=books.company,
        number=f"SO{SalesOrder.objects.count() + 1}",
        status="confirmed",
        partner=trade.customer,
        site=books.site,
        order_date=DAY,
        due_date=due,
        currency=books.company.currency,
        created_by=books.by,
    ).save_by(books.by)
    line = SalesOrderLine.objects.create(
        company=books.company,
        order=order,
        item=item,
        quantity=Decimal(quantity),
        unit=item.unit,
        stock_quantity=Decimal(quantity),
        unit_price=Decimal(price),
        due_date=due,
    )
    out = Expected(line, "out", item, books.site, trade.customer, Decimal(quantity), due)
    expect_moves(books.company, [out], by=books.by)
    return line


def sent(trade: Trade, line: SalesOrderLine, quantity: str) -> None:
    expected = ExpectedMove.objects.get(source_id=line.pk, direction="out")
    ship(
        trade.books.company,
        partner=trade.customer,
        site=trade.books.site,
        lines=[Shipped(expected, Decimal(quantity), location=trade.stock)],
        date=DAY,
        by=trade.books.by,
    )


def test_purchase_orders_until_they_are_in(trade: Trade, value: Value) -> None:
    late = bought(trade, "10", "2", TOMORROW)
    soon = bought(trade, "4", "5", DAY + timedelta(days=9))
    today = DAY + timedelta(days=2)
    by = trade.books.by
    assert value("purchase_orders_open") == 2
    assert value("purchase_orders_late") == 0
    assert read(by, "purchase_orders_late", today).keys == (late.pk,)
    assert value("purchases_open_value") == 40
    assert value("suppliers_on_time") is None
    trade.receive(late, "4", date=today)
    trade.receive(soon, "4", date=today)
    assert value("purchase_orders_open") == 1
    assert value("purchases_open_value") == 12
    assert value("suppliers_on_time", today=today) == 50
    asked = at_noon(by, today)
    [plot] = read_charts([charts()["purchases_due"]], asked)
    assert (plot.labels, plot.series) == (["Late"], {"Lines": [1]})
    [filled] = read_worklists([worklists()["purchase_orders_next"]], asked)
    assert [(e.key, e.share_done) for e in filled.entries] == [(late.pk, Decimal("0.4"))]


def test_sales_orders_until_they_are_out(trade: Trade, value: Value) -> None:
    item = trade.item()
    trade.stocked(item, "100", "1")
    late = sold(trade, item, "10", "3", YESTERDAY)
    soon = sold(trade, item, "10", "5", DAY + timedelta(days=7))
    sold(trade, item, "1", "7", DAY + timedelta(days=8))
    assert value("sales_orders_open") == 3
    assert read(trade.books.by, "sales_orders_late").keys == (late.order_id,)
    assert read(trade.books.by, "sales_orders_due").keys == (soon.order_id,)
    assert value("sales_backlog") == 87
    assert value("delivery_on_time") is None
    sent(trade, late, "10")
    sent(trade, soon, "4")
    assert value("sales_orders_open") == 2
    assert value("sales_orders_late") == 0
    assert value("sales_backlog") == 37
    assert value("delivery_on_time") == 50
    asked = at_noon(trade.books.by)
    [plot] = read_charts([charts()["sales_due"]], asked)
    assert (plot.labels, plot.series) == (["2026-03-16"], {"Lines": [2]})
    [filled] = read_worklists([worklists()["sales_orders_next"]], asked)
    assert [e.share_done for e in filled.entries] == [Decimal("0.4"), 0]
