"""Journals of other ledgers in our books: their balances and statements are ours."""

from __future__ import annotations

import calendar
import csv
import json
import re
from collections import defaultdict
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest

from apps.core.errors import InvalidInput
from apps.core.models import User
from apps.finance.models import Account, JournalEntry
from apps.finance.queries.budgets import budget_figures, periods_of
from apps.finance.queries.filters import ReportFilter
from apps.finance.queries.open_items import open_items
from apps.finance.queries.statements import cash_flow, income_statement
from apps.finance.queries.trial_balance import trial_balance
from apps.finance.services.balances import fold_balances
from apps.finance.services.chart_imports import import_chart
from apps.finance.services.journal import Entry, Line, post_entries, post_entry
from apps.finance.services.periods import open_fiscal_year
from apps.finance.services.revaluations import revalue_currencies
from tests import factories
from tests.factories import Books, make_currency
from tests.finance.statements.plain_text import (
    HEADINGS,
    chart_table,
    kind_of,
    post_journal,
    printed_amount,
    printed_rows,
    read_journal,
    span_of,
)
from tests.support.budgets import approved
from tests.support.published import CASES

D = Decimal
FOLDER = CASES / "03-finance"
pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="the published cases are not here (MES_ERP_CASES)"
)
CENT = D("0.01")


def cases_of(path: str) -> list[dict[str, Any]]:
    return json.loads((FOLDER / "gl" / path).read_text())


# --- three years of an example household ----------------------------------------------------------


def read_csv(name: str) -> list[dict[str, str]]:
    with (FOLDER / "gl" / "beancount_example" / name).open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def household(by: User) -> Books:
    """What has a cost is carried at it, with its units as quantity; what is counted in hours or
    allowances stands on lines of its own, so that it is in no figure of money."""
    postings = read_csv("postings.csv")
    counted = {p["account"] for p in postings if p["currency"] in ("IRAUSD", "VACHR")}
    more = [
        {"type": "heading", "code": f"COUNTED-{n}", "name": "Counted"} for n in HEADINGS.values()
    ]
    more += [
        {"type": "account", "code": name, "name": name, "kind": kind_of(name),
         "parent": f"COUNTED-{HEADINGS[kind_of(name)]}"}
        for name in sorted(counted)
    ]  # fmt: skip
    more.append(
        {"type": "account", "code": "Rounding", "name": "Rounding", "kind": "expense",
         "parent": "COUNTED-EXPENSES"}
    )  # fmt: skip
    company = factories.make_company(currency="USD", by=by)
    names = {posting["account"] for posting in postings} - counted
    made = import_chart(company, chart_table(names, more=more), by=by)
    assert (made.errors, made.accounts) == ([], 59)
    years = [
        open_fiscal_year(company, code=str(year), starts_on=date(year, 1, 1), by=by)
        for year in (2013, 2014, 2015)
    ]
    accounts = {row.code: row for row in Account.objects.filter(company=company)}
    site = factories.make_site(company, by=by)
    entries: dict[str, list[dict[str, str]]] = defaultdict(list)
    for posting in postings:
        entries[posting["txn"]].append(posting)
    post_entries(
        company, [entry_of(txn, lines, accounts, site) for txn, lines in entries.items()], by=by
    )
    fold_balances()
    return Books(company, by, site, years[0], accounts)


def entry_of(
    txn: str, postings: list[dict[str, str]], accounts: dict[str, Account], site: Any
) -> Entry:
    lines = []
    for posting in postings:
        units = D(posting["quantity"])
        cost = posting["lot_cost"]
        amount = (units * D(cost)).quantize(CENT, ROUND_HALF_UP) if cost else units
        if amount:
            key = accounts[posting["account"]].pk
            lines.append(Line(key, amount, quantity=units if cost else None))
    rest = -sum((line.amount for line in lines), D(0))
    assert abs(rest) <= D("0.02"), txn
    if rest:
        lines.append(Line(accounts["Rounding"].pk, rest))
    day = date.fromisoformat(postings[0]["date"])
    return Entry("GEN", day, site, lines, postings[0]["narration"], purpose=f"txn-{txn}")


@pytest.mark.case("FIN-GL-BEAN15")
def test_the_example_household(household: Books, record_property: Any) -> None:
    company = household.company
    assert JournalEntry.objects.filter(company=company).count() == 1146
    whole = trial_balance(ReportFilter(company, date(2015, 12, 31)))
    with_units = {p["account"]: p["currency"] for p in read_csv("postings.csv") if p["lot_cost"]}
    for row in read_csv("expected_trial_balance.csv"):
        name = row["account"]
        found = units_of(household, name) if name in with_units else whole.balance(name)
        assert found == D(row["quantity"]), name
    checked = 0
    for row in read_csv("expected_balance_assertions.csv"):
        # an assertion is of the morning of its day
        at = date.fromisoformat(row["date"]) - timedelta(days=1)
        name = row["account"]
        if name in with_units:
            found = units_of(household, name, at)
        else:
            found = trial_balance(ReportFilter(company, at)).balance(name)
        assert found == D(row["amount"]), row
        checked += 1
    for row in read_csv("expected_income_statement_usd.csv"):
        year = int(row["year"])
        shown = income_statement(ReportFilter(company, date(year, 12, 31), date(year, 1, 1)))
        assert shown.value("INCOME") == D(row["income"])
        assert -shown.value("EXPENSES") == D(row["expenses"])
        assert shown.value("INCOME") + shown.value("EXPENSES") == D(row["net"])
    record_property("told", f"58 balances, {checked} dated balances, three income statements")


