"""Exports are the same in every language; files that a German or Spanish spreadsheet saves come in.

A spreadsheet with decimal commas puts semicolons between the cells, writes dates with the day first
and its own words for true and false.
"""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import models
from django.utils import translation

from apps.core.cells import BadCell, value_of
from apps.core.models import Company, User
from apps.core.resources import ImportReport, Resource
from apps.core.tables import Table, read_table
from apps.hr.models import Employee
from apps.hr.resources import EmployeeResource
from apps.inventory.models import ValuationAdjustment
from apps.masterdata.models import Item
from apps.masterdata.resources import ItemResource, PartnerResource
from tests.architecture.rows import make_row
from tests.support.resources import resources

LANGUAGES = ("en", "de", "es")
WORDS = {"de": ("WAHR", "FALSCH"), "es": ("VERDADERO", "FALSO")}
MARKS = {"de": ".", "es": "/"}


def saved_by_a_spreadsheet(content: bytes, resource: Resource, language: str) -> bytes:
    """``content`` opened and saved again where decimals have commas."""
    header, *rows = csv.reader(io.StringIO(content.decode("utf-8-sig")))
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow(header)
    for row in rows:
        cells = zip(header, row, strict=True)
        writer.writerow([_saved(resource.fields[name], text, language) for name, text in cells])
    return out.getvalue().encode()


def _saved(field: Any, text: str, language: str) -> str:
    if isinstance(field, models.DecimalField) and text:
        whole, _point, rest = text.partition(".")
        rest = rest.rstrip("0")  # a spreadsheet keeps the number, not how it was written
        return f"{whole},{rest}" if rest else whole
    if isinstance(field, models.BooleanField) and text:
        return WORDS[language][text == "false"]
    if isinstance(field, models.DateField) and text:
        return date.fromisoformat(text).strftime(MARKS[language].join(("%d", "%m", "%Y")))
    return text


def imported(resource: Resource, content: bytes, company: Company, by: User) -> ImportReport:
    return resource.run_import(read_table("x.csv", content), company=company, by=by)


@pytest.fixture
def item(company: Company, by: User) -> Item:
    row = make_row(Item, company, by)
    Item.objects.filter(pk=row.pk).update(purchase_price=Decimal("1234.5"))
    row.refresh_from_db()
    return row


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_an_export_reads_the_same_in_every_language(
    language: str, kind: str, item: Item, by: User, company: Company
) -> None:
    with translation.override(language):
        content, _type = ItemResource().export(Item.objects.filter(pk=item.pk), kind)
        [cells] = read_table(f"x.{kind}", content).records()
        assert Decimal(cells["purchase_price"]) == Decimal("1234.5")
        assert cells["is_active"] == "true"
        report = imported(ItemResource(), content, company, by)
    assert (report.errors, report.count("unchanged")) == ([], 1)


@pytest.mark.parametrize("language", sorted(WORDS))
@pytest.mark.parametrize("resource", resources(), ids=lambda one: one.__name__)
def test_every_cell_means_the_same_after_a_spreadsheet_with_commas(
    language: str, resource: type[Resource], company: Company, by: User
) -> None:
    made = make_row(resource.model, company, by)
    rows = resource.model._default_manager.filter(pk=made.pk)
    with translation.override(language):
        content, _type = resource().export(rows, "csv")
    here = read_table("x.csv", content)
    there = read_table("x.csv", saved_by_a_spreadsheet(content, resource(), language))
    assert (here.has_commas, there.has_commas) == (False, True)
    assert meanings(resource(), here) == meanings(resource(), there)


def meanings(resource: Resource, table: Table) -> list[dict[str, Any]]:
    return [
        {
            name: value_of(resource.fields[name], text, has_commas=table.has_commas)
            for name, text in row.cells.items()
            if not resource.fields[name].is_relation
        }
        for row in table.rows
    ]


@pytest.mark.parametrize("language", sorted(WORDS))
@pytest.mark.parametrize("resource", [ItemResource, PartnerResource, EmployeeResource])
def test_a_table_comes_back_from_a_spreadsheet_with_commas(
    language: str, resource: type[Resource], company: Company, by: User
) -> None:
    made = make_row(resource.model, company, by)
    rows = resource.model._default_manager.filter(pk=made.pk)
    with translation.override(language):
        content, _type = resource().export(rows, "csv")
        report = imported(
            resource(), saved_by_a_spreadsheet(content, resource(), language), company, by
        )
    assert (report.errors, report.count("unchanged")) == ([], 1)


def test_a_changed_price_comes_in_as_it_was_meant(item: Item, company: Company, by: User) -> None:
    report = imported(
        ItemResource(), f"code;purchase_price\n{item.code};1.250,75\n".encode(), company, by
    )
    assert report.errors == []
    item.refresh_from_db()
    assert item.purchase_price == Decimal("1250.75")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("code;purchase_price\n{item};1.250\n", "ambiguous_number"),
        ("code;purchase_price\n{item};1,250,75\n", "invalid"),
        ('code,purchase_price\n{item},"1,250"\n', "invalid"),
        ('code,purchase_price\n{item},"1.250,75"\n', "invalid"),
    ],
)
def test_what_could_be_meant_in_two_ways_is_refused(
    content: str, code: str, item: Item, company: Company, by: User
) -> None:
    history = Item.history.count()
    report = imported(ItemResource(), content.format(item=item.code).encode(), company, by)
    assert [(e.row, e.field, e.code) for e in report.errors] == [(2, "purchase_price", code)]
    item.refresh_from_db()
    assert (item.purchase_price, Item.history.count()) == (Decimal("1234.5"), history)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1234,5", "1234.5"),
        ("-1.234.567,25", "-1234567.25"),
        ("1.234.567", "1234567"),
        ("0.125", "0.125"),
        ("12.5", "12.5"),
        ("12", "12"),
    ],
)
def test_numbers_of_a_spreadsheet_with_commas(text: str, value: str) -> None:
    field = ValuationAdjustment._meta.get_field("amount")
    assert value_of(field, text, has_commas=True) == Decimal(value)


def test_days_of_a_spreadsheet_with_commas() -> None:
    field = Employee._meta.get_field("hired_on")
    for text in ("3.11.2026", "03.11.2026", "03/11/2026", "2026-11-03"):
        assert value_of(field, text, has_commas=True) == date(2026, 11, 3)
    for text in ("31.02.2026", "03.11/2026", "11.2026", "03.11.26"):
        with pytest.raises(BadCell) as bad:
            value_of(field, text, has_commas=True)
        assert bad.value.code == "invalid_date"
    with pytest.raises(BadCell):
        value_of(field, "03/11/2026")  # commas between the cells: nobody knows which is the month
