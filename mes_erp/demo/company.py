"""The demo company as its files in ``fixtures/demo`` describe it. No database here."""

from __future__ import annotations

import csv
import tomllib
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

from mes_erp.bootstrap import ROOT

FOLDER = ROOT / "fixtures" / "demo"
Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Item:
    code: str
    category: str
    unit: str
    kind: str
    tracking: str
    purchase_price: Decimal
    sales_price: Decimal
    lead_time_days: int
    shelf_life_days: int
    supplier: str

    @property
    def is_made(self) -> bool:
        return self.kind == "manufactured"

    @property
    def is_bought(self) -> bool:
        return self.kind == "purchased"


@dataclass(frozen=True, slots=True)
class BomLine:
    """``quantity`` stock units of ``item`` for one of the parent, scrap included."""

    position: int
    item: str
    quantity: Decimal
    operation: int
    is_manual: bool


@dataclass(frozen=True, slots=True)
class Operation:
    """A step of a routing; times in minutes, ``run`` per piece."""

    sequence: int
    work_centre: str
    setup: float
    run: float
    labour: float
    is_counted: bool


@dataclass(frozen=True, slots=True)
class WorkCentre:
    code: str
    site: str
    labour_rate: Decimal
    machine_rate: Decimal
    shifts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Machine:
    """``speed`` is the share of the routing's pace it reaches; stops come by chance."""

    code: str
    site: str
    work_centre: str
    stops_per_hour: float
    stop_minutes: float
    speed: float
    scrap_percent: float


@dataclass(frozen=True, slots=True)
class Purchase:
    """How an item is bought: order unit, its smallest multiple, stock units in one of it."""

    item: str
    supplier: str
    unit: str
    multiple: int
    stock_units: Decimal


@dataclass(frozen=True, slots=True)
class Customer:
    code: str
    currency: str
    country: str
    payment_days: int
    weight: int
    discount_percent: int
    pays: str


def rows_of(name: str, folder: Path = FOLDER) -> list[Row]:
    """A CSV file of the demo company as rows by column name."""
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@dataclass(frozen=True)
class Company:
    """Everything the files say, read once."""

    story: dict[str, Any]
    items: dict[str, Item]
    boms: dict[str, list[BomLine]]
    routings: dict[str, list[Operation]]
    work_centres: dict[str, WorkCentre]
    machines: dict[str, Machine]
    purchases: dict[str, Purchase]
    customers: dict[str, Customer]
    employees: list[Row] = field(repr=False)
    partners: dict[str, Row] = field(repr=False)
    work_centre_rows: list[Row] = field(repr=False)

    @cached_property
    def finished(self) -> list[Item]:
        return [item for item in self.items.values() if item.category in ("FIN", "ETO")]

    @cached_property
    def users_of(self) -> dict[str, list[str]]:
        """Which made items use a component directly (phantoms looked through)."""
        found: dict[str, list[str]] = {}
        for code, item in self.items.items():
            if item.is_made:
                for line in self.components(code):
                    found.setdefault(line.item, []).append(code)
        return found

    def components(self, code: str) -> list[BomLine]:
        """One level of the bill, phantoms replaced by what they consist of."""
        found: list[BomLine] = []
        for line in self.boms[code]:
            if self.items[line.item].kind != "phantom":
                found.append(line)
                continue
            found += [
                BomLine(
                    line.position,
                    inner.item,
                    inner.quantity * line.quantity,
                    line.operation,
                    line.is_manual,
                )
                for inner in self.components(line.item)
            ]
        return found

    def site_of(self, code: str) -> str:
        """Where an item is made, or used when it is bought."""
        if code in self.routings:
            return self.work_centres[self.routings[code][0].work_centre].site
        users = self.users_of.get(code)
        return self.site_of(users[0]) if users else str(self.story["company"]["main_site"])

    @cached_property
    def by_level(self) -> list[str]:
        """Made items, each before all of its components."""
        levels: dict[str, int] = {}

        def visit(code: str, level: int) -> None:
            levels[code] = max(level, levels.get(code, 0))
            for line in self.components(code):
                if self.items[line.item].is_made:
                    visit(line.item, level + 1)

        for item in self.items.values():
            if item.is_made:
                visit(item.code, 0)
        return sorted(levels, key=lambda code: (levels[code], code))

    def machines_of(self, work_centre: str) -> list[Machine]:
        return [one for one in self.machines.values() if one.work_centre == work_centre]


