"""A small factory: two levels of made items, a routing with rates, stock to make them from."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from apps.engineering.models import BillOfMaterials, BomLine, Routing, RoutingOperation
from apps.execution.models import ProductionReport, WorkOrder
from apps.execution.services.production import report_production
from apps.execution.services.work_orders import create_work_order, release_work_order
from apps.inventory.models import Location
from apps.inventory.services.locations import ensure_virtual_locations
from apps.inventory.services.moves import Move, post_moves
from apps.masterdata.models import Item, ItemCategory, ReasonCode, WorkCentre, WorkCentreRate
from tests.execution.machines import Shopfloor, make_shopfloor
from tests.factories import Books

DAY = date(2026, 3, 10)
_purposes = itertools.count(1)
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


@dataclass
class Factory:
    """Makes designs and orders in one line each, at ``DAY``."""

    books: Books
    stock: Location
    places: dict[str, Location]

    def item(self, code: str = "", costing: str = "average", **values: Any) -> Item:
        category = ItemCategory.objects.filter(
            company=self.books.company, costing=costing
        ).first() or ItemCategory(
            company=self.books.company, code=costing, name=costing, costing=costing
        ).save_by(self.books.by)
        return self.books.item(code, category=category, **values)

    def made(self, code: str, costing: str = "average", **values: Any) -> Item:
        return self.item(code, costing, kind=Item.Kind.MANUFACTURED, **values)

    def stocked(self, item: Item, quantity: str, unit_cost: str, **values: Any) -> Item:
        amount = Decimal(quantity)
        move = Move(
            item.pk,
            amount,
            self.places["opening"],
            self.stock,
            value=amount * Decimal(unit_cost),
            **values,
        )
        post_moves(
            self.books.company,
            [move],
            source=item,
            date=DAY,
            journal="INV",
            by=self.books.by,
            purpose=f"open{next(_purposes)}",
        )
        return item

    def bom(self, item: Item, *lines: tuple[Item, str], **values: Any) -> BillOfMaterials:
        company, by = self.books.company, self.books.by
        bom = BillOfMaterials(company=company, item=item, status="released", created_by=by)
        bom.save_by(by)
        BomLine.objects.bulk_create(
            BomLine(
                company=company,
                bom=bom,
                position=10 * n,
                item=component,
                quantity=Decimal(quantity),
                **values,
            )
            for n, (component, quantity) in enumerate(lines, start=1)
        )
        return bom

    def work_centre(self, code: str, labour: str = "0", machine: str = "0") -> WorkCentre:
        company, by = self.books.company, self.books.by
        centre = WorkCentre(company=company, code=code, name=code, site=self.books.site)
        centre.save_by(by)
        WorkCentreRate(
            company=company,
            work_centre=centre,
            effective_from=date(2026, 1, 1),
            labour_rate=Decimal(labour),
            machine_rate=Decimal(machine),
        ).save_by(by)
        return centre

    def routing(self, item: Item, *steps: tuple[WorkCentre, str], **values: Any) -> Routing:
        company, by = self.books.company, self.books.by
        routing = Routing(company=company, item=item, status="released", created_by=by)
        routing.save_by(by)
        RoutingOperation.objects.bulk_create(
            RoutingOperation(
                company=company,
                routing=routing,
                sequence=10 * n,
                name=centre.name,
                work_centre=centre,
                run_minutes=Decimal(minutes),
                **values,
            )
            for n, (centre, minutes) in enumerate(steps, start=1)
        )
        return routing

    def order(self, item: Item, quantity: str, *, release: bool = True) -> WorkOrder:
        order = create_work_order(
            self.books.company,
            item=item,
            quantity=Decimal(quantity),
            site=self.books.site,
            start_date=DAY,
            due_date=DAY,
            component_location=self.stock,
            output_location=self.stock,
            by=self.books.by,
        )
        return release_work_order(order, by=self.books.by) if release else order

    def report(self, order: WorkOrder, good: str = "0", **details: Any) -> ProductionReport:
        details.setdefault("reported_at", NOON)
        return report_production(order, quantity_good=Decimal(good), by=self.books.by, **details)

    def scrap_reason(self, code: str = "BURR", **values: Any) -> ReasonCode:
        return ReasonCode(
            company=self.books.company, code=code, name=code, kind="scrap", **values
        ).save_by(self.books.by)


def make_factory(books: Books) -> Factory:
    places = ensure_virtual_locations(books.company, by=books.by)
    stock = Location(company=books.company, code="STOCK", name="Stock", site=books.site)
    return Factory(books, stock.save_by(books.by), places)


@pytest.fixture
def factory(books: Books) -> Factory:
    return make_factory(books)


@pytest.fixture
def floor(books: Books) -> Shopfloor:
    return make_shopfloor(books)
