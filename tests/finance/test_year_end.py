from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from apps.core.errors import BusinessError
from apps.finance.models import Period, PeriodLock
from apps.finance.queries.filters import ReportFilter
from apps.finance.queries.trial_balance import trial_balance
from apps.finance.services.periods import open_fiscal_year, set_period_state
from apps.finance.services.year_end import close_year, reopen_year
from tests.factories import Books

YEAR_END = date(2026, 12, 31)


def close_months(books: Books) -> None:
    for period in Period.objects.filter(fiscal_year=books.year, is_closing=False):
        set_period_state(period, state=PeriodLock.State.CLOSED, by=books.by, reason="Year end")


def test_profit_goes_to_retained_earnings_by_entry(books: Books) -> None:
    """LedgerSMB's closing: 200 in the bank and 15 of a liability make earnings of 215."""
    books.post(date(2026, 6, 1), ("1010", "200"), ("2210", "15"), ("4000", "-215"))
    close_months(books)
    closing = close_year(books.year, by=books.by)
    assert closing.result == 215
    assert closing.before.balance("4000") == -215
    assert closing.before.balance("3100") == 0
    assert closing.after.balance("4000") == 0
    assert closing.after.balance("3100") == -215
    assert closing.after.balance("1010") == 200
    assert closing.after.debit_balances == closing.after.credit_balances == 215
    next_day = trial_balance(ReportFilter(books.company, date_to=date(2027, 1, 1)))
    assert next_day.balance("3100") == -215


def test_dividends_are_swept_too(books: Books) -> None:
    books.post(date(2026, 6, 1), ("1010", "900"), ("3200", "100"), ("4000", "-1000"))
    close_months(books)
    closing = close_year(books.year, by=books.by)
    assert closing.result == 1000
    assert (closing.after.balance("3100"), closing.after.balance("3200")) == (-900, 0)


def test_open_months_hold_it_up(books: Books) -> None:
    books.post(date(2026, 6, 1), ("1010", "1"), ("4000", "-1"))
    with pytest.raises(BusinessError) as refusal:
        close_year(books.year, by=books.by)
    assert refusal.value.code == "periods_open"
    assert refusal.value.details["periods"][0] == "2026-01"


def test_reopening_reverses_in_the_closing_period(books: Books) -> None:
    books.post(date(2026, 6, 1), ("1010", "1"), ("4000", "-1"))
    close_months(books)
    close_year(books.year, by=books.by)
    with pytest.raises(BusinessError) as refusal:
        close_year(books.year, by=books.by)
    assert refusal.value.code == "nothing_to_close"
    reopen_year(books.year, reason="Late bill", by=books.by)
    whole = ReportFilter(books.company, date_to=YEAR_END)
    assert trial_balance(whole).balance("4000") == -1
    december = Period.objects.get(fiscal_year=books.year, number=12)
    set_period_state(december, state="open", by=books.by, reason="Late bill")
    books.post(YEAR_END, ("6110", "0.25"), ("1010", "-0.25"))
    set_period_state(december, state="closed", by=books.by, reason="Done")
    assert close_year(books.year, by=books.by).result == Decimal("0.75")
    assert trial_balance(whole).balance("3100") == Decimal("-0.75")


def test_the_closing_leaves_the_months_alone(books: Books) -> None:
    books.post(date(2026, 12, 31), ("1010", "7"), ("4000", "-7"))
    close_months(books)
    close_year(books.year, by=books.by)
    year = ReportFilter(
        books.company, date_from=date(2026, 1, 1), date_to=YEAR_END, with_closing=False
    )
    assert trial_balance(year).balance("4000") == -7
    open_fiscal_year(books.company, code="2027", starts_on=date(2027, 1, 1), by=books.by)
    following = year.changed(date_from=date(2027, 1, 1), date_to=date(2027, 12, 31))
    assert trial_balance(following).balance("4000") == 0
    assert trial_balance(following).balance("3100") == -7