def read_company(folder: Path = FOLDER) -> Company:
    """The company; raises ``KeyError`` when its files refer to what is not there."""
    story = tomllib.loads((folder / "company.toml").read_text(encoding="utf-8"))
    items = {row["code"]: _item(row) for row in rows_of("items", folder)}
    ratios = _ratios(folder)
    return Company(
        story=story,
        items=items,
        boms=_boms(folder, items, ratios),
        routings=_routings(folder),
        work_centres={
            row["code"]: WorkCentre(
                row["code"],
                row["site"],
                Decimal(row["labour_rate"]),
                Decimal(row["machine_rate"]),
                tuple(f"{row['site']}-{shift}" for shift in row["shifts"].split()),
            )
            for row in rows_of("work_centres", folder)
        },
        machines={row["code"]: _machine(row) for row in rows_of("machines", folder)},
        purchases={
            row["item"]: Purchase(
                row["item"],
                items[row["item"]].supplier,
                row["unit"],
                int(row["multiple"]),
                ratios.get((row["item"], row["unit"]), Decimal(1)),
            )
            for row in rows_of("purchasing", folder)
        },
        customers={
            row["code"]: Customer(
                row["code"],
                row["currency"],
                row["country"],
                int(row["payment_days"]),
                int(row["weight"]),
                int(row["discount_percent"]),
                row["pays"],
            )
            for row in rows_of("partners", folder)
            if row["is_customer"] == "true"
        },
        employees=rows_of("employees", folder),
        partners={row["code"]: row for row in rows_of("partners", folder)},
        work_centre_rows=rows_of("work_centres", folder),
    )


def _item(row: Row) -> Item:
    return Item(
        row["code"],
        row["category"],
        row["unit"],
        row["kind"],
        row["tracking"],
        Decimal(row["purchase_price"] or 0),
        Decimal(row["sales_price"] or 0),
        int(row["lead_time_days"] or 0),
        int(row["shelf_life_days"] or 0),
        row["default_supplier"],
    )


def _machine(row: Row) -> Machine:
    return Machine(
        row["code"],
        row["site"],
        row["work_centre"],
        float(row["stops_per_hour"]),
        float(row["stop_minutes"]),
        float(row["speed"]),
        float(row["scrap_percent"]),
    )


def _ratios(folder: Path) -> dict[tuple[str, str], Decimal]:
    return {
        (row["item"], row["unit"]): Decimal(row["numerator"]) / Decimal(row["denominator"])
        for row in rows_of("item_units", folder)
    }


def _boms(
    folder: Path, items: dict[str, Item], ratios: dict[tuple[str, str], Decimal]
) -> dict[str, list[BomLine]]:
    boms: dict[str, list[BomLine]] = {}
    for row in rows_of("boms", folder):
        component = items[row["component"]]
        unit = row["unit"] or component.unit
        ratio = Decimal(1) if unit == component.unit else ratios[component.code, unit]
        kept = 1 - Decimal(row["scrap_percent"] or 0) / 100
        boms.setdefault(items[row["item"]].code, []).append(
            BomLine(
                int(row["position"]),
                component.code,
                Decimal(row["quantity"]) * ratio / kept,
                int(row["operation"] or 10),
                row["issue_method"] == "manual",
            )
        )
    return boms


def _routings(folder: Path) -> dict[str, list[Operation]]:
    routings: dict[str, list[Operation]] = {}
    for row in rows_of("routings", folder):
        routings.setdefault(row["item"], []).append(
            Operation(
                int(row["sequence"]),
                row["work_centre"],
                float(row["setup_minutes"]),
                float(row["run_minutes"]),
                float(row["labour_factor"]),
                row["is_counted"] == "true",
            )
        )
    return routings
