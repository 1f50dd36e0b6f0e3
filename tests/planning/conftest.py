"""A plant that can be planned: a site with a day shift, a place in stock, items in one line."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

import pytest

from apps.core.models import Site
from apps.crm.models import SalesOrder
from apps.crm.services.sales_orders import OrderLine as SalesLine
from apps.crm.services.sales_orders import confirm_sales_order, create_sales_order
from apps.engineering.models import BillOfMaterials, BomLine
from apps.inventory.models import Location
from apps.inventory.services.locations import ensure_virtual_locations
from apps.inventory.services.moves import Move, post_moves
from apps.masterdata.models import Item, Partner, Shift
from apps.planning.models import ItemPlanning, PlannedOrder, PlanningRun
from apps.planning.services.item_plannings import create_item_planning
from apps.planning.services.planning_runs import calculate_plan, create_planning_run
from apps.supply_chain.services.purchase_orders import OrderLine as PurchaseLine
from apps.supply_chain.services.purchase_orders import (
    confirm_purchase_order,
    create_purchase_order,
)
from tests.factories import Books

MONDAY = date(2026, 3, 2)
_purposes = itertools.count(1)


def day(number: int) -> date:
    """A day counted from the planning date."""
    return MONDAY + timedelta(days=number)


@dataclass
class Plant:
    """Makes what a plan needs in one line each; everything happens at ``MONDAY``."""

    books: Books
    stock: Location
    places: dict[str, Location]
    partner: Partner
    site: Site
    items: dict[str, Item] = field(default_factory=dict)

    def item(self, code: str, **values: Any) -> Item:
        values.setdefault("default_supplier", self.partner)
        values.setdefault("purchase_price", Decimal(2))
        self.items[code] = self.books.item(code, **values)
        return self.items[code]

    def made(self, code: str, *lines: tuple[Item, str], **values: Any) -> Item:
        item = self.item(code, kind=Item.Kind.MANUFACTURED, **values)
        if lines:
            self.bom(item, *lines)
        return item

    def bom(self, item: Item, *lines: tuple[Item, str], **values: Any) -> BillOfMaterials:
        company, by = self.books.company, self.books.by
        bom = BillOfMaterials(company=company, item=item, status="released", created_by=by)
        bom.save_by(by)
        BomLine.objects.bulk_create(
            BomLine(
                company=company,
                bom=bom,
                position=10 * number,
                item=component,
                quantity=Decimal(quantity),
                **values,
            )
            for number, (component, quantity) in enumerate(lines, start=1)
        )
        return bom

    def planned(self, item: Item, **values: Any) -> ItemPlanning:
        values.setdefault("site", self.site)
        for name in ("lot_size", "lot_minimum", "lot_multiple", "safety_stock", "scrap_percent"):
            values[name] = Decimal(values.get(name, 0))
        return create_item_planning(self.books.company, item=item, by=self.books.by, **values)

    def stocked(self, item: Item, quantity: str, unit_cost: str = "2") -> Item:
        amount = Decimal(quantity)
        move = Move(
            item.pk,
            amount,
            self.places["opening"],
            self.stock,
            value=amount * Decimal(unit_cost),
        )
        post_moves(
            self.books.company,
            [move],
            source=item,
            date=MONDAY,
            journal="INV",
            by=self.books.by,
            purpose=f"open{next(_purposes)}",
        )
        return item

    def sold(self, item: Item, *lines: tuple[int, str]) -> SalesOrder:
        """A confirmed order: (day, quantity) of each line."""
        order = create_sales_order(
            self.books.company,
            partner=self.partner,
            site=self.site,
            order_date=MONDAY,
            lines=[
                SalesLine(item, Decimal(quantity), Decimal(5), due_date=day(on))
                for on, quantity in lines
            ],
            by=self.books.by,
        )
        return confirm_sales_order(order, by=self.books.by)

    def bought(self, item: Item, *lines: tuple[int, str]) -> Any:
        order = create_purchase_order(
            self.books.company,
            partner=self.partner,
            site=self.site,
            order_date=MONDAY,
            lines=[
                PurchaseLine(item, Decimal(quantity), due_date=day(on)) for on, quantity in lines
            ],
            by=self.books.by,
        )
        return confirm_purchase_order(order, by=self.books.by)

    def plan(self, **values: Any) -> PlanningRun:
        values.setdefault("planned_on", MONDAY)
        values.setdefault("horizon_days", 90)
        values.setdefault("site", self.site)
        run = create_planning_run(self.books.company, by=self.books.by, **values)
        return calculate_plan(run, by=self.books.by)

    def orders(self, item: Item) -> list[tuple[int, int, Decimal]]:
        """(start, due, quantity) of what is planned, in days from the planning date."""
        return [
            ((o.start_date - MONDAY).days, (o.due_date - MONDAY).days, o.quantity)
            for o in PlannedOrder.objects.filter(item=item).order_by("due_date", "pk")
        ]


@pytest.fixture
def plant(books: Books) -> Plant:
    return make_plant(books)


def make_plant(books: Books) -> Plant:
    places = ensure_virtual_locations(books.company, by=books.by)
    stock = Location(company=books.company, code="STOCK", name="Stock", site=books.site)
    stock.save_by(books.by)
    Shift(
        company=books.company,
        code="DAY",
        name="Day",
        site=books.site,
        starts_at=time(6),
        ends_at=time(14),
    ).save_by(books.by)
    return Plant(books, stock, places, books.partner("PARTNER"), books.site)
