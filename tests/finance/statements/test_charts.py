"""Charts of accounts: the shipped ones are whole, and one's own comes in whole or not at all."""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import User
from apps.finance.chart_files import read_chart
from apps.finance.models import (
    Account,
    Activity,
    AssetClass,
    Journal,
    PostingRole,
    StatementLayout,
    StatementLine,
    TaxCode,
)
from apps.finance.queries.account_figures import read_tree
from apps.finance.queries.filters import ReportFilter
from apps.finance.queries.layout_checks import coverage
from apps.finance.queries.posting_rules import AccountResolver
from apps.finance.queries.statements import balance_sheet, default_layout_of
from apps.finance.services.chart import load_chart, shipped_charts
from apps.finance.services.chart_imports import import_chart
from apps.finance.services.periods import open_fiscal_year
from tests import factories
from tests.factories import Books
from tests.support.faces import ApiClient, make_member

OWN = """type,code,name,parent,kind,control,activity,roles,tax_rate
heading,A,Assets,,,,,,
heading,AC,Current assets,A,,,,,
account,100,Bank,AC,asset,cash,,,
account,110,Customers,AC,asset,receivable,,receivable,
account,120,Machines,A,asset,,,,
heading,L,Liabilities and equity,,,,,,
account,200,Suppliers,L,liability,payable,,payable,
account,210,VAT,L,liability,tax,,,19
account,300,Capital,L,equity,,financing,"retained_earnings, opening",
heading,R,Result,,,,,,
account,400,Sales,R,income,,,revenue,
account,500,Cost,R,expense,,,"cogs expense",
"""


def chart(text: str = OWN, name: str = "chart.csv") -> Any:
    return read_chart(name, text.encode())


@pytest.fixture
def empty(by: User) -> Any:
    return factories.make_company("EMPTY", by=by)


# --- shipped --------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["ifrs_eu", "standard", "us_gaap"])
def test_a_shipped_chart_is_whole(code: str, empty: Any, by: User) -> None:
    load_chart(empty, chart=code, by=by)
    resolver = AccountResolver(empty)
    for role in PostingRole:
        assert resolver.account_id(role), role
    controls = {a.control for a in Account.objects.filter(company=empty)}
    assert controls == set(Account.Control.values), "every register has its account"
    parents = set(StatementLine.objects.exclude(parent=None).values_list("parent_id", flat=True))
    for account in Account.objects.filter(company=empty).select_related("statement_line"):
        is_result = account.kind in (Account.Kind.INCOME, Account.Kind.EXPENSE)
        line = account.statement_line
        assert line.pk not in parents, account
        assert (line.statement == StatementLine.Statement.INCOME) == is_result, account
    assert set(StatementLine.objects.filter(company=empty).values_list("activity", flat=True)) == (
        set(Activity.values)
    )
    assert AssetClass.objects.filter(company=empty).count() == 6
    tree = read_tree(empty)
    for kind in StatementLayout.Kind:
        assert coverage(default_layout_of(empty, kind, tree), tree.accounts).is_complete, kind


def test_the_shipped_charts_are_offered(books: Books) -> None:
    found = ApiClient(books.by).get("/finance/charts/").body["results"]
    assert [row["code"] for row in found] == ["ifrs_eu", "standard", "us_gaap"]
    assert found == [
        {"code": c.code, "name": c.name, "accounts": c.accounts} for c in shipped_charts()
    ]
    assert all(row["accounts"] > 80 for row in found)


# --- one's own ------------------------------------------------------------------------------------


def test_ones_own_chart_comes_in(empty: Any, by: User) -> None:
    tried = import_chart(empty, chart(), by=by, dry_run=True)
    assert (tried.accounts, tried.headings, tried.tax_codes) == (8, 4, 1)
    assert tried.added_lines == 1, "machines stand beside a heading"
    assert not Account.objects.filter(company=empty).exists()
    assert not StatementLine.objects.filter(company=empty).exists()
    made = import_chart(empty, chart(), by=by)
    assert made.errors == []
    accounts = {row.code: row for row in Account.objects.filter(company=empty)}
    assert accounts["110"].control == "receivable"
    assert accounts["100"].statement_line.code == "AC"
    assert accounts["120"].statement_line.parent.code == "A"
    tax = TaxCode.objects.get(company=empty)
    assert (tax.rate, tax.sales_account.code) == (19, "210")
    resolver = AccountResolver(empty)
    assert resolver.account_id(PostingRole.RECEIVABLE) == accounts["110"].pk
    assert resolver.account_id(PostingRole.SALES_TAX) == accounts["210"].pk
    assert str(PostingRole.WIP.label) in made.missing_roles
    assert str(PostingRole.OPENING.label) not in made.missing_roles
    open_fiscal_year(empty, code="2026", starts_on=date(2026, 1, 1), by=by)
    books = Books(empty, by, factories.make_site(empty, by=by), None, accounts)  # type: ignore[arg-type]
    books.post(date(2026, 1, 1), ("100", "50"), ("300", "-50"))
    sheet = balance_sheet(ReportFilter(empty, date(2026, 1, 1)))
    assert sheet.value("A") == sheet.value("L") == 50
    with pytest.raises(BusinessError) as refusal:
        import_chart(empty, chart(), by=by)
    assert refusal.value.code == "has_accounts"


