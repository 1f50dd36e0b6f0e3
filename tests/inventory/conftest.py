"""A small warehouse: the locations that every kind of move needs."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.inventory.models import Location, Lot
from apps.inventory.services.moves import Move, Posting, post_moves
from apps.masterdata.models import Item, ItemCategory
from tests.factories import Books

DAY = date(2026, 3, 10)
_purposes = itertools.count(1)


@dataclass
class Warehouse:
    """Receives and issues in one line each, at ``DAY``."""

    books: Books
    stock: Location
    supplier: Location
    customer: Location
    production: Location

    def item(self, costing: str = "fifo", **values: Any) -> Item:
        category = ItemCategory.objects.filter(
            company=self.books.company, costing=costing
        ).first() or ItemCategory(
            company=self.books.company, code=costing, name=costing, costing=costing
        ).save_by(self.books.by)
        return self.books.item(category=category, **values)

    def lot(self, item: Item, code: str) -> Lot:
        return Lot(company=self.books.company, item=item, code=code).save_by(self.books.by)

    def post(self, *moves: Move, source: Any = None, **details: Any) -> Posting:
        details.setdefault("date", DAY)
        details.setdefault("journal", "INV")
        details.setdefault("purpose", f"t{next(_purposes)}")
        return post_moves(
            self.books.company, moves, source=source or self.stock, by=self.books.by, **details
        )

    def receive(self, item: Item, quantity: str, unit_cost: str, **values: Any) -> Posting:
        quantity_, cost = Decimal(quantity), Decimal(unit_cost)
        return self.post(
            Move(item.pk, quantity_, self.supplier, self.stock, value=quantity_ * cost, **values)
        )

    def ship(self, item: Item, quantity: str, **values: Any) -> Posting:
        return self.post(Move(item.pk, Decimal(quantity), self.stock, self.customer, **values))


@pytest.fixture
def warehouse(books: Books) -> Warehouse:
    def place(code: str, kind: str) -> Location:
        site = books.site if kind == "internal" else None
        return Location(company=books.company, code=code, name=code, kind=kind, site=site).save_by(
            books.by
        )

    return Warehouse(
        books,
        stock=place("STOCK", "internal"),
        supplier=place("SUPPLIER", "supplier"),
        customer=place("CUSTOMER", "customer"),
        production=place("PRODUCTION", "production"),
    )
