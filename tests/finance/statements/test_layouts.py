"""Layouts: the same figures as before them, rows that people write, and what is refused."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.core.errors import InvalidInput
from apps.core.services.master_data import create_row
from apps.finance.models import Account, LayoutRow, StatementLayout, StatementLine
from apps.finance.queries import formulas
from apps.finance.queries.account_figures import read_tree
from apps.finance.queries.filters import ReportFilter
from apps.finance.queries.layout_checks import coverage
from apps.finance.queries.layouts import (
    Figures,
    Layout,
    LayoutAccount,
    RowSpec,
    Selector,
    compose,
)
from apps.finance.queries.statements import (
    balance_sheet,
    default_layout_of,
    income_statement,
    read_layout,
)
from apps.finance.services.journal import Entry, Line, post_entry
from apps.finance.services.layouts import create_layout, update_layout
from tests.factories import Books, make_site
from tests.finance.statements import before
from tests.finance.statements.posted import post_year
from tests.support.faces import ApiClient, codes
from tests.support.statements import at_most

D = Decimal
KINDS = [kind.value for kind in StatementLayout.Kind]


@pytest.fixture
def year(books: Books) -> ReportFilter:
    post_year(books)
    return ReportFilter(books.company, date(2026, 12, 31), date(2026, 1, 1))


def shown(statement: Any) -> list[tuple[str, int, tuple[Decimal, ...]]]:
    return [(row.code, row.level, row.values) for row in statement.rows]


def spans(year: ReportFilter) -> list[tuple[ReportFilter, ...]]:
    march = year.changed(date_from=date(2026, 3, 1), date_to=date(2026, 3, 31))
    february = year.changed(date_from=date(2026, 2, 1), date_to=date(2026, 2, 28))
    return [(year,), (march, february), (february,), (year.changed(date_to=date(2025, 12, 31)),)]


def test_the_shipped_layouts_show_what_the_statements_showed_before(
    books: Books, year: ReportFilter
) -> None:
    for columns in spans(year):
        assert shown(balance_sheet(*columns)) == before.balance_sheet(*columns)
        assert shown(income_statement(*columns)) == before.income_statement(*columns)
    site = year.having(site=None)
    assert shown(income_statement(site)) == before.income_statement(site)


def test_a_copy_of_the_shipped_layout_shows_the_same(books: Books, year: ReportFilter) -> None:
    for kind, build in (("balance_sheet", balance_sheet), ("income", income_statement)):
        usual = shown(build(year))
        copy = create_layout(company=books.company, code=kind, name="Mine", kind=kind, by=books.by)
        assert shown(build(year, layout=copy)) == usual
        update_layout(copy, is_default=True, by=books.by)
        assert build(year).layout == kind
        assert shown(build(year)) == usual


def test_statements_take_few_questions(books: Books, year: ReportFilter) -> None:
    with at_most(5):
        balance_sheet(year)
    with at_most(4):
        income_statement(year)


@pytest.mark.parametrize("kind", KINDS)
def test_shipped_layouts_and_their_copies_show_every_account_once(books: Books, kind: str) -> None:
    tree = read_tree(books.company)
    layout = default_layout_of(books.company, kind, tree)
    assert coverage(layout, tree.accounts).is_complete
    copy = create_layout(company=books.company, code="C", name="Copy", kind=kind, by=books.by)
    assert coverage(read_layout(copy), tree.accounts).is_complete
    assert [row.code for row in read_layout(copy).rows] == [row.code for row in layout.rows]


def test_missing_and_repeated_accounts_are_named(books: Books) -> None:
    rows = [
        {"code": "SALES", "label": "Sales", "accounts": "4000..4999", "sign": -1},
        {"code": "COST", "label": "Cost", "account_kind": "expense", "sign": -1},
        {"code": "WAGES", "label": "Wages", "accounts": "6000", "sign": -1},
    ]
    layout = create_layout(
        company=books.company, code="L", name="L", kind="income", rows=rows, by=books.by
    )
    found = coverage(read_layout(layout), read_tree(books.company).accounts)
    assert [account.code for account in found.missing] == ["7000"]
    assert [(a.code, rows) for a, rows in found.repeated] == [("6000", ("COST", "WAGES"))]


# --- a layout that somebody writes ----------------------------------------------------------------

OWN = [
    {"code": "HEAD", "label": "Trading", "kind": "heading"},
    {"code": "SALES", "label": "Sales", "kind": "accounts", "account_kind": "income",
     "sign": -1, "level": 1},
    {"code": "STAFF", "label": "Staff", "kind": "accounts", "statement_line": "STAFF", "level": 1},
    {"code": "OTHER", "label": "Other cost", "kind": "accounts", "account_kind": "expense",
     "accounts": "!6000..6010", "level": 1, "shows_accounts": False},
    {"code": "NET", "label": "Result", "kind": "total", "formula": "[SALES] - [STAFF] - [OTHER]"},
    {"code": "MARGIN", "label": "Margin %", "kind": "total", "formula": "[NET] / [SALES] * 100"},
]  # fmt: skip


def own_rows(books: Books, **changed: Any) -> list[dict[str, Any]]:
    rows = [dict(row) for row in OWN]
    for row in rows:
        if "statement_line" in row:
            row["statement_line"] = StatementLine.objects.get(
                company=books.company, code=row["statement_line"]
            )
    for name, value in changed.items():
        rows[-1][name] = value
    return rows


def own_layout(books: Books, **changed: Any) -> StatementLayout:
    return create_layout(
        company=books.company, code="OWN", name="Own", kind="income",
        rows=own_rows(books, **changed), by=books.by,
    )  # fmt: skip


def test_a_layout_of_ones_own(books: Books, year: ReportFilter) -> None:
    found = income_statement(year, layout=own_layout(books))
    assert [(row.code, row.values[0]) for row in found.rows] == [
        ("HEAD", None), ("SALES", D(2520)), ("4000", D(2500)), ("4910", D(20)),
        ("STAFF", D(900)), ("6000", D(900)), ("OTHER", D("62.34")),
        ("NET", D("1557.66")), ("MARGIN", D("61.81")),
    ]  # fmt: skip
    usual = income_statement(year)
    assert found.value("NET") == usual.value("NET-INCOME")
    net = found.row("NET")
    assert net.formula == "{1}-{4}-{6}"
    assert found.row("SALES").formula == "SUM({2}:{3})"


@pytest.mark.parametrize(("changed", "code", "field"), [
    ({"formula": "[NET] / [NOPE]"}, "unknown_row", "formula"),
    ({"formula": "[MARGIN] + 1"}, "formula_circle", "formula"),
    ({"formula": "[NET] +"}, "bad_formula", "formula"),
    ({"formula": ""}, "required", "formula"),
    ({"kind": "heading"}, "not_a_total", "formula"),
    ({"kind": "accounts", "formula": ""}, "required", "accounts"),
    ({"kind": "accounts", "formula": "", "accounts": "5..1"}, "bad_range", "accounts"),
    ({"accounts": "1000"}, "not_of_accounts", "accounts"),
    ({"code": "NET"}, "unique", "code"),
    ({"code": "N[1]"}, "bad_code", "code"),
])  # fmt: skip
def test_rows_that_cannot_be_read_are_refused(
    books: Books, changed: dict[str, Any], code: str, field: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        own_layout(books, **changed)
    assert (refusal.value.code, refusal.value.field) == (code, field)
    assert not StatementLayout.objects.exists()
    assert not LayoutRow.objects.exists()


def test_a_row_of_a_layout_leads_to_accounts_and_lines(books: Books, year: ReportFilter) -> None:
    own_layout(books)
    api = ApiClient(books.by)
    path = "/finance/statements/income-statement/?date_from=2026-01-01&date_to=2026-12-31"
    rows = api.get(f"{path}&layout=OWN").body["rows"]
    sales = next(row for row in rows if row["code"] == "SALES")
    answer = api.get(sales["drill"].split("/api/v1", 1)[1]).body
    assert answer["rows"][-1]["amount"] == sales["amount"] == "2520.00"
    gain = next(row for row in answer["rows"] if row["account"].startswith("4910"))
    answer = api.get(gain["drill"].split("/api/v1", 1)[1]).body
    while "balance" not in answer["rows"][0]:
        assert answer["rows"][-1]["amount"] == "20.00"
        answer = api.get(answer["rows"][0]["drill"].split("/api/v1", 1)[1]).body
    assert [line["credit"] for line in answer["rows"]] == ["20.00"]


def test_layouts_by_the_api(books: Books, year: ReportFilter) -> None:
    api = ApiClient(books.by)
    made = api.post("/finance/statement-layouts/", {"code": "M", "name": "Mine", "kind": "income"})
    assert made.status_code == 201, made.body
    rows = api.get(f"/finance/layout-rows/?layout={made.body['id']}&page_size=200").body["results"]
    assert len(rows) == LayoutRow.objects.count() > 10
    values = {
        "layout": "M", "code": "X", "label": "Share", "kind": "total", "position": 900,
        "formula": "[REVENUE] / [NOPE]",
    }  # fmt: skip
    refused = api.post("/finance/layout-rows/", values)
    assert codes(refused) == [("formula", "unknown_row")]
    values["formula"] = "[NET-INCOME] / [REVENUE] * 100"
    assert api.post("/finance/layout-rows/", values).status_code == 201
    path = "/finance/statements/income-statement/?date_from=2026-01-01&date_to=2026-12-31"
    last = api.get(f"{path}&layout=M").body["rows"][-1]
    assert (last["code"], last["amount"]) == ("X", "62.31")
    assert codes(api.get(f"{path}&layout=NOPE")) == [("layout", "does_not_exist")]
    sheet = api.get("/finance/statements/balance-sheet/?layout=M")
    assert codes(sheet) == [("layout", "wrong_statement")]


def test_figures_from_elsewhere_are_read_by_the_same_layouts() -> None:
    """Budgets, consolidated or translated amounts: nothing here asks the database."""
    accounts = [
        LayoutAccount(1, "4000", "Sales", "income", "", "operating"),
        LayoutAccount(2, "6000", "Wages", "expense", "", "operating"),
    ]
    rows = (
        RowSpec("S", "Sales", "accounts", sign=-1, selector=Selector(kind="income")),
        RowSpec("W", "Wages", "accounts", sign=-1, selector=Selector(kind="expense")),
        RowSpec("N", "Net", "total", formula=formulas.parse("[S] + [W]")),
    )
    budget = {1: Figures(movement=D(-100)), 2: Figures(movement=D(70))}
    found = compose(Layout("L", "L", "income", rows), accounts, [budget, {}])
    assert [(row.code, row.values) for row in found] == [
        ("S", (D(100), D(0))), ("4000", (D(100), D(0))),
        ("W", (D(-70), D(0))), ("6000", (D(-70), D(0))), ("N", (D(30), D(0))),
    ]  # fmt: skip


# --- columns --------------------------------------------------------------------------------------


def test_months_stand_side_by_side(books: Books, year: ReportFilter) -> None:
    api = ApiClient(books.by)
    path = "/finance/statements/income-statement/?date_from=2026-01-15&date_to=2026-03-31"
    body = api.get(f"{path}&compare=months").body
    labels = [column["label"] for column in body["columns"][2:]]
    assert labels == ["2026-01", "2026-02", "2026-03", "2026-01-15 – 2026-03-31"]
    for row in body["rows"]:
        if row["amount"]:
            assert sum(D(row[f"column_{n}"]) for n in (1, 2, 3)) == D(row["amount"]), row
    sheet = api.get(
        "/finance/statements/balance-sheet/?date_from=2026-01-01&date_to=2026-03-15&compare=months"
    ).body
    labels = [column["label"] for column in sheet["columns"][2:]]
    assert labels == ["2026-01-31", "2026-02-28", "2026-03-15"]
    for path in ("?compare=months&date_to=2026-01-31", "?compare=months&date_from=2020-01-01"):
        refused = api.get(f"/finance/statements/income-statement/{path}")
        assert [field for field, _code in codes(refused)] == ["compare"]


def test_a_dimension_makes_columns(books: Books, year: ReportFilter) -> None:
    north = make_site(books.company, by=books.by, code="NORTH")
    lines = [
        Line(books.account("6110").pk, D(30), site_id=north.pk),
        Line(books.account("1010").pk, D(-30)),
    ]
    post_entry(books.company, Entry("GEN", date(2026, 4, 1), north, lines), by=books.by)
    shown = ApiClient(books.by).get(
        "/finance/statements/income-statement/?date_from=2026-01-01&date_to=2026-12-31&across=site"
    )
    assert shown.status_code == 200, shown.body
    labels = [column["label"] for column in shown.body["columns"][2:]]
    assert labels[0] == "NORTH" and labels[-1] == "Total"
    utilities = next(row for row in shown.body["rows"] if row["code"] == "6110")
    assert (utilities["column_1"], utilities["amount"]) == ("-30.00", "-30.00")
    keys = [column["key"] for column in shown.body["columns"][2:-1]]
    for row in shown.body["rows"]:
        assert sum(D(row[key]) for key in keys) == D(row["amount"]), row


def test_a_new_line_or_account_is_in_the_shipped_layout_at_once(
    books: Books, year: ReportFilter
) -> None:
    company, by = books.company, books.by
    parent = StatementLine.objects.get(company=company, code="OPERATING-EXPENSES")
    line = create_row(
        StatementLine,
        values={"company": company, "code": "RESEARCH", "name": "Research", "statement": "income",
                "parent": parent, "position": 99},
        by=by,
    )  # fmt: skip
    account = create_row(
        Account,
        values={"company": company, "code": "6999", "name": "Trials", "kind": "expense",
                "statement_line": line},
        by=by,
    )  # fmt: skip
    books.accounts["6999"] = account
    books.post(date(2026, 4, 1), ("6999", "7.00"), ("1010", "-7.00"))
    assert income_statement(year).value("RESEARCH") == -7
    assert shown(income_statement(year)) == before.income_statement(year)
