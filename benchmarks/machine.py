"""How fast this machine is, beside the one whose prices the goals were set on.

Goals in milliseconds were set where bare SQL posts an entry of two lines in 0.9 to 1.6 ms of CPU
(W1). Where that takes longer, they are stretched as much; where it takes less, they stay.
"""

from __future__ import annotations

from benchmarks import bare
from benchmarks.database import Database
from benchmarks.measuring import Clock, Result, Side, measure_alone
from benchmarks.plant import new_books, new_clerk
from benchmarks.workloads.journal_entries import BareEntries, post_one

#: The highest price of the design for W1's bare entry.
REFERENCE_MS = 1.6
SECONDS = 3.0


def measure(database: Database) -> Result:
    """What a bare entry costs here; ``ratio`` is how far goals in milliseconds are stretched."""
    books = new_books()
    clerk_id = new_clerk(books, "finance")
    post_one(books, clerk_id, 2, -1)  # makes the number series that the bare SQL continues
    with database.connect() as connection:
        entries = BareEntries(bare.Bare(connection, books, clerk_id), books.journal())
        side = Side(lambda n: entries.post(2, [f"machine-{n}"]), Clock(connection.info.backend_pid))
        found = measure_alone(side, seconds=SECONDS)
    return Result(
        workload="machine",
        n=found.units,
        unit="bare entry of 2 lines",
        per_s=found.per_s,
        cpu_ms=found.ours,
        limit_cpu_ms=REFERENCE_MS,
        ratio=max(1.0, found.ours / REFERENCE_MS),
        goal="none: goals in time are stretched by the ratio",
        reached=True,
        statements=3,
    )
