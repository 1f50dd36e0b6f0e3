"""What is open in foreign currencies: the report says before what a revaluation posts after."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal

from django.test import Client
from openpyxl import load_workbook

from apps.finance.services.journal import Entry, Line, post_entry
from apps.finance.services.revaluations import revalue_currencies
from tests.factories import Books, make_currency
from tests.finance.receivables.acts import pay
from tests.support.faces import ApiClient, codes

D = Decimal
MARCH, END = date(2026, 3, 10), date(2026, 3, 31)
ADDRESS = "/finance/statements/currency-exposure/?date_to=2026-03-31"


def trading(books: Books) -> None:
    """A receivable of 100 dollars, a payable of 40, 10 in cash, 5 paid in advance."""
    usd = make_currency("USD")
    books.rate("USD", date(2026, 3, 1), "0.9")
    customer = books.partner("CUS", currency=usd)
    books.posted_invoice("customer", customer, MARCH, "100", currency=usd)
    books.posted_invoice("supplier", books.partner("SUP"), MARCH, "40", currency=usd)
    lines = [
        Line(books.account("1020").pk, D(9), "USD", D(10)),
        Line(books.account("3000").pk, D(-9), "USD", D(-10)),
    ]
    post_entry(books.company, Entry("GEN", MARCH, books.site, lines), by=books.by)
    pay(books, customer, MARCH, "5", currency=usd, account=books.account("1000"))
    books.rate("USD", END, "0.8")


def test_the_difference_is_what_a_revaluation_posts(books: Books) -> None:
    trading(books)
    api = ApiClient(books.by)
    answer = api.get(ADDRESS)
    assert answer.status_code == 200, answer.content
    rows = answer.body["rows"]
    figures = [
        (row["account"], D(row["amount"] or 0), D(row["carrying"]), D(row["worth"])) for row in rows
    ]
    assert figures == [
        ("1000", 5, D("4.50"), 4),
        ("1020", 10, 9, 8),
        ("1100", 100, 90, 80),
        ("2000", -40, -36, -32),
        ("", 75, D("67.50"), 60),
        ("", 0, D("67.50"), 60),
    ]
    assert [D(row["difference"]) for row in rows[-2:]] == [D("-7.50")] * 2
    assert D(rows[0]["rate"]) == D("0.8") and rows[-2]["currency"] == "USD"
    revalue_currencies(books.company, date=END, by=books.by)
    assert books.balance("7210") == D("7.50")
    after = api.get(ADDRESS).body["rows"]
    assert [D(row["difference"]) for row in after] == [0] * 6


def test_the_page_leads_to_the_invoice_and_the_sheet_adds_up(books: Books) -> None:
    trading(books)
    client = Client()
    client.force_login(books.by, "apps.core.backends.PermissionBackend")
    page = client.get("/reports/finance/currency-exposure/?date_to=2026-03-31").content.decode()
    assert "Net position" in page and "/admin/finance/invoice/" in page
    assert "account=1020" in page, "cash leads to its lines"
    sheet = client.get("/reports/finance/currency-exposure/?date_to=2026-03-31&as=xlsx").content
    rows = list(load_workbook(io.BytesIO(sheet)).active.iter_rows(values_only=True))
    net = next(row for row in rows if row[1] == "Net position")
    assert all(str(cell).startswith("=SUM(") for cell in (net[4], net[6], net[7], net[8]))


def test_a_day_before_all_of_it_is_empty(books: Books) -> None:
    trading(books)
    early = ADDRESS.replace("2026-03-31", "2026-02-01")
    [total] = ApiClient(books.by).get(early).body["rows"]
    assert (total["currency"], total["is_total"], D(total["worth"])) == ("Total", True, 0)
    bad = ADDRESS.replace("2026-03-31", "2026-02-30")
    assert codes(ApiClient(books.by).get(bad)) == [("date_to", "invalid")]


def test_a_currency_without_a_rate_is_named(books: Books) -> None:
    usd = make_currency("USD")
    lines = [
        Line(books.account("1020").pk, D(9), "USD", D(10)),
        Line(books.account("3000").pk, D(-9), "USD", D(-10)),
    ]
    post_entry(books.company, Entry("GEN", MARCH, books.site, lines), by=books.by)
    answer = ApiClient(books.by).get(ADDRESS)
    assert codes(answer) == [("date", "no_exchange_rate")]
    assert usd.code in answer.body["errors"][0]["detail"]
