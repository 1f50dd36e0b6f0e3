"""A small design office: items, bills and routings in one line each."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.engineering.models import BillOfMaterials, Routing
from apps.engineering.services.boms import Component, create_bom, release_bom
from apps.engineering.services.routings import Operation, create_routing, release_routing
from apps.masterdata.models import Item, ItemCategory, WorkCentre, WorkCentreRate
from tests.factories import Books

DAY = date(2026, 3, 10)


@dataclass
class Office:
    books: Books
    items: dict[str, Item] = field(default_factory=dict)

    def item(self, code: str, price: str = "0", **values: Any) -> Item:
        if code not in self.items:
            category = ItemCategory.objects.filter(
                company=self.books.company, code="STANDARD"
            ).first() or self.books.category("STANDARD", costing="standard")
            values.setdefault("category", category)
            self.items[code] = self.books.item(code, purchase_price=Decimal(price), **values)
        return self.items[code]

    def draft(self, code: str, *components: tuple, **values: Any) -> BillOfMaterials:
        """Each component: code, quantity, and perhaps more values of the line."""
        lines = [
            Component(self.item(name), Decimal(quantity), *rest)
            for name, quantity, *rest in components
        ]
        return create_bom(
            self.books.company, item=self.item(code), components=lines, by=self.books.by, **values
        )

    def bom(self, code: str, *components: tuple, **values: Any) -> BillOfMaterials:
        return release_bom(self.draft(code, *components, **values), by=self.books.by)

    def centre(self, code: str, labour: str = "0", machine: str = "0") -> WorkCentre:
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

    def routing(self, code: str, *operations: Operation) -> Routing:
        made = create_routing(
            self.books.company, item=self.item(code), operations=operations, by=self.books.by
        )
        return release_routing(made, by=self.books.by)


@pytest.fixture
def office(books: Books) -> Office:
    return Office(books)
