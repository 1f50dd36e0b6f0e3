"""Running the chosen faults, one after the other, each in a database of its own."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

from benchmarks.torture.faults import MODULES
from benchmarks.torture.jobs import broken_chain, judge_jobs
from benchmarks.torture.notes import Notes
from benchmarks.torture.oracle import judge
from benchmarks.torture.results import HOME, Options, Result
from benchmarks.torture.world import World, world
from mes_erp import postgres

SHOWN = 20


def run(
    codes: Sequence[str],
    options: Options,
    *,
    write: Callable[[str], None],
    complain: Callable[[str], None],
) -> bool:
    """Write one line per fault; whether all promises held."""
    unknown = [code for code in codes if code not in MODULES]
    if unknown:
        sys.exit(f"No such fault: {', '.join(unknown)}. There are {', '.join(MODULES)}.")
    complain(f"seed {options.seed}")
    all_clean = True
    try:
        for code in codes or MODULES:
            result, details = torture(code, options)
            write(result.as_json())
            for detail in details[:SHOWN]:
                complain(f"{code}: {detail}")
            all_clean = all_clean and result.is_clean
    finally:
        if options.home == HOME:
            postgres.Cluster(HOME).stop()
    return all_clean


def torture(code: str, options: Options) -> tuple[Result, list[str]]:
    """Strike while clients post; reconcile after each strike and at the end; judge."""
    fault = import_module(MODULES[code])
    if hasattr(fault, "torture"):
        found: tuple[Result, list[str]] = fault.torture(options)
        return found
    started = time.monotonic()
    with world(
        code,
        seed=options.seed,
        programs=fault.PROGRAMS,
        home=options.home,
        cut=getattr(fault, "CUT", 0.0),
    ) as own:
        has_jobs = "worker" in fault.PROGRAMS
        plant = own.plant
        kinds = [plant.receipt, plant.shipment, plant.report]
        own.begin([*kinds, plant.travelers] if has_jobs else kinds, options.seed)
        rounds, broken = _strike(own, fault, options)
        notes = own.settle()
        verdict = judge(notes, own.whole)
        more = judge_jobs(own, notes, verdict) if has_jobs else {}
        verdict.doubled += _not_replayed(own, notes)
        broken = broken or own.broken_invariants() or broken_chain(own)
        acks = [ack for several in notes.acked.values() for ack in several]
        result = Result(
            fault=code,
            seed=options.seed,
            rounds=rounds,
            in_transaction=own.storm.in_transaction if own.storm.struck else None,
            requests=len(notes.begun),
            unanswered=notes.dropped,
            replayed=sum(ack.is_replay for ack in acks),
            lost=len(verdict.lost),
            doubled=len(verdict.doubled),
            half_written=len(verdict.half_written),
            reconcile=", ".join(broken) or "clean",
            reconciled=rounds + 1,
            seconds=round(time.monotonic() - started, 1),
            more=more,
        )
        details = [*verdict.lost, *verdict.doubled, *verdict.half_written]
        if not result.is_clean:
            own.is_kept = True
            details.insert(0, f"notes and logs are kept in {own.folder}")
    return result, details


def _strike(own: World, fault: Any, options: Options) -> tuple[int, list[str]]:
    """Rounds done, and the invariants that the first bad one broke."""
    wanted = fault.ROUNDS if options.rounds is None else options.rounds
    deadline = time.monotonic() + (options.seconds or float("inf"))
    rounds = misses = 0
    while rounds < wanted and time.monotonic() < deadline:
        if not fault.strike(own):
            misses += 1
            if misses > wanted + 10:
                raise RuntimeError("There is nobody to strike: the load does not run.")
            continue
        rounds += 1
        if broken := own.broken_invariants():
            return rounds, broken
    return rounds, []


def _not_replayed(own: World, notes: Notes) -> list[str]:
    """Requests cut off between COMMIT and answer must get the stored answer when repeated."""
    cut = own.folder / "cut"
    keys = cut.read_text().split() if cut.exists() else []
    return [
        f"{key}: cut off after its commit, and done anew"
        for key in keys
        if not all(ack.is_replay for ack in notes.acked.get(key, []))
    ]
