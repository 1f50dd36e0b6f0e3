"""A small warehouse: the locations that every kind of move needs."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.finance.models import CostObject
from apps.inventory.models import ExpectedMove, ItemValuation, Location, Lot, PickList, StockMove
from apps.inventory.services.expected import Expected, expect_moves
from apps.inventory.services.locations import ensure_virtual_locations
from apps.inventory.services.moves import Move, Posting, post_moves, reverse_moves
from apps.inventory.services.pick_lists import ToPick, draft_pick_list, release_pick_list
from apps.masterdata.models import Item, ItemCategory, Partner, ReasonCode
from tests.factories import Books

DAY = date(2026, 3, 10)
_purposes = itertools.count(1)


@dataclass
class Warehouse:
    """Receives and issues in one line each, at ``DAY``."""

    books: Books
    stock: Location
    quarantine: Location
    virtual: dict[str, Location]

    @property
    def supplier(self) -> Location:
        return self.virtual["supplier"]

    @property
    def customer(self) -> Location:
        return self.virtual["customer"]

    @property
    def production(self) -> Location:
        return self.virtual["production"]

    def item(self, costing: str = "fifo", **values: Any) -> Item:
        category = ItemCategory.objects.filter(
            company=self.books.company, costing=costing
        ).first() or ItemCategory(
            company=self.books.company, code=costing, name=costing, costing=costing
        ).save_by(self.books.by)
        return self.books.item(category=category, **values)

    def lot(self, item: Item, code: str, **values: Any) -> Lot:
        return Lot(company=self.books.company, item=item, code=code, **values).save_by(
            self.books.by
        )

    def place(self, code: str, **values: Any) -> Location:
        values.setdefault("site", self.books.site)
        return Location(company=self.books.company, code=code, name=code, **values).save_by(
            self.books.by
        )

    def reason(self, code: str, kind: str) -> ReasonCode:
        return ReasonCode(company=self.books.company, code=code, name=code, kind=kind).save_by(
            self.books.by
        )

    def cost_object(self, code: str) -> CostObject:
        return CostObject(
            company=self.books.company, code=code, name=code, kind="work_order"
        ).save_by(self.books.by)

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

    def issue(self, item: Item, quantity: str, to: CostObject, **values: Any) -> Posting:
        """Into production, collected on ``to``."""
        move = Move(
            item.pk,
            Decimal(quantity),
            self.stock,
            self.production,
            cost_object_id=to.pk,
            **values,
        )
        return self.post(move)

    def complete(
        self, item: Item, quantity: str, value: str, of: CostObject, **values: Any
    ) -> Posting:
        """Out of production, worth ``value``."""
        move = Move(
            item.pk,
            Decimal(quantity),
            self.production,
            self.stock,
            value=Decimal(value),
            cost_object_id=of.pk,
            **values,
        )
        return self.post(move)

    def reverse(self, posting: Posting) -> Posting:
        return reverse_moves(
            self.books.company,
            self.rows(posting),
            source=self.stock,
            date=DAY,
            journal="INV",
            purpose=f"t{next(_purposes)}",
            by=self.books.by,
        )

    def rows(self, posting: Posting) -> list[StockMove]:
        return list(
            StockMove.objects.select_related("from_location", "to_location", "lot").filter(
                pk__in=[one.id for one in posting.moves]
            )
        )

    def worth(self, item: Item) -> Decimal:
        return ItemValuation.objects.get(item=item).value


def make_warehouse(books: Books) -> Warehouse:
    def place(code: str, **values: Any) -> Location:
        return Location(
            company=books.company, code=code, name=code, site=books.site, **values
        ).save_by(books.by)

    return Warehouse(
        books,
        stock=place("STOCK"),
        quarantine=place("QUARANTINE", is_quarantine=True),
        virtual=ensure_virtual_locations(books.company, by=books.by),
    )


@pytest.fixture
def warehouse(books: Books) -> Warehouse:
    return make_warehouse(books)


@dataclass
class Floor:
    """Two bins and a staging place; promises to a customer in one line each."""

    warehouse: Warehouse
    near: Location
    far: Location
    staging: Location
    customer: Partner

    @property
    def by(self) -> Any:
        return self.warehouse.books.by

    def stock(self, item: Item, place: Location, quantity: str, lot: Any = None) -> None:
        move = Move(
            item.pk, Decimal(quantity), self.warehouse.supplier, place, value=Decimal(10), lot=lot
        )
        self.warehouse.post(move)

    def promise(
        self, item: Item, quantity: str, partner: Partner | None = None, due: date = DAY
    ) -> ExpectedMove:
        source = self.warehouse.place(f"SRC-{ExpectedMove.objects.count()}")
        [key] = expect_moves(
            self.warehouse.books.company,
            [
                Expected(
                    source,
                    "out",
                    item,
                    self.warehouse.books.site,
                    partner or self.customer,
                    Decimal(quantity),
                    due,
                )
            ],
            by=self.by,
        )
        return ExpectedMove.objects.get(pk=key)

    def draft(self, *promises: ExpectedMove, **values: Any) -> PickList:
        return draft_pick_list(
            self.warehouse.books.company,
            site=self.warehouse.books.site,
            staging=self.staging,
            lines=[ToPick(one) for one in promises],
            date=DAY,
            by=self.by,
            **values,
        )

    def released(self, *promises: ExpectedMove, **values: Any) -> PickList:
        return release_pick_list(self.draft(*promises, **values), by=self.by)


@pytest.fixture
def floor(warehouse: Warehouse) -> Floor:
    return make_floor(warehouse)


def make_floor(warehouse: Warehouse) -> Floor:
    return Floor(
        warehouse,
        near=warehouse.place("B-NEAR", walk_order=1),
        far=warehouse.place("A-FAR", walk_order=2),
        staging=warehouse.place("STAGE", use="staging"),
        customer=warehouse.books.partner("CUS"),
    )
