"""A company that buys and sells: books, a warehouse, the places beyond it, units."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.inventory.models import Location
from apps.inventory.services.locations import ensure_virtual_locations
from apps.masterdata.models import Item, ItemUnit, Partner, Unit
from apps.supply_chain.models import PurchaseOrder, Receipt
from apps.supply_chain.services.purchase_orders import (
    OrderLine,
    confirm_purchase_order,
    create_purchase_order,
)
from apps.supply_chain.services.receipts import Delivered, receive
from tests.factories import Books

DAY = date(2026, 3, 10)
D = Decimal
_numbers = itertools.count(1)


@dataclass
class Trade:
    """Orders, receives and ships in one line each, at ``DAY``."""

    books: Books
    stock: Location
    supplier: Partner
    customer: Partner

    def item(self, costing: str = "fifo", **values: Any) -> Item:
        return self.books.item(category=self.books.category(costing, costing), **values)

    def box_of(self, item: Item, pieces: int) -> Unit:
        """A box of ``pieces`` stock units of ``item``."""
        box = self.books.unit("BOX")
        ItemUnit(
            company=self.books.company, item=item, unit=box, numerator=pieces, denominator=1
        ).save_by(self.books.by)
        return box

    def order(self, *lines: OrderLine, **values: Any) -> PurchaseOrder:
        values.setdefault("partner", self.supplier)
        values.setdefault("due_date", DAY)
        return create_purchase_order(
            self.books.company,
            site=self.books.site,
            lines=lines,
            order_date=DAY,
            by=self.books.by,
            **values,
        )

    def ordered(self, *lines: OrderLine, **values: Any) -> PurchaseOrder:
        return confirm_purchase_order(self.order(*lines, **values), by=self.books.by)

    def receive(self, order: PurchaseOrder, *quantities: str, **values: Any) -> Receipt:
        """Quantities of the order's lines in their order, in the order's units."""
        line_values = {n: values.pop(n) for n in ("unit", "quantity_rejected") if n in values}
        lots = values.pop("lots", [""] * len(quantities))
        values.setdefault("date", DAY)
        return receive(
            order,
            lines=[
                Delivered(
                    line,
                    D(quantity),
                    self.stock,
                    lot_code=lot,
                    supplier_lot=f"S-{lot}" if lot else "",
                    **line_values,
                )
                for line, quantity, lot in zip(order.lines.all(), quantities, lots, strict=False)
            ],
            by=self.books.by,
            **values,
        )

    def stocked(self, item: Item, quantity: str, price: str, **values: Any) -> Receipt:
        """Buy and receive ``quantity`` of ``item``."""
        order = self.ordered(OrderLine(item, D(quantity), D(price)))
        return self.receive(order, quantity, **values)


def make_trade(books: Books) -> Trade:
    ensure_virtual_locations(books.company, by=books.by)
    stock = Location(
        company=books.company, code="STOCK", name="Stock", kind="internal", site=books.site
    ).save_by(books.by)
    return Trade(books, stock, books.partner("SUP"), books.partner("CUS"))


def statements(act: Any) -> tuple[int, Any]:
    """How many statements ``act`` took, and what it returned."""
    with CaptureQueriesContext(connection) as captured:
        made = act()
    spent = [
        query["sql"]
        for query in captured
        if not query["sql"].startswith(("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT"))
    ]
    return len(spent), made
