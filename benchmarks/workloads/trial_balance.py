"""W6: the trial balance of a company with 5,000,000 lines, from balances and from lines."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db import connection

from apps.core.models import Site
from apps.finance.models import Account
from apps.finance.queries.filters import ReportFilter
from apps.finance.queries.trial_balance import TrialBalance, from_balances, from_lines
from apps.finance.services.balances import fold_balances
from benchmarks import bare
from benchmarks.database import Database
from benchmarks.measuring import (
    Clock,
    Result,
    Side,
    compare,
    measure_alone,
    statements_of,
)
from benchmarks.plant import new_books
from benchmarks.workloads import Options, against_bare, filling, within_limit
from tests.factories import Books

LINES, QUICK_LINES = 5_000_000, 200_000
LINES_PER_ENTRY = 4
UNFOLDED_ENTRIES = 5_000  # what a busy minute posts between two folds
MOST_MS = 50
MOST_MS_CUT = 2000  # no goal of the design, but a page that people wait for
# Pairs of amounts on accounts that rotate, dates in order as in life.
ENTRIES = """
INSERT INTO finance_journalentry (company_id, source_type_id, source_id, created_at, created_by_id,
       journal_id, fiscal_year_id, period_id, sequence_number, number, date, description, purpose)
SELECT %(company)s, %(type)s, %(site)s, now(), %(user)s, %(journal)s, %(year)s, p.id, n,
       'GEN-2026-' || lpad(n::text, 7, '0'), d.date, '', n::text
  FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS g(n)
 CROSS JOIN LATERAL (SELECT date '2026-01-01' + (n * 364 / %(all)s)::int AS date) AS d
  JOIN finance_period p ON p.fiscal_year_id = %(year)s AND NOT p.is_closing
   AND d.date BETWEEN p.starts_on AND p.ends_on
 ORDER BY g.n
"""
LINES_OF_ENTRIES = """
INSERT INTO finance_journalline (company_id, entry_id, period_id, date, account_id, amount,
       currency_id, amount_currency, memo)
SELECT e.company_id, e.id, e.period_id, e.date,
       (%(accounts)s::bigint[])[1 + (e.sequence_number * 7 + k * 13) %% cardinality(%(accounts)s)],
       a.amount, 'EUR', a.amount, ''
  FROM finance_journalentry e
 CROSS JOIN generate_series(0, 3) AS g(k)
 CROSS JOIN LATERAL (SELECT (CASE WHEN k %% 2 = 0 THEN 1 ELSE -1 END)
                          * (e.sequence_number * 37 %% 100000 + 1 + k / 2) / 100.0 AS amount) AS a
 WHERE e.sequence_number BETWEEN %(first)s AND %(last)s
 ORDER BY e.id, k
"""
SERIES = """
INSERT INTO core_numbersequence AS s (company_id, series, last_number) VALUES (%s, %s, %s)
ON CONFLICT (company_id, series) DO UPDATE SET last_number = EXCLUDED.last_number
"""
GROUP_BY = """
SELECT account_id, sum(amount) FILTER (WHERE date < %(date_from)s),
       sum(amount) FILTER (WHERE date >= %(date_from)s AND amount > 0),
       -sum(amount) FILTER (WHERE date >= %(date_from)s AND amount < 0)
  FROM finance_journalline WHERE company_id = %(company)s AND date <= %(date_to)s
 GROUP BY account_id
"""


def measure(database: Database, options: Options) -> Iterator[Result]:
    books = new_books()
    lines = QUICK_LINES if options.is_quick else LINES
    with filling() as said:
        fill(database, books, lines)
    year = ReportFilter(books.company, date(2026, 12, 31), date(2026, 7, 1))
    agree(from_balances(year), from_lines(year))
    # The CPU of parallel workers can't be read: without them, ours and the bare SQL.
    with connection.cursor() as cursor:
        cursor.execute("SET max_parallel_workers_per_gather = 0")
    note = f"{UNFOLDED_ENTRIES:,} entries not folded yet, {said[0]}"
    for name, chosen in (
        ("W6 from balances", year),
        ("W6 cut in a month", year.changed(date_to=date(2026, 12, 20))),
    ):
        agree(from_balances(chosen), from_lines(chosen))
        count = statements_of(lambda chosen=chosen: from_balances(chosen))
        side = Side(lambda n, chosen=chosen: from_balances(chosen), database.django_clock)
        found = measure_alone(side, seconds=options.seconds)
        is_cut = chosen is not year
        yield within_limit(
            name,
            f"trial balance of {lines:,} lines" + (", to the 20th" if is_cut else ""),
            found,
            most_ms=MOST_MS_CUT if is_cut else MOST_MS,
            options=options,
            statements=count,
            most_statements=2,
            note=note,
        )
    yield from_all_lines(database, options, year, lines)


def from_all_lines(
    database: Database, options: Options, chosen: ReportFilter, lines: int
) -> Result:
    count = statements_of(lambda: from_lines(chosen))
    with database.connect() as own:
        own.autocommit = True
        own.execute("SET max_parallel_workers_per_gather = 0")
        found = compare(
            Side(lambda n: from_lines(chosen), database.django_clock),
            Side(
                lambda n: own.execute(GROUP_BY, chosen.parameters()).fetchall(),
                Clock(own.info.backend_pid),
            ),
            seconds=options.seconds,
        )
    return against_bare(
        "W6 from lines",
        f"trial balance from {lines:,} lines",
        found,
        goal=1.2,
        statements=count,
        most_statements=2,
    )


def agree(left: TrialBalance, right: TrialBalance) -> None:
    """Raises ``AssertionError`` unless both say the same, and balance."""
    if left.rows != right.rows or left.debit != left.credit or not left.debit:
        raise AssertionError("the trial balances from balances and from lines differ")


def fill(database: Database, books: Books, lines: int) -> None:
    """Write entries as their owner would, in bulk; fold all but the last few thousand."""
    entries = lines // LINES_PER_ENTRY
    accounts = Account.objects.filter(company=books.company, control="", is_active=True)
    values: dict[str, Any] = {
        "company": books.company.pk,
        "type": bare.content_type(Site),
        "site": books.site.pk,
        "user": books.by.pk,
        "journal": books.journal().pk,
        "year": books.year.pk,
        "all": entries,
        "accounts": list(accounts.order_by("code").values_list("pk", flat=True)),
    }
    settled = entries - UNFOLDED_ENTRIES
    with database.cluster.connect(database=database.name) as admin:
        admin.execute("SET session_replication_role = replica")  # no checks: they are made below
        admin.execute("SET synchronous_commit = off")
        for first, last in ((1, settled), (settled + 1, entries)):
            part = values | {"first": first, "last": last}
            admin.execute(ENTRIES, part)
            admin.execute(LINES_OF_ENTRIES, part)
            if last == settled:
                fold_balances()
        series = f"journal:{values['journal']}:{values['year']}"
        admin.execute(SERIES, [books.company.pk, series, entries])
    database.settle()
