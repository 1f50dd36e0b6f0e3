"""Layouts in the back office: a copy to edit, rows checked together, accounts named."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.core.tables import read_table
from apps.finance.models import LayoutRow, StatementLayout, StatementLine
from apps.finance.resources import LayoutRowResource
from apps.finance.services.layouts import create_layout
from tests.factories import Books
from tests.finance.statements.posted import post_year

LIST = "/admin/finance/statementlayout/"


@pytest.fixture
def client(books: Books) -> Client:
    client = Client()
    client.force_login(books.by, "apps.core.backends.PermissionBackend")
    return client


def test_a_new_layout_starts_as_a_copy(books: Books, client: Client) -> None:
    sent = {"code": "MINE", "name": "Mine", "kind": "income", "is_active": "on"}
    page = client.get(f"{LIST}add/").content.decode()
    assert "rows-TOTAL_FORMS" not in page
    done = client.post(f"{LIST}add/", {**sent, "company": books.company.pk})
    assert done.status_code == 302, done.content.decode()[-2000:]
    layout = StatementLayout.objects.get()
    assert layout.rows.count() > 10
    shown = client.get(f"{LIST}{layout.pk}/change/").content.decode()
    assert "Every account is shown once." in shown
    assert f"income-statement/?company={books.company.pk}&amp;layout={layout.pk}" in shown


def small_layout(books: Books) -> StatementLayout:
    return create_layout(
        company=books.company, code="S", name="Small", kind="income", by=books.by,
        rows=[
            {"code": "IN", "label": "In", "kind": "accounts", "account_kind": "income"},
            {"code": "NET", "label": "Net", "kind": "total", "formula": "[IN]"},
        ],
    )  # fmt: skip


def form_of(layout: StatementLayout, **changed: str) -> dict[str, Any]:
    rows = list(layout.rows.order_by("position"))
    sent: dict[str, Any] = {
        "code": layout.code, "name": layout.name, "is_active": "on",
        "seen_version": layout.version,
        "rows-TOTAL_FORMS": len(rows), "rows-INITIAL_FORMS": len(rows),
        "rows-MIN_NUM_FORMS": 0, "rows-MAX_NUM_FORMS": 1000,
    }  # fmt: skip
    for place, row in enumerate(rows):
        for name in ("id", "position", "level", "code", "label", "kind", "accounts",
                     "account_kind", "sign", "formula"):  # fmt: skip
            sent[f"rows-{place}-{name}"] = getattr(row, name)
        sent[f"rows-{place}-layout"] = layout.pk
        sent[f"rows-{place}-statement_line"] = row.statement_line_id or ""
    return {**sent, **changed}


def test_rows_are_checked_together(books: Books, client: Client) -> None:
    layout = small_layout(books)
    page = f"{LIST}{layout.pk}/change/"
    assert "In no row" in client.get(page).content.decode()
    refused = client.post(page, form_of(layout, **{"rows-1-formula": "[IN] + [OUT]"}))
    assert refused.status_code == 200
    assert "there is no row OUT" in refused.content.decode()
    assert layout.rows.get(code="NET").formula == "[IN]"
    done = client.post(page, form_of(layout, **{"rows-1-formula": "[IN] * 2"}))
    assert done.status_code == 302, done.content.decode()[-2000:]
    assert layout.rows.get(code="NET").formula == "[IN] * 2"


def test_a_row_that_others_name_is_not_deleted(books: Books, client: Client) -> None:
    layout = small_layout(books)
    page = f"{LIST}{layout.pk}/change/"
    refused = client.post(page, form_of(layout, **{"rows-0-DELETE": "on"}))
    assert refused.status_code == 200
    assert layout.rows.count() == 2
    done = client.post(page, form_of(layout, **{"rows-1-DELETE": "on"}))
    assert done.status_code == 302
    assert [row.code for row in layout.rows.all()] == ["IN"]


def test_rows_from_a_file_replace_a_layouts_rows(books: Books) -> None:
    layout = small_layout(books)
    text = (
        "layout,code,label,kind,account_kind,sign,formula,level\n"
        "S,A,Income,accounts,income,-1,,1\nS,B,Cost,accounts,expense,-1,,1\n"
        "S,C,Result,total,,,[A] + [B],0\n"
    )
    for wrong, field in (("[A] + [X]", "formula"), ("[A", "formula")):
        report = LayoutRowResource().run_import(
            read_table("l.csv", text.replace("[A] + [B]", wrong).encode()),
            company=books.company, by=books.by,
        )  # fmt: skip
        assert [error.field for error in report.errors] == [field]
        assert layout.rows.count() == 2
    report = LayoutRowResource().run_import(
        read_table("l.csv", text.encode()), company=books.company, by=books.by
    )
    assert report.errors == []
    assert [row.code for row in layout.rows.all()] == ["A", "B", "C"]
    assert LayoutRow.objects.count() == 3


@pytest.mark.parametrize("name", ["cash-flow", "equity-changes", "income-statement"])
def test_the_pages_of_statements(books: Books, client: Client, name: str) -> None:
    post_year(books)
    create_layout(company=books.company, code="O", name="Other one", kind="income", by=books.by)
    path = f"/reports/finance/{name}/?date_from=2026-01-01&date_to=2026-03-31"
    page = client.get(path).content.decode()
    assert ("Other one" in page) == (name == "income-statement")
    assert ("Method" in page) == (name == "cash-flow")
    assert "/reports/finance/breakdown/?" in page or name == "equity-changes"
    empty = client.get(f"/reports/finance/{name}/?date_from=2020-01-01&date_to=2020-03-31")
    assert empty.status_code == 200
    for more in ("&layout=NOPE", "&method=other", "&across=colour", "&compare=weeks"):
        assert client.get(path + more).status_code == 400, more


def test_the_page_of_a_layout_costs_the_same_at_any_length(books: Books, client: Client) -> None:
    """Each row names a statement line; its widget shows it without asking for it."""
    line = StatementLine.objects.filter(company=books.company).order_by("code").first()
    assert line is not None
    counts = {}
    for size in (2, 20):
        layout = create_layout(
            company=books.company, code=f"L{size}", name="Long", kind="income", by=books.by,
            rows=[
                {"code": f"R{n}", "label": "Row", "kind": "accounts", "statement_line": line}
                for n in range(size)
            ],
        )  # fmt: skip
        page = f"{LIST}{layout.pk}/change/"
        client.get(page)
        with CaptureQueriesContext(connection) as queries:
            shown = client.get(page).content.decode()
        assert shown.count(f'<option value="{line.pk}" selected') == size
        counts[size] = len(queries)
    assert counts[2] == counts[20]
