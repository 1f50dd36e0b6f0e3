"""One module per workload. ``measure`` yields a result per figure, in a database of its own."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module

from benchmarks.database import Database
from benchmarks.measuring import Comparison, Result

MODULES = {
    "W1": "journal_entries",
    "W2": "receipts",
    "W3": "order_to_invoice",
    "W4": "work_order",
    "W5": "material_planning",
    "W6": "trial_balance",
    "W7": "genealogy",
    "W8": "machine_readings",
    "W9": "item_list",
    "W10": "travelers",
    "W11": "scheduling",
    "W13": "pivots",
    "W14": "events",
    "W15": "bank_statements",
    "W16": "ageing",
    "W17": "audit_files",
    "W18": "availability",
    "W19": "stock_moves",
    "W20": "dashboards",
    "W21": "board_delay",
}


@dataclass(frozen=True, slots=True)
class Options:
    """``seconds`` to measure each figure; ``is_quick`` builds small data.

    ``stretch``: how much slower this machine is than the one that goals in time were set on.
    """

    seconds: float
    is_quick: bool
    stretch: float = 1.0

    def here(self, most: float) -> float:
        """A goal in milliseconds or seconds, on this machine."""
        return most * self.stretch


def measure(code: str, database: Database, options: Options) -> Iterator[Result]:
    module = import_module(f"benchmarks.workloads.{MODULES[code]}")
    yield from module.measure(database, options)


@contextmanager
def filling() -> Iterator[list[str]]:
    """Times what fills the database; the list it gives says so afterwards."""
    began, said = time.perf_counter(), list[str]()
    yield said
    said.append(f"filled in {time.perf_counter() - began:.0f} s")


def against_bare(
    workload: str,
    unit: str,
    found: Comparison,
    *,
    goal: float,
    statements: int,
    most_statements: int,
    note: str = "",
) -> Result:
    """The result of a comparison that must stay below ``goal`` times the bare SQL."""
    return Result(
        workload=workload,
        n=found.units,
        unit=unit,
        per_s=found.per_s,
        cpu_ms=found.ours,
        limit_cpu_ms=found.bare,
        ratio=found.ratio,
        goal=f"<= {goal:g}x, <= {most_statements} statements",
        reached=found.ratio <= goal and statements <= most_statements,
        statements=statements,
        note=note,
    )


def within_limit(
    workload: str,
    unit: str,
    found: Comparison,
    *,
    most_ms: float,
    options: Options,
    statements: int,
    most_statements: int,
    note: str = "",
) -> Result:
    """The result of work that may take ``most_ms`` of CPU, client and server together."""
    limit = options.here(most_ms)
    return Result(
        workload=workload,
        n=found.units,
        unit=unit,
        per_s=found.per_s,
        cpu_ms=found.ours,
        limit_cpu_ms=limit,
        ratio=found.ours / limit,
        goal=f"<= {most_ms:g} ms (here {limit:.4g}), <= {most_statements} statements",
        reached=found.ours <= limit and statements <= most_statements,
        statements=statements,
        note=note,
    )