def units_of(books: Books, name: str, at: date = date(2099, 1, 1)) -> Decimal:
    from django.db.models import Sum

    from apps.finance.models import JournalLine

    lines = JournalLine.objects.filter(account=books.account(name), date__lte=at)
    return lines.aggregate(units=Sum("quantity"))["units"] or D(0)


# --- hledger --------------------------------------------------------------------------------------

#: What a journal or a command has that our books have no counterpart for.
_OPTIONS = re.compile(r"sample\.journal|--declared|-1\b")


def run_all(name: str, check: Any, record_property: Any, by: User) -> None:
    run, left = [], []
    for case in cases_of(f"hledger/{name}.json"):
        title = case["title"][:2]
        if _OPTIONS.search(case["command"]):
            left.append(title)
            continue
        entries = read_journal(case["journal"])
        check(case, entries, post_journal(entries, by=by))
        run.append(title)
    assert len(run) >= 5
    text = f"{len(run)} of {len(run) + len(left)}; the others print options or a journal not given"
    record_property("told", text)


@pytest.mark.case("FIN-HLEDGER-incomestatement")
def test_income_statements(by: User, record_property: Any) -> None:
    run_all("incomestatement", assert_income, record_property, by)


def assert_income(case: dict[str, Any], entries: list[Any], books: Books) -> None:
    first, last = span_of(case["command"], entries)
    shown = income_statement(ReportFilter(books.company, last, first))
    expected = printed_rows(case["expected_stdout"])
    net = expected.pop("Net:")
    total = shown.value("INCOME") + shown.value("EXPENSES")
    assert total == net, case["title"]
    ours = {row.code: row.values[0] for row in shown.rows if row.account_id is not None}
    # expenses stand below zero on ours
    theirs = {n: a if kind_of(n) == "income" else -a for n, a in expected.items()}
    assert ours == theirs, case["title"]


@pytest.mark.case("FIN-HLEDGER-cashflow")
def test_cash_flows(by: User, record_property: Any) -> None:
    run_all("cashflow", assert_cash, record_property, by)


def assert_cash(case: dict[str, Any], entries: list[Any], books: Books) -> None:
    first, last = span_of(case["command"], entries)
    chosen = ReportFilter(books.company, last, first)
    expected = printed_rows(case["expected_stdout"])
    moved = {
        row.code: row.movement
        for row in trial_balance(chosen).rows
        if row.control == Account.Control.CASH and row.movement
    }
    assert moved == expected, case["title"]
    for is_direct in (False, True):
        shown = cash_flow(chosen, is_direct=is_direct)
        assert shown.value("NET-CHANGE") == sum(expected.values(), D(0)), case["title"]
        assert shown.value("CASH-CLOSING") - shown.value("CASH-OPENING") == sum(moved.values())


@pytest.mark.case("FIN-HLEDGER-check-balanced")
def test_two_currencies_do_not_balance_each_other(books: Books) -> None:
    [case] = cases_of("hledger/check-balanced.json")
    assert case["verdict"] == "reject"
    for code in ("GBP", "USD"):
        make_currency(code)
    lines = [
        Line(books.account("1010").pk, D(-10), "GBP", D(-10)),
        Line(books.account("1000").pk, D(16), "USD", D(16)),
    ]
    with pytest.raises(InvalidInput) as refusal:
        post_entry(books.company, Entry("GEN", date(2026, 1, 1), books.site, lines), by=books.by)
    assert refusal.value.code
    assert not JournalEntry.objects.exists()


# --- ledger ---------------------------------------------------------------------------------------


def printed_tree(text: str, *, decimal_comma: bool = False) -> dict[str, Decimal]:
    """The rows of ``balance``: full name of an account, by indentation, to its figure."""
    rows: dict[str, Decimal] = {}
    above: list[tuple[int, str]] = []
    for line in text.splitlines():
        found = re.match(r"\s*(\S+)(?:\s(?:EUR))?(\s\s+)(\S.*)$", line)
        if found is None or line.startswith("--"):
            continue
        indent = len(found[2])
        while above and above[-1][0] >= indent:
            above.pop()
        name = ":".join([*(part for _n, part in above), found[3]])
        above.append((indent, found[3]))
        rows[name] = printed_amount(found[1], decimal_comma=decimal_comma)
    return rows


