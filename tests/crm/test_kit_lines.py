"""Kits sold as one and picked as parts."""

from __future__ import annotations

from decimal import Decimal

import pytest

from apps.core.errors import BusinessError, InvalidInput
from apps.crm.models import SalesOrder, SalesOrderLinePart
from apps.crm.queries.sales_orders import line_quantities, part_type_id
from apps.crm.services.invoicing import invoice_order
from apps.crm.services.sales_orders import OrderLine, confirm_sales_order
from apps.engineering.services.boms import Component, create_bom, release_bom
from apps.inventory.models import ExpectedMove, StockBalance
from apps.masterdata.models import Item
from apps.supply_chain.services.shipments import ship
from apps.supply_chain.services.shippable_lines import Shipped
from tests.crm.test_sales_orders import sell
from tests.support.trade import DAY, Trade

D = Decimal


def kit_of(trade: Trade, *parts: tuple[Item, str]) -> Item:
    kit = trade.item(kind="phantom", sales_price=D(50))
    bom = create_bom(
        trade.books.company,
        item=kit,
        components=[Component(item, D(quantity)) for item, quantity in parts],
        by=trade.books.by,
    )
    release_bom(bom, by=trade.books.by)
    return kit


def promised(order: SalesOrder) -> list[ExpectedMove]:
    parts = SalesOrderLinePart.objects.filter(line__order=order).values("pk")
    rows = ExpectedMove.objects.filter(source_type=part_type_id(), source_id__in=parts)
    return list(rows.order_by("source_id"))


def test_a_kit_is_billed_whole_as_its_parts_go_out(trade: Trade) -> None:
    """Three kits of 2 bolts (1.10) and 1 plate (4.00), 50.00 each."""
    bolt, plate = trade.item(), trade.item()
    trade.stocked(bolt, "10", "1.10")
    trade.stocked(plate, "10", "4")
    kit = kit_of(trade, (bolt, "2"), (plate, "1"))
    order = confirm_sales_order(sell(trade, OrderLine(kit, D(3))), by=trade.books.by)
    bolts, plates = promised(order)
    assert [(one.item, one.quantity) for one in (bolts, plates)] == [(bolt, 6), (plate, 3)]
    send(trade, order, (bolts, "5"), (plates, "1"))
    assert line_quantities([order.pk])[0].shipped == 1
    assert invoice_order(order, date=DAY, by=trade.books.by).total == D("50.00")
    send(trade, order, (plates, "2"))
    assert invoice_order(order, date=DAY, by=trade.books.by).total == D("50.00")
    with pytest.raises(InvalidInput):
        invoice_order(order, date=DAY, by=trade.books.by)
    send(trade, order, (bolts, "1"))
    assert invoice_order(order, date=DAY, by=trade.books.by).total == D("50.00")
    assert not StockBalance.objects.filter(item=kit).exists()


def send(trade: Trade, order: SalesOrder, *wanted: tuple[ExpectedMove, str]):
    return ship(
        trade.books.company,
        partner=order.partner,
        site=trade.books.site,
        lines=[Shipped(one, D(quantity)) for one, quantity in wanted],
        date=DAY,
        by=trade.books.by,
    )


def test_a_kit_needs_a_released_bill(trade: Trade) -> None:
    order = sell(trade, OrderLine(trade.item(), D(1)), OrderLine(trade.item(kind="phantom"), D(1)))
    with pytest.raises(BusinessError) as refusal:
        confirm_sales_order(order, by=trade.books.by)
    assert (refusal.value.code, refusal.value.row) == ("kit_without_bom", 1)
    order.refresh_from_db()
    assert order.status == "draft" and not ExpectedMove.objects.exists()


def test_a_fraction_of_a_kit_is_refused(trade: Trade) -> None:
    kit = kit_of(trade, (trade.item(), "1"))
    with pytest.raises(InvalidInput) as refusal:
        sell(trade, OrderLine(kit, D("1.5")))
    assert (refusal.value.code, refusal.value.field) == ("part_of_kit", "quantity")
    assert not SalesOrder.objects.exists()


def test_kits_in_kits_are_blown_through(trade: Trade) -> None:
    bolt = trade.item()
    inner = kit_of(trade, (bolt, "2"))
    outer = kit_of(trade, (inner, "3"), (bolt, "1"))
    order = confirm_sales_order(sell(trade, OrderLine(outer, D(2))), by=trade.books.by)
    assert [(one.item, one.quantity) for one in promised(order)] == [(bolt, 14)]
