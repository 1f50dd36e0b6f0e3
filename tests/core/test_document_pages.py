"""What the page of a document and its list show: registers that hold something, figures to read."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.test import Client

from apps.core.admin.numbers import _as_typed, _without_idle_zeros
from apps.core.models import Signature
from apps.core.queries.registers import is_found_by_source, registers_with
from apps.finance.models import FiscalYear, JournalEntry
from apps.inventory.models import StockMove
from apps.quality.models import InspectionResult
from tests.factories import Books

D = Decimal
DAY = date(2026, 3, 10)


def test_a_document_leads_to_the_registers_that_hold_it(
    books: Books, django_assert_num_queries: object
) -> None:
    invoice = books.posted_invoice("customer", books.partner("NORTHWIND"), DAY, "100")
    asked = [JournalEntry, StockMove, Signature, InspectionResult]
    registers_with(invoice, [])  # the kind of a document is asked once
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert registers_with(invoice, asked) == {JournalEntry}
    assert not is_found_by_source(InspectionResult), "it would be read whole"
    client = Client()
    client.force_login(books.by, "apps.core.backends.PermissionBackend")
    page = client.get(f"/admin/finance/invoice/{invoice.pk}/change/").content.decode()
    assert "/admin/finance/journalentry/?source_type__id__exact=" in page
    assert "/admin/inventory/stockmove/?source_type__id__exact=" not in page
    assert "lines-0-" in page and "lines-1-" not in page, "no empty line below what is posted"
    year = FiscalYear.objects.filter(company=books.company).first()
    assert year is not None
    assert client.get(f"/admin/finance/fiscalyear/{year.pk}/sign/").status_code == 404
    listed = client.get("/admin/finance/invoice/").content.decode()
    assert "td.field-total" in listed, "figures stand at the right"


@pytest.mark.parametrize(
    ("shown", "least", "read"),
    [
        ("1234567.500000", 2, "1,234,567.50"),
        ("-1234.0000", 0, "-1,234"),
        ("-0.5000", 0, "-0.5"),
        ("0.000000", 0, "0"),
        ("about 3.50", 0, "about 3.50"),
        ("12", 2, "12"),
    ],
)
def test_figures_that_nobody_may_change_are_grouped(shown: str, least: int, read: str) -> None:
    assert _without_idle_zeros(shown, least=least) == read


@pytest.mark.parametrize(
    ("value", "least", "typed"),
    [
        (D("40.000000"), 0, "40"),
        (D("272.0000"), 2, "272.00"),
        (D("0.8561000"), 0, "0.8561"),
        (D("1000"), 0, "1000"),
        ("4o", 2, "4o"),
        (None, 0, "None"),
    ],
)
def test_fields_of_forms_have_no_idle_zeros(value: object, least: int, typed: str) -> None:
    assert str(_as_typed(value, least=least)) == typed
