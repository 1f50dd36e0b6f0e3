"""Folded balances: exact however many post meanwhile, and the same figures as from the lines."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.core.reconcile import reconcile
from apps.core.sql import execute
from apps.finance.models import AccountBalance
from apps.finance.queries.filters import ReportFilter
from apps.finance.queries.trial_balance import from_balances, from_lines, trial_balance
from apps.finance.services.balances import fold_balances, rebuild_balances
from apps.finance.services.periods import open_fiscal_year
from tests.factories import Books
from tests.support.folding import fold_everything
from tests.support.statements import at_most

NAIVE_FOLD = """
WITH mark AS (SELECT pg_current_xact_id() AS tx),
     settled AS (
       SELECT l.company_id, l.period_id, l.account_id,
              coalesce(sum(l.amount) FILTER (WHERE l.amount > 0), 0) AS debit,
              coalesce(-sum(l.amount) FILTER (WHERE l.amount < 0), 0) AS credit
         FROM finance_journalline l, mark
        WHERE l.tx >= (SELECT tx FROM finance_balancefold WHERE id = 1) AND l.tx < mark.tx
        GROUP BY l.company_id, l.period_id, l.account_id),
     folded AS (
       INSERT INTO finance_accountbalance AS b (company_id, period_id, account_id, debit, credit)
       SELECT * FROM settled ORDER BY 1, 2, 3
       ON CONFLICT (company_id, period_id, account_id)
       DO UPDATE SET debit = b.debit + EXCLUDED.debit, credit = b.credit + EXCLUDED.credit
       RETURNING 1)
UPDATE finance_balancefold SET tx = (SELECT tx FROM mark), folded_at = now() WHERE id = 1
"""


@pytest.mark.django_db(transaction=True)
@pytest.mark.reliability
@pytest.mark.slow
def test_folding_while_others_post_loses_nothing(books: Books) -> None:
    stop = threading.Event()
    writers = [threading.Thread(target=_post_until, args=(books, stop, n)) for n in range(4)]
    for writer in writers:
        writer.start()
    for _ in range(300):
        fold_balances()
    stop.set()
    for writer in writers:
        writer.join()
    fold_balances()
    assert reconcile(["folded-balances"])[0].is_clean
    rebuild_balances()
    assert reconcile(["folded-balances"])[0].is_clean


def _post_until(books: Books, stop: threading.Event, seed: int) -> None:
    try:
        while not stop.is_set():
            books.post(date(2026, 1 + seed, 1), ("1010", "1"), ("3000", "-1"))
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_naive", [False, True], ids=["below xmin", "negative control"])
def test_a_transaction_still_open_is_folded_later(books: Books, is_naive: bool) -> None:
    """It began first and commits last: folding up to one's own number would skip it for ever."""
    posted, go_on = threading.Event(), threading.Event()
    slow = threading.Thread(target=_post_slowly, args=(books, posted, go_on))
    slow.start()
    assert posted.wait(10)
    books.posted_invoice("customer", books.partner(), date(2026, 1, 5), "1")
    execute(NAIVE_FOLD) if is_naive else fold_balances()
    go_on.set()
    slow.join()
    fold_balances()
    assert reconcile(["folded-balances"])[0].is_clean != is_naive


def _post_slowly(books: Books, posted: threading.Event, go_on: threading.Event) -> None:
    try:
        with transaction.atomic():
            books.post(date(2026, 1, 1), ("1010", "1"), ("3000", "-1"))
            posted.set()
            go_on.wait(10)
    finally:
        connection.close()


def both(chosen: ReportFilter) -> list[tuple[str, Decimal, Decimal, Decimal]]:
    sums = [
        [(row.code, row.opening, row.debit, row.credit) for row in read(chosen).rows]
        for read in (from_balances, from_lines)
    ]
    assert sums[0] == sums[1]
    return sums[0]


@pytest.fixture
def posted(transactional_db: None, books: Books) -> Books:
    """Some folded, some not, over two years."""
    open_fiscal_year(books.company, code="2025", starts_on=date(2025, 1, 1), by=books.by)
    days = [date(2025, 1, 1) + timedelta(days=41 * n) for n in range(17)]
    for n, day in enumerate(days):
        books.post(day, ("1010", f"{n + 1}.25"), ("4000", f"-{n + 1}.25"))
        if n == 11:
            fold_everything()
    return books


def test_any_dates_agree_whether_folded_or_not(posted: Books) -> None:
    days = [date(2025, 1, 1) + timedelta(days=23 * n) for n in range(32)]
    for first in (None, *days[::3]):
        for last in days:
            if first is None or first <= last:
                both(ReportFilter(posted.company, date_from=first, date_to=last))
    whole = ReportFilter(posted.company, date_to=date(2026, 12, 31))
    total = sum((Decimal(n + 1) + Decimal("0.25") for n in range(17)), Decimal(0))
    assert both(whole) == [("1010", 0, total, 0), ("4000", 0, 0, total)]


def test_the_fold_holds_what_had_settled(posted: Books) -> None:
    held = sum(row.debit for row in AccountBalance.objects.filter(account=posted.account("1010")))
    assert held == sum((Decimal(n + 1) + Decimal("0.25") for n in range(12)), Decimal(0))


def test_one_statement(books: Books) -> None:
    books.post(date(2026, 1, 1), ("1010", "1"), ("4000", "-1"))
    with at_most(1):
        trial_balance(ReportFilter(books.company, date_to=date(2026, 1, 31)))


@pytest.mark.django_db
@given(
    amounts=st.lists(
        st.decimals(min_value="0.01", max_value="9999999.99", places=2), min_size=1, max_size=8
    ),
)
@settings(
    max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
def test_debits_equal_credits_whatever_is_posted(books: Books, amounts: list[Decimal]) -> None:
    total = str(-sum(amounts))
    books.post(date(2026, 5, 5), *[("6110", str(a)) for a in amounts], ("1010", total))
    found = trial_balance(ReportFilter(books.company, date_to=date(2026, 12, 31)))
    assert found.debit == found.credit
    assert found.debit_balances == found.credit_balances
