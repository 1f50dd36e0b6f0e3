"""W13: pivots over a ledger of 400,000 lines: a year by account and month, a total, its lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime

from apps.reporting.pivot_request import PivotRequest, read_request
from apps.reporting.queries.pivots import read_lines, read_pivot, read_total
from apps.reporting.queries.scope import asked_by
from benchmarks.database import Database
from benchmarks.measuring import Result, Side, measure_alone, statements_of
from benchmarks.plant import new_books
from benchmarks.workloads import Options, filling, within_limit
from benchmarks.workloads.trial_balance import fill

LINES, QUICK_LINES = 400_000, 40_000
#: No goal of the design: what people wait for without wondering.
MOST_MS = 2000


def measure(database: Database, options: Options) -> Iterator[Result]:
    books = new_books()
    lines = QUICK_LINES if options.is_quick else LINES
    with filling() as said:
        fill(database, books, lines)
    asked = asked_by(books.by, today=date(2026, 12, 31), now=datetime(2026, 12, 31, tzinfo=UTC))

    def question(**words: str) -> PivotRequest:
        given = {name: [text] for name, text in words.items()}
        return read_request("ledger", given | {"company": [books.company.code]}, asked)

    year = question(rows="account", cols="month", values="result,lines", period="2026")
    month = question(rows="account,day", values="result", period="2026-06")
    works: tuple[tuple[str, str, Callable[[], object]], ...] = (
        ("W13 pivot", "account by month of a year", lambda: read_pivot(year)),
        ("W13 two levels", "account and day of a month", lambda: read_pivot(month)),
        ("W13 total", "total of a year", lambda: read_total(year)),
        ("W13 documents", "500 documents of a month", lambda: read_lines(month, limit=500)),
    )
    for name, unit, work in works:
        count = statements_of(work)
        side = Side(lambda _n, work=work: work(), database.django_clock)
        found = measure_alone(side, seconds=options.seconds)
        yield within_limit(
            name,
            f"{unit}, {lines:,} lines",
            found,
            most_ms=MOST_MS,
            options=options,
            statements=count,
            most_statements=1,
            note=said[0],
        )
