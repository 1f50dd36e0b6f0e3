"""W17: the standard audit file of 100,000 journal lines, made by the background job.

Nobody waits for it, but the ledger must not stand in memory and the statements must not grow: a
year takes what a month takes, and ten times as long.
"""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Iterator
from datetime import date

from apps.core.services.jobs import run_job
from apps.finance.services.audit_files import start_audit_file
from benchmarks.database import Database
from benchmarks.measuring import Result, statements_of
from benchmarks.plant import new_books
from benchmarks.workloads import Options, filling
from benchmarks.workloads.trial_balance import fill
from tests.factories import Books

LINES, QUICK_LINES = 100_000, 10_000
MOST_SECONDS, MOST_GROWTH, MOST_STATEMENTS = 120.0, 1.5, 80
SPANS = (
    ("January", date(2026, 1, 1), date(2026, 1, 31)),
    ("the year", date(2026, 1, 1), date(2026, 12, 31)),
)


def measure(database: Database, options: Options) -> Iterator[Result]:
    books = new_books()
    lines = QUICK_LINES if options.is_quick else LINES
    with filling() as said:
        fill(database, books, lines)
    database.settle()
    peaks: list[float] = []
    counts: list[int] = []
    most = options.here(MOST_SECONDS)
    for name, first, last in SPANS:
        seconds, peak, count = made(books, first, last)
        peaks.append(peak)
        counts.append(count)
        yield Result(
            workload=f"W17 audit file of {name}",
            n=lines,
            unit=f"SAF-T of {name}, {lines:,} lines in the year",
            per_s=1 / seconds,
            cpu_ms=seconds * 1000,
            limit_cpu_ms=most * 1000,
            ratio=peak / peaks[0],
            statements=count,
            goal=f"<= {most:.3g} s here, memory <= {MOST_GROWTH:g}x a month's, same statements",
            reached=seconds <= most
            and peak <= MOST_GROWTH * peaks[0]
            and count == counts[0] <= MOST_STATEMENTS,
            note=f"{seconds:.1f} s on the wall, peak {peak:.1f} MB of Python, {said[0]}",
        )


def made(books: Books, first: date, last: date) -> tuple[float, float, int]:
    """Seconds, the peak of Python's memory in MB, and statements of the whole job."""
    job = start_audit_file(books.company, date_from=first, date_to=last, by=books.by)
    began = time.perf_counter()
    count = statements_of(lambda: run_job(job.pk))
    seconds = time.perf_counter() - began
    job.refresh_from_db()
    if job.status != "done":
        raise AssertionError(job.message)
    again = start_audit_file(books.company, date_from=first, date_to=last, by=books.by)
    tracemalloc.start()
    run_job(again.pk)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return seconds, peak / 1e6, count
