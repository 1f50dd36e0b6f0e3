"""Real bills of materials of a bicycle maker come in through the import, and explode right."""

from __future__ import annotations

import csv
import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from apps.core.import_profiles import ImportProfile, read_profile
from apps.core.tables import read_table
from apps.engineering.models import BillOfMaterials, BomLine
from apps.engineering.queries.explosion import explosion, leaf_requirements, where_used
from apps.engineering.resources import BomResource
from apps.masterdata.models import Item
from apps.masterdata.resources import ItemResource, UnitResource
from tests.factories import Books
from tests.support.reconciled import assert_reconciled

ROOT = Path(__file__).resolve().parents[2]
CASES = Path(os.environ.get("MES_ERP_CASES", ROOT.parent / "shared" / "cases"))
FOLDER = CASES / "12-bi-import" / "bom"
pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="the published cases are not here (MES_ERP_CASES)"
)
PRODUCTS = ImportProfile(
    columns={
        "code": "product",
        "name": "name",
        "description": "number",
        "kind": "make",
        "purchase_price": "standard_cost",
        "sales_price": "list_price",
        "lead_time_days": "days_to_manufacture",
    },
    constants={"category": "STOCK", "unit": "EA"},
    values={"kind": {"0": "purchased", "1": "manufactured"}},
)
LINES = """
{"columns": {"assembly": "assembly", "component": "component",
             "quantity": "qty_per", "unit": "uom"}}
"""
UNITS = "code,name,dimension,numerator,denominator\nIN,Inch,length,127,5000\nOZ,Ounce,mass,1,1\n"


def read(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def bring_in(books: Books, resource: Any, name: str, profile: ImportProfile, **values: Any):
    table = profile.apply(read_table(name, (FOLDER / name).read_bytes()))
    return resource.run_import(table, company=books.company, by=books.by, **values)


@pytest.fixture
def bicycles(books: Books) -> Books:
    """The items: what its bills measure in inches or ounces is kept in those units."""
    books.category(), books.unit()
    report = UnitResource().run_import(
        read_table("units.csv", UNITS.encode()), company=books.company, by=books.by
    )
    assert not report.errors
    for dry_run in (True, False):
        report = bring_in(books, ItemResource(), "products.csv", PRODUCTS, dry_run=dry_run)
        assert (report.errors, report.count("created")) == ([], 504)
        assert Item.objects.count() == (0 if dry_run else 504)
    from apps.masterdata.models import Unit

    for code in ("IN", "OZ"):
        measured = {row["component"] for row in read("bom_lines.csv") if row["uom"] == code}
        unit = Unit.objects.get(company=books.company, code=code)
        Item.objects.filter(company=books.company, code__in=measured).update(unit=unit)
    return books


def item(books: Books, code: str) -> Item:
    return Item.objects.get(company=books.company, code=code)


@pytest.mark.slow
@pytest.mark.case("BI-AW-BOM-dev", "BI-AW-WHEREUSED")
def test_real_boms_come_in_and_explode_as_published(bicycles: Books) -> None:
    books, profile = bicycles, read_profile(LINES)
    report = bring_in(books, BomResource(), "bom_lines.csv", profile, dry_run=True)
    assert (report.errors, report.count("created")) == ([], 2383)
    assert not BillOfMaterials.objects.exists()
    report = bring_in(books, BomResource(), "bom_lines.csv", profile)
    assert not report.errors
    assert (BillOfMaterials.objects.filter(status="released").count(), BomLine.objects.count()) == (
        238,
        2383,
    )

    for row in read("expected_explosion_summary.csv"):
        goods = item(books, row["finished_good"])
        tree, leaves = explosion(goods), leaf_requirements(goods)
        assert goods.name == row["name"]
        assert len(tree) == int(row["exploded_lines"])
        assert max(node.level for node in tree) == int(row["levels"])
        assert len(leaves) == int(row["distinct_leaf_components"])
        assert sum(leaf.quantity for leaf in leaves) == Decimal(row["total_leaf_qty"])

    wanted: dict[str, dict[str, Decimal]] = {}
    for row in read("expected_purchased_requirements_per_unit.csv"):
        wanted.setdefault(row["finished_good"], {})[row["component"]] = Decimal(row["qty_per_unit"])
    assert len(wanted) == 6
    for code, requirements in wanted.items():
        leaves = leaf_requirements(item(books, code))
        assert {leaf.code: leaf.quantity for leaf in leaves} == requirements

    for row in read("expected_where_used_count.csv"):
        uses = where_used(item(books, row["component"]), levels=1)
        assert len({use.item_id for use in uses}) == int(row["direct_parents"]), row
    assert_reconciled()


def run(books: Books, text: str, **values: Any):
    table = read_profile(LINES).apply(read_table("bom.csv", text.encode()))
    return BomResource().run_import(table, company=books.company, by=books.by, **values)


@pytest.mark.parametrize(
    ("rows", "line", "field", "code"),
    [
        ("3,2,10,EA\n2,3,1,EA", 0, "component", "circular_bom"),
        ("3,2,10,EA\n3,3,1,EA", 3, "component", "contains_itself"),
        ("3,2,10,EA\n3,nothing,1,EA", 3, "component", "does_not_exist"),
        ("3,2,10,EA\n749,2,1,EA\n3,461,1,OZ", 4, "unit", "wrong_unit"),
        ("3,2,10,EA\n3,461,-1,EA", 3, "quantity", "not_positive"),
        ("3,2,10,EA\n3,461,,EA", 3, "quantity", "required"),
    ],
)
def test_a_bad_row_is_named_and_nothing_is_written(
    bicycles: Books, rows: str, line: int, field: str, code: str
) -> None:
    report = run(bicycles, f"assembly,component,qty_per,uom\n{rows}")
    [error] = report.errors
    assert (error.row, error.field, error.code) == (line, field, code)
    assert not BillOfMaterials.objects.exists()
