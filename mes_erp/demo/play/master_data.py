"""Master data from the files, through the same imports that users have."""

from __future__ import annotations

from datetime import date as Date
from decimal import Decimal

from apps.core.models import Company, Site, User
from apps.core.resources import Resource
from apps.core.services.documents import insert_all
from apps.core.tables import Row, Table
from apps.hr.resources import DepartmentResource, EmployeeResource
from apps.masterdata import resources
from apps.masterdata.models import Holiday, Item, ItemUnit, Unit, WorkCentre, WorkCentreRate
from mes_erp.demo.company import Company as Files
from mes_erp.demo.company import rows_of
from mes_erp.demo.working_time import holidays

REASON = "Demo plant"
#: In the order in which they refer to each other.
TABLES: tuple[tuple[str, type[Resource]], ...] = (
    ("units", resources.UnitResource),
    ("categories", resources.ItemCategoryResource),
    ("partners", resources.PartnerResource),
    ("items", resources.ItemResource),
    ("areas", resources.AreaResource),
    ("work_centres", resources.WorkCentreResource),
    ("machines", resources.MachineResource),
    ("shifts", resources.ShiftResource),
    ("employees", EmployeeResource),
)


class BadDemoData(Exception):
    """A file in ``fixtures/demo`` that its import refuses; the text names file and line."""


def import_master_data(company: Company, files: Files, *, years: list[int], by: User) -> None:
    import_tree(DepartmentResource(), "departments", company, by)
    for name, resource in TABLES:
        run_import(resource(), name, rows_of(name), company, by)
    import_tree(resources.ReasonCodeResource(), "reasons", company, by)
    _insert_units(company, by)
    _insert_rates(company, years, by)
    _insert_holidays(company, files, years, by)


def run_import(
    resource: Resource, name: str, rows: list[dict[str, str]], company: Company, by: User
) -> None:
    """Import the columns that the resource knows; raises ``BadDemoData`` when it refuses."""
    columns = tuple(column for column in _renamed(rows[0]) if column in resource.columns)
    table = Table(
        columns,
        [
            Row(line, {column: _renamed(row)[column] for column in columns})
            for line, row in enumerate(rows, start=2)
        ],
    )
    report = resource.run_import(table, company=company, by=by, reason=REASON)
    if report.errors:
        first = report.errors[0]
        raise BadDemoData(f"{name}.csv, line {first.row}, {first.field}: {first.detail}")


def _renamed(row: dict[str, str]) -> dict[str, str]:
    return {"user" if name == "username" else name: text for name, text in row.items()}


def import_tree(resource: Resource, name: str, company: Company, by: User) -> None:
    """A file whose rows refer to others of it."""
    import_tree_of(resource, name, rows_of(name), company, by)


def import_tree_of(
    resource: Resource, name: str, rows: list[dict[str, str]], company: Company, by: User
) -> None:
    """Level by level: a row refers to the one above it."""
    waiting = rows
    known = {""}
    while waiting:
        ready = [row for row in waiting if row["parent"] in known]
        run_import(resource, name, ready, company, by)
        known |= {row["code"] for row in ready}
        waiting = [row for row in waiting if row["code"] not in known]


def _insert_units(company: Company, by: User) -> None:
    items = {row.code: row for row in Item.objects.filter(company=company)}
    units = {row.code: row for row in Unit.objects.filter(company=company)}
    insert_all(
        [
            ItemUnit(
                company=company,
                item=items[row["item"]],
                unit=units[row["unit"]],
                numerator=int(row["numerator"]),
                denominator=int(row["denominator"]),
            )
            for row in rows_of("item_units")
        ],
        by=by,
    )


def _insert_rates(company: Company, years: list[int], by: User) -> None:
    centres = {row.code: row for row in WorkCentre.objects.filter(company=company)}
    insert_all(
        [
            WorkCentreRate(
                company=company,
                work_centre=centres[row["code"]],
                effective_from=Date(min(years), 1, 1),
                labour_rate=Decimal(row["labour_rate"]),
                machine_rate=Decimal(row["machine_rate"]),
            )
            for row in rows_of("work_centres")
        ],
        by=by,
    )


def _insert_holidays(company: Company, files: Files, years: list[int], by: User) -> None:
    sites = {row.code: row for row in Site.objects.filter(company=company)}
    insert_all(
        [
            Holiday(company=company, site=sites[site["code"]], date=day, name=name)
            for site in files.story["sites"]
            for year in range(min(years), max(years) + 2)
            for day, name in holidays(site["country"], year).items()
        ],
        by=by,
    )
