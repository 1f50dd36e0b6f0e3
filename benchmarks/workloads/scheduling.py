"""W11: published scheduling problems against their best known answers, in time boxes.

ft10, la21 and ta01 at 2, 10 and 60 seconds; with no ``--quick`` every published
case of the area once at the short box. An answer below the known bound stops the run: it is wrong.
"""

from __future__ import annotations

import csv
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from apps.planning.engine.scheduling import published
from apps.planning.engine.scheduling.problem import Problem, Solution, faults, objective_value
from apps.planning.engine.scheduling.solver import solve
from benchmarks import instances
from benchmarks.database import Database
from benchmarks.measuring import Result
from benchmarks.workloads import Options

ROOT = Path(__file__).resolve().parents[2]
CASES = Path(os.environ.get("MES_ERP_CASES", ROOT.parent / "shared" / "cases")) / "01-scheduling"
CHOSEN = ("la21",)
SHORT, LONG, FIRST = 10.0, 60.0, 2.0
MOST_OVERHEAD = 0.05
#: Name, text, reader, lower bound, best known.
Case = tuple[str, str, Callable[[str], Problem], int, int]


def measure(database: Database, options: Options) -> Iterator[Result]:
    cases = list(published_cases())
    for case in [*own_cases(), *(case for case in cases if case[0] in CHOSEN)]:
        for seconds, most in ((FIRST, 0.10), (SHORT, 0.02), (LONG, 0.005)):
            if not options.is_quick or seconds <= SHORT:
                yield run(case, seconds, most)
    if not options.is_quick:
        for case in cases:
            yield run(case, min(options.seconds, SHORT), None)


def run(case: Case, seconds: float, most: float | None) -> Result:
    """One case in one box. Exits when the answer breaks a constraint or beats the bound."""
    name, text, read, bound, best = case
    problem = read(text)
    started = time.perf_counter()
    found = solve(problem, seconds=seconds)
    spent = time.perf_counter() - started
    value = objective_value(problem, found)
    if broken := faults(problem, found):
        sys.exit(f"{name}: {broken[0]}")
    if value < bound:
        sys.exit(f"{name}: {value} is below the bound {bound}: the schedule is wrong")
    gap = value / best - 1 if best else 0.0
    over = max(spent - seconds, 0) / seconds
    return Result(
        workload=f"W11 {name} in {seconds:g} s",
        n=len(problem.tasks),
        unit="operations",
        per_s=len(problem.tasks) / spent,
        cpu_ms=spent * 1000,
        limit_cpu_ms=seconds * 1000,
        ratio=gap,
        goal="no goal" if most is None else f"gap <= {most:.1%}, {MOST_OVERHEAD:.0%} on top",
        reached=most is None or (gap <= most and over <= MOST_OVERHEAD),
        statements=0,
        note=f"{value} (best {best}, {_proof(found)})",
    )


def _proof(found: Solution) -> str:
    return "proved" if found.is_optimal else f"bound {found.bound:g}"


def own_cases() -> Iterator[Case]:
    """What the table of goals names and the published cases at hand leave out."""
    yield "ft10", instances.FT10, published.job_shop, 930, 930
    yield "ta01", instances.taillard("ta01"), published.job_shop, 1231, 1231


def published_cases() -> Iterator[Case]:
    """(name, file, reader, lower bound, best known) of every case that is at hand."""
    if not CASES.is_dir():
        sys.exit("The published cases are not here (MES_ERP_CASES).")
    yield from _job_shops()
    for row in _rows("flexible-jobshop/answers.csv"):
        path = CASES / "flexible-jobshop" / row["instance"]
        yield _case(row, path, published.flexible_job_shop, row["instance"])
    for row in _rows("flowshop/answers.csv"):
        path = CASES / "flowshop" / f"{row['instance']}.txt"
        yield _case(row, path, published.flow_shop, row["instance"])
    for row in _rows("openshop/answers.csv"):
        path = CASES / "openshop" / f"{row['instance']}.txt"
        yield _case(row, path, published.open_shop, row["instance"])
    for size in ("j30", "j90"):
        for row in _rows(f"rcpsp/{size}-answers.csv"):
            path = CASES / "rcpsp" / size / f"{row['instance']}.rcp"
            yield _case(row, path, published.project, row["instance"])


def _job_shops() -> Iterator[Case]:
    for row in _rows("jobshop/answers.csv"):
        path = CASES / "jobshop" / row["family"] / f"{row['instance']}.txt"
        yield _case(row, path, published.job_shop, row["instance"])


def _case(row: dict[str, str], path: Path, read: Callable[[str], Problem], name: str) -> Case:
    best = int(
        row.get("best_known_makespan") or row.get("optimal_makespan") or row["best_makespan"]
    )
    return name, path.read_text(), read, int(row.get("lower_bound") or best), best


def _rows(name: str) -> list[dict[str, str]]:
    with (CASES / name).open(newline="") as file:
        return list(csv.DictReader(file))
