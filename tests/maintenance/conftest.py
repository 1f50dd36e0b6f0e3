"""A press that is an asset, a workshop with a rate, parts in stock, a contractor."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from apps.hr.models import Employee
from apps.inventory.models import Location
from apps.inventory.services.locations import ensure_virtual_locations
from apps.inventory.services.moves import Move, post_moves
from apps.maintenance.models import Asset, MaintenanceOrder, MaintenancePlan, Meter
from apps.maintenance.services.assets import create_asset
from apps.maintenance.services.meters import create_meter
from apps.maintenance.services.orders import create_order, release_order, start_order
from apps.maintenance.services.plans import create_plan
from apps.masterdata.models import Item, Machine, WorkCentre, WorkCentreRate
from tests.execution.machines import Shopfloor, make_shopfloor
from tests.factories import Books

D = Decimal
DAY = date(2026, 3, 10)
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
_purposes = itertools.count(1)


@dataclass
class Workshop:
    """Makes assets, plans and orders in one line each."""

    books: Books
    floor: Shopfloor
    stock: Location
    places: dict[str, Location]
    fitter: Employee

    @property
    def by(self) -> Any:
        return self.books.by

    def asset(self, code: str = "PRESS-1", **values: Any) -> Asset:
        values.setdefault("site", self.books.site)
        return create_asset(
            company=self.books.company, code=code, name=f"Asset {code}", by=self.by, **values
        )

    def machine_asset(self, code: str = "M1") -> tuple[Machine, Asset]:
        machine = self.floor.machine(code)
        return machine, self.asset(f"A-{code}", machine=machine)

    def meter(self, asset: Asset, code: str = "", **values: Any) -> Meter:
        code = code or f"{asset.code}-H"
        return create_meter(
            company=self.books.company, code=code, name=code, asset=asset, by=self.by, **values
        )

    def plan(self, asset: Asset, code: str, **values: Any) -> MaintenancePlan:
        return create_plan(
            company=self.books.company, code=code, name=code, asset=asset, by=self.by, **values
        )

    def order(self, asset: Asset, status: str = "in_progress", **values: Any) -> MaintenanceOrder:
        values.setdefault("title", "Replace the seal")
        order = create_order(self.books.company, asset=asset, by=self.by, **values)
        if status in ("released", "in_progress"):
            order = release_order(order, by=self.by)
        return start_order(order, by=self.by) if status == "in_progress" else order

    def part(
        self, code: str = "SEAL", quantity: str = "10", cost: str = "60", **values: Any
    ) -> Item:
        lot = values.pop("lot", None)
        item = self.books.item(code, **values)
        self.stocked(item, quantity, cost, lot=lot)
        return item

    def stocked(self, item: Item, quantity: str, cost: str, **values: Any) -> None:
        amount = Decimal(quantity)
        move = Move(
            item.pk,
            amount,
            self.places["opening"],
            self.stock,
            value=amount * Decimal(cost),
            **values,
        )
        post_moves(
            self.books.company,
            [move],
            source=item,
            date=DAY,
            journal="INV",
            by=self.by,
            purpose=f"open{next(_purposes)}",
        )


def make_workshop(books: Books) -> Workshop:
    floor = make_shopfloor(books)
    places = ensure_virtual_locations(books.company, by=books.by)
    stock = Location(company=books.company, code="SPARES", name="Spares", site=books.site)
    stock.save_by(books.by)
    crew = WorkCentre(company=books.company, code="CREW", name="Fitters", site=books.site)
    crew.save_by(books.by)
    WorkCentreRate(
        company=books.company,
        work_centre=crew,
        effective_from=books.year.starts_on,
        labour_rate=Decimal(30),
    ).save_by(books.by)
    fitter = Employee(
        company=books.company, code="FIT", name="Fay Fitter", site=books.site, work_centre=crew
    ).save_by(books.by)
    return Workshop(books, floor, stock, places, fitter)


@pytest.fixture
def workshop(books: Books) -> Workshop:
    return make_workshop(books)