def below(books: Books, name: str) -> Decimal:
    """The balance of an account and of those whose names it begins."""
    return sum(
        (
            books.balance(code)
            for code in books.accounts
            if code == name or code.startswith(f"{name}:")
        ),
        D(0),
    )


@pytest.mark.case("FIN-LEDGER-cmd-balance")
def test_balances_by_tree(by: User, record_property: Any) -> None:
    case = cases_of("ledger/cmd-balance.json")
    assert isinstance(case, dict)
    books = post_journal(read_journal(case["journal"]), by=by)
    checked = 0
    for test in case["tests"]:
        for name, amount in printed_tree(test["expected_stdout"]).items():
            assert below(books, name) == amount, (test["command"], name)
            checked += 1
    assert checked >= 20
    record_property("told", f"{checked} figures of {len(case['tests'])} commands")


@pytest.mark.case("FIN-LEDGER-opt-quarterly")
def test_quarters_of_one_account(by: User) -> None:
    case = cases_of("ledger/opt-quarterly.json")
    books = post_journal(read_journal(case["journal"]), by=by)
    [test] = case["tests"]
    for line in test["expected_stdout"].splitlines():
        first, last, name, amount, running = re.split(r"\s{2,}|\s-\s", line.strip())
        begin, end = (date.fromisoformat(_full(text)) for text in (first, last))
        rows = trial_balance(ReportFilter(books.company, end, begin)).rows
        moved = next(row for row in rows if row.code == name)
        assert moved.movement == printed_amount(amount)
        assert moved.closing == printed_amount(running)


def _full(text: str) -> str:
    year, month, day = text.split("-")
    return f"20{year}-{list(calendar.month_abbr).index(month):02d}-{day}"


@pytest.mark.case("FIN-LEDGER-opt-percent")
def test_shares_of_a_total(by: User) -> None:
    case = cases_of("ledger/opt-percent.json")
    books = post_journal(read_journal(case["journal"]), by=by)
    [test] = case["tests"]
    totals = {"Assets": "Assets", "Expenses": "Expenses", "Liabilities": "Liabilities"}
    for name, share in printed_tree(test["expected_stdout"]).items():
        whole = below(books, totals[name.split(":")[0]])
        found = (below(books, name) / whole * 100).quantize(CENT, ROUND_HALF_UP)
        assert found == share, name


@pytest.mark.case("FIN-LEDGER-opt-budget_only")
def test_a_monthly_budget_of_income_that_has_not_come(by: User, record_property: Any) -> None:
    """Each month's plan and its running sum; the fortnightly plan is of another account."""
    case = cases_of("ledger/opt-budget_only.json")
    [test] = case["tests"]
    monthly = case["journal"].partition("~ Monthly")[2].partition("~")[0]
    [planned] = re.findall(r"Income:Salary\s+-\$([\d.]+)", monthly)  # a credit is below zero there
    printed = re.findall(r"10-(\w+)-01 .*?\$([\d.]+)\s+\$([\d.]+)", test["expected_stdout"])
    books = factories.make_books(currency="USD", starts_on=date(2010, 1, 1), by=by)
    books.post(date(2010, 6, 22), ("6110", "100"), ("1010", "-100"))
    budget = approved(books, *(("4000", month, planned) for month in range(1, 13)))
    running = D(0)
    for place, (month, amount, total) in enumerate(printed, start=1):
        assert list(calendar.month_abbr).index(month) == place
        periods = periods_of(books.year)[:place]
        [by_period] = budget_figures(budget, periods).values()
        open_of = {key: one.planned - one.posted for key, one in by_period.items()}
        running += open_of[periods[-1].pk]
        assert (open_of[periods[-1].pk], sum(open_of.values())) == (D(amount), D(total))
    assert running == D("14949.60")
    record_property("told", f"{len(printed)} months of a plan and their running sum")


# --- revaluation ----------------------------------------------------------------------------------


@pytest.mark.case("FIN-FX-REVAL-1")
def test_a_receivable_in_dollars_is_revalued(by: User) -> None:
    [case] = [
        c for c in json.loads((FOLDER / "fx" / "revaluation.json").read_text())
        if c["id"] == "REVAL-1"
    ]  # fmt: skip
    sale, step = case["steps"]
    books = factories.make_books(currency=case["company_currency"], by=by)
    partner = books.partner(currency=make_currency("USD"))
    books.rate("USD", date(2026, 3, 1), str(sale["rate"]))
    books.rate("USD", date(2026, 3, 31), str(step["rate"]))
    books.posted_invoice("customer", partner, date(2026, 3, 10), str(sale["amount_usd"]))
    assert books.balance("1100") == sale["base"]
    revalue_currencies(books.company, date=date(2026, 3, 31), by=by)
    expected = case["expected"]
    assert -books.balance("7210") == expected["gain_loss"]
    assert books.balance("1100") == expected["receivable_base_after"]
    [item] = open_items(books.company, kind="customer", at=date(2026, 3, 31))
    assert item.open == expected["receivable_usd_after"]
    assert item.open_company == expected["receivable_base_after"]
