"""Cash flow and changes in equity: exact, whatever was posted."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.core.errors import InvalidInput
from apps.finance.models import Account, Period, PeriodLock
from apps.finance.queries.filters import ReportFilter
from apps.finance.queries.statements import Statement, balance_sheet, cash_flow, equity_changes
from apps.finance.services.journal import Entry, Line, post_entry
from apps.finance.services.layouts import create_layout
from apps.finance.services.payments import Allocation, post_payment
from apps.finance.services.periods import set_period_state
from apps.finance.services.revaluations import revalue_currencies
from apps.finance.services.year_end import close_year
from tests.factories import Books, make_currency
from tests.finance.statements.posted import post_year
from tests.support.faces import ApiClient, codes

D = Decimal
CASH = ("1000", "1010", "1020")


@pytest.fixture
def year(books: Books) -> ReportFilter:
    post_year(books)
    return ReportFilter(books.company, date(2026, 12, 31), date(2026, 1, 1))


def cash_at(books: Books, day: date) -> Decimal:
    return sum((books.balance(code, day) for code in CASH), D(0))


def assert_ties(books: Books, shown: Statement, first: date, last: date) -> None:
    opening, closing = cash_at(books, first - timedelta(days=1)), cash_at(books, last)
    assert shown.value("NET-CHANGE") == closing - opening
    assert (shown.value("CASH-OPENING"), shown.value("CASH-CLOSING")) == (opening, closing)
    assert "DIFFERENCE" not in {row.code for row in shown.rows}


def test_from_the_result_to_the_change_in_cash(books: Books, year: ReportFilter) -> None:
    shown = cash_flow(year)
    figures = {row.code: row.values[0] for row in shown.rows if row.account_id is None}
    assert figures == {
        "OPERATING-HEADING": None,
        "NET-RESULT": D("1557.66"),
        "BACK-DEPRECIATION": D("50.00"),
        "BACK-DISPOSALS": D("-20.00"),
        "CHANGE-OTHER-CURRENT-ASSETS": D("-300.50"),
        "CHANGE-OTHER-CURRENT-LIABILITIES": D("212.34"),
        "OPERATING": D("1499.50"),
        "INVESTING-HEADING": None,
        "INVESTMENTS": D("-5180.00"),
        "INVESTING": D("-5180.00"),
        "FINANCING-HEADING": None,
        "FIN-LOANS": D("4000.00"),
        "FIN-CAPITAL": D("10000.00"),
        "FIN-RETAINED": D("-100.00"),
        "FINANCING": D("13900.00"),
        "NET-CHANGE": D("10219.50"),
        "CASH-OPENING": D("0"),
        "CASH-CLOSING": D("10219.50"),
    }
    assert_ties(books, shown, date(2026, 1, 1), date(2026, 12, 31))


def test_from_what_stood_against_cash(books: Books, year: ReportFilter) -> None:
    shown = cash_flow(year, is_direct=True)
    figures = {row.code: row.values[0] for row in shown.rows if row.account_id is None}
    assert figures["PAID-REVENUE"] == D("2500.00")
    assert figures["PAID-STAFF"] == D("-900.00")
    assert figures["PAID-OTHER-CURRENT-LIABILITIES"] == D("200.00"), "withheld, not paid yet"
    assert figures["INVESTING"] == D("-5180.00"), "the proceeds of the asset, gain included"
    assert figures["FINANCING"] == D("13900.00")
    assert_ties(books, shown, date(2026, 1, 1), date(2026, 12, 31))
    assert not any(code.endswith("-FINANCE") for code in figures), "interest was not paid"


def test_any_span_of_days_ties(books: Books, year: ReportFilter) -> None:
    spans = [
        (date(2026, 2, 3), date(2026, 3, 9)),
        (date(2026, 3, 31), date(2026, 3, 31)),
        (date(2025, 1, 1), date(2025, 12, 31)),
        (date(2026, 3, 21), date(2026, 12, 31)),
    ]
    for first, last in spans:
        for is_direct in (False, True):
            chosen = year.changed(date_from=first, date_to=last)
            assert_ties(books, cash_flow(chosen, is_direct=is_direct), first, last)


def test_a_revaluation_of_cash_is_no_flow(books: Books) -> None:
    """IAS 7.28: 400 dollars bought at 0.90 are worth 0.95 at the end of March."""
    dollars = books.partner(currency=make_currency("USD"))
    books.rate("USD", date(2026, 3, 1), "0.90")
    books.rate("USD", date(2026, 3, 31), "0.95")
    invoice = books.posted_invoice("customer", dollars, date(2026, 3, 10), "1000")
    post_payment(
        books.company, direction="in", partner=dollars, account=books.account("1020"),
        date=date(2026, 3, 20), amount=D(400), allocations=[Allocation(invoice, D(400))],
        by=books.by,
    )  # fmt: skip
    revalue_currencies(books.company, date=date(2026, 3, 31), by=books.by)
    march = ReportFilter(books.company, date(2026, 3, 31), date(2026, 3, 1))
    for is_direct in (False, True):
        shown = cash_flow(march, is_direct=is_direct)
        assert shown.value("OPERATING") == D(360), "what the customer paid"
        assert shown.value("EXCHANGE") == D(20)
        assert_ties(books, shown, date(2026, 3, 1), date(2026, 3, 31))
    assert_sums_behind(books, "cash-flow/?", 3)
    assert_sums_behind(books, "cash-flow/?method=direct&", 3)


@pytest.mark.parametrize("kind", ["cash_flow", "direct_cash_flow"])
def test_a_copied_layout_ties_too(books: Books, year: ReportFilter, kind: str) -> None:
    copy = create_layout(company=books.company, code="C", name="C", kind=kind, by=books.by)
    usual = cash_flow(year, is_direct=kind != "cash_flow")
    found = cash_flow(year, layout=copy)
    assert [(r.code, r.values) for r in found.rows] == [(r.code, r.values) for r in usual.rows]


def test_equity_from_what_it_was_to_what_it_is(books: Books, year: ReportFilter) -> None:
    shown = equity_changes(year)
    labels = dict(zip(shown.labels, range(9), strict=False))
    result = labels["Result not yet carried forward"]
    assert shown.row("RESULT").values[result] == D("1557.66")
    assert shown.row("CHANGE-3000").values[labels["Share capital"]] == D(10000)
    assert shown.row("CHANGE-3200").values[-1] == D(-100)
    assert shown.row("CLOSING").values[-1] == D("11457.66")
    assert_equity_ties(books, year)


def assert_equity_ties(books: Books, chosen: ReportFilter) -> None:
    shown = equity_changes(chosen)
    for place in range(len(shown.columns)):
        parts = [r.values[place] for r in shown.rows if not r.is_total]
        assert sum(parts, D(0)) == shown.row("CLOSING").values[place]
    closing = shown.row("CLOSING").values
    assert sum(closing[:-1], D(0)) == closing[-1]
    assert closing[-1] == balance_sheet(chosen).value("EQUITY")
    if chosen.date_from:
        before = chosen.changed(date_to=chosen.date_from - timedelta(days=1), date_from=None)
        assert shown.row("OPENING").values[-1] == balance_sheet(before).value("EQUITY")


def test_a_closed_year_ties_and_so_does_the_next(books: Books, year: ReportFilter) -> None:
    for period in Period.objects.filter(fiscal_year=books.year, is_closing=False):
        set_period_state(period, state=PeriodLock.State.CLOSED, by=books.by, reason="Year end")
    close_year(books.year, by=books.by)
    for chosen in (year, year.changed(date_from=date(2027, 1, 1), date_to=date(2027, 6, 30))):
        assert_equity_ties(books, chosen)
        for is_direct in (False, True):
            shown = cash_flow(chosen, is_direct=is_direct)
            assert_ties(books, shown, chosen.date_from or date.min, chosen.date_to)
    assert cash_flow(year).value("NET-RESULT") == D("1557.66"), "not what the closing made of it"
    shown = equity_changes(year)
    result = shown.labels.index("Result not yet carried forward")
    assert shown.row("CLOSING").values[result] == 0
    assert shown.row("CARRIED").values[-1] == 0


@pytest.mark.parametrize("query", [
    "cash-flow/?", "cash-flow/?method=direct&", "equity-changes/?", "balance-sheet/?",
    "income-statement/?",
])  # fmt: skip
def test_behind_each_row_stand_lines_that_sum_to_it(
    books: Books, year: ReportFilter, query: str
) -> None:
    assert_sums_behind(books, query, 3)


def assert_sums_behind(books: Books, query: str, least: int) -> None:
    api = ApiClient(books.by)
    span = "date_from=2026-02-01&date_to=2026-12-31"
    followed = 0
    for row in api.get(f"/finance/statements/{query}{span}").body["rows"]:
        if row["drill"] is None:
            continue
        answer = api.get(row["drill"].split("/api/v1", 1)[1])
        assert answer.status_code == 200, (row, answer.body)
        assert D(answer.body["rows"][-1]["amount"]) == D(row["amount"]), row
        followed += 1
    assert followed >= least


def test_they_are_of_the_whole_company(books: Books, year: ReportFilter) -> None:
    for build in (cash_flow, equity_changes):
        with pytest.raises(InvalidInput) as refusal:
            build(year.having(site=books.site.pk))
        assert (refusal.value.code, refusal.value.field) == ("whole_company", "site")
    answer = ApiClient(books.by).get("/finance/statements/cash-flow/?site=MAIN")
    assert codes(answer) == [("site", "whole_company")]


ENTRIES = st.lists(
    st.tuples(
        st.integers(0, 364),
        st.lists(
            st.tuples(st.integers(0, 999), st.integers(-500_000, 500_000)), min_size=1, max_size=5
        ),
        st.integers(0, 999),
    ),
    min_size=1,
    max_size=12,
)


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(entries=ENTRIES, first=st.integers(0, 364), days=st.integers(0, 364))
def test_whatever_is_posted_the_statements_tie(
    books: Books, entries: list, first: int, days: int
) -> None:
    """Entries of any accounts, more from each example to the next: they add up."""
    accounts = list(Account.objects.filter(company=books.company).order_by("code"))
    start = date(2026, 1, 1)
    for day, lines, last in entries:
        posted = [
            Line(accounts[n % len(accounts)].pk, D(cents) / 100) for n, cents in lines if cents
        ]
        rest = -sum((line.amount for line in posted), D(0))
        if rest:
            posted.append(Line(accounts[last % len(accounts)].pk, rest))
        if len(posted) > 1:
            entry = Entry("GEN", start + timedelta(days=day), books.item(), posted)
            post_entry(books.company, entry, by=books.by)
    begin = start + timedelta(days=first)
    end = min(begin + timedelta(days=days), date(2026, 12, 31))
    chosen = ReportFilter(books.company, end, begin)
    for is_direct in (False, True):
        assert_ties(books, cash_flow(chosen, is_direct=is_direct), begin, end)
    assert_equity_ties(books, chosen)
    sheet = balance_sheet(chosen)
    assert sheet.value("ASSETS") == sheet.value("FUNDING")
