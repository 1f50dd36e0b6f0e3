"""Running the chosen workloads, one after the other, each in a database of its own."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from benchmarks import machine
from benchmarks.database import throw_away_database
from benchmarks.workloads import MODULES, Options, measure


def run(
    codes: Sequence[str], *, seconds: float, is_quick: bool, write: Callable[[str], None]
) -> bool:
    """Write one line per figure; whether a goal was missed.

    Stops with an error when the registers disagree after a workload: then no figure counts.
    """
    unknown = [code for code in codes if code not in MODULES]
    if unknown:
        sys.exit(f"No such workload: {', '.join(unknown)}. There are {', '.join(MODULES)}.")
    missed = False
    with throw_away_database("machine") as database:
        speed = machine.measure(database)
    write(speed.as_json())
    options = Options(seconds, is_quick, stretch=speed.ratio or 1.0)
    for code in codes or MODULES:
        with throw_away_database(code) as database:
            for result in measure(code, database, options):
                write(result.as_json())
                missed = missed or not result.reached
            if broken := database.broken_invariants():
                names = ", ".join(finding.invariant.code for finding in broken)
                sys.exit(f"{code}: the registers disagree after it: {names}")
    return missed