@pytest.mark.parametrize(("row", "column", "value", "code"), [
    (3, "type", "thing", "invalid_choice"),
    (3, "code", "", "required"),
    (3, "code", "x" * 61, "invalid"),
    (4, "code", "100", "unique"),
    (2, "code", "A", "unique"),
    (3, "name", "", "required"),
    (3, "name", "a\x07b", "invalid"),
    (3, "parent", "NOPE", "does_not_exist"),
    (3, "parent", "", "required"),
    (2, "parent", "NOPE", "does_not_exist"),
    (3, "kind", "money", "invalid_choice"),
    (3, "kind", "", "required"),
    (3, "control", "bank", "invalid_choice"),
    (1, "activity", "sports", "invalid_choice"),
    (4, "roles", "receivable, nobody", "invalid_choice"),
    (8, "tax_rate", "much", "invalid"),
    (8, "tax_rate", "101", "invalid"),
    (8, "tax_rate", "NaN", "invalid"),
    (8, "control", "", "not_of_tax"),
])  # fmt: skip
def test_a_wrong_row_is_named_and_nothing_written(
    empty: Any, by: User, row: int, column: str, value: str, code: str
) -> None:
    rows = list(csv.reader(io.StringIO(OWN)))
    rows[row][rows[0].index(column)] = value
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    for dry_run in (True, False):
        made = import_chart(empty, chart(out.getvalue()), by=by, dry_run=dry_run)
        assert (made.errors[0].row, made.errors[0].field, made.errors[0].code) == (
            row + 1, column, code,
        )  # fmt: skip
    assert not Account.objects.filter(company=empty).exists()
    assert not Journal.objects.filter(company=empty).exists()


def test_headings_in_a_circle_are_refused(empty: Any, by: User) -> None:
    text = OWN.replace("heading,A,Assets,,", "heading,A,Assets,AC,")
    made = import_chart(empty, chart(text), by=by)
    assert {(error.field, error.code) for error in made.errors} == {("parent", "circle")}


BOMB = """<?xml version="1.0"?><!DOCTYPE c [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>
<configuration xmlns="http://ledgersmb.org/xml-schemas/configuration"><coa>&b;</coa></configuration>"""
EXTERNAL = """<!DOCTYPE c [<!ENTITY x SYSTEM "file:///etc/passwd">]>
<configuration xmlns="http://ledgersmb.org/xml-schemas/configuration"><coa>&x;</coa></configuration>"""


@pytest.mark.parametrize(("content", "code"), [
    (BOMB, "not_xml"),
    (EXTERNAL, "not_xml"),
    ("<configuration", "not_xml"),
    ("<html><coa/></html>", "unknown_format"),
    ("<configuration><coa/></configuration>", "unknown_format"),
    ("type,code,name,parent\nheading,A,A,\n", "missing_column"),
    (OWN.replace("tax_rate", "colour", 1), "unknown_column"),
    ("type,code,name,parent,kind\nheading,A,A,,\n", "empty_file"),
    ("", "empty_file"),
    (" " * (10 * 1024 * 1024 + 1), "file_too_large"),
    ("<" + " " * (10 * 1024 * 1024), "file_too_large"),
])  # fmt: skip
def test_files_that_are_no_chart_are_refused(empty: Any, by: User, content: str, code: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        import_chart(empty, chart(content), by=by)
    assert (refusal.value.code, refusal.value.field) == (code, "file")
    assert not StatementLine.objects.filter(company=empty).exists()


# --- faces ----------------------------------------------------------------------------------------


def upload(user: User, company: Any, text: str, path: str) -> Any:
    client = Client()
    client.force_login(user, "apps.core.backends.PermissionBackend")
    file = SimpleUploadedFile("chart.csv", text.encode())
    return client.post(
        f"/api/v1/finance/charts/{path}/", {"company": company.code, "file": file},
        headers={"Idempotency-Key": f"{path}-{hash(text)}"},
    )  # fmt: skip


def test_by_the_api(empty: Any, by: User) -> None:
    wrong = OWN.replace("asset,cash", "asset,purse").replace("19", "190")
    checked = upload(by, empty, wrong, "check")
    assert checked.status_code == 200, checked.content
    assert [(e["row"], e["field"]) for e in checked.json()["errors"]] == [
        (4, "control"), (9, "tax_rate"),
    ]  # fmt: skip
    refused = upload(by, empty, wrong, "import")
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["attr"] == "control"
    assert not Account.objects.filter(company=empty).exists()
    made = upload(by, empty, OWN, "import")
    assert made.status_code == 201, made.content
    assert (made.json()["accounts"], made.json()["headings"]) == (8, 4)
    viewer = make_member("viewer", empty, permissions=("finance.view_account",))
    assert upload(viewer, empty, OWN, "check").status_code == 403


def test_by_the_page(empty: Any, by: User) -> None:
    client = Client()
    client.force_login(by, "apps.core.backends.PermissionBackend")
    page = "/reports/finance/chart/"
    assert "us_gaap" in client.get(page).content.decode()
    nothing = client.post(page, {"company": empty.pk, "chart": ""})
    assert nothing.status_code == 200
    wrong = SimpleUploadedFile("c.csv", OWN.replace("asset,cash", "asset,purse").encode())
    shown = client.post(page, {"company": empty.pk, "chart": "", "file": wrong, "check": "1"})
    assert "purse" not in shown.content.decode()
    assert ">4<" in shown.content.decode() and ">control<" in shown.content.decode()
    checked = client.post(page, {"company": empty.pk, "chart": "us_gaap", "check": "1"})
    assert checked.status_code == 200
    assert not Account.objects.filter(company=empty).exists()
    done = client.post(page, {"company": empty.pk, "chart": "us_gaap", "set_up": "1"})
    assert done.status_code == 302
    assert Account.objects.filter(company=empty).count() > 100
    again = client.post(page, {"company": empty.pk, "chart": "us_gaap", "set_up": "1"})
    assert again.status_code == 200
