"""CPU time of client and server, ours and the bare SQL side by side in the same run.

The machine's noise hits both, so only the ratio of neighbouring rounds counts.
"""

from __future__ import annotations

import json
import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

CONTROL = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")
FEWEST_ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Result:
    """One line of `manage.py bench`. Times are CPU milliseconds per unit, client plus server."""

    workload: str
    n: int
    unit: str
    per_s: float
    cpu_ms: float
    limit_cpu_ms: float | None
    ratio: float | None
    statements: int | None
    goal: str
    reached: bool
    note: str = ""

    def failed_unless(self, condition: bool) -> Result:
        return replace(self, reached=self.reached and condition)

    def as_json(self) -> str:
        return json.dumps({name: _rounded(value) for name, value in asdict(self).items()})


@dataclass(frozen=True, slots=True)
class Spent:
    """What one side of a round took: CPU seconds and seconds on the wall, for ``units``."""

    cpu: float
    wall: float
    units: int

    @property
    def cpu_ms(self) -> float:
        return self.cpu / self.units * 1000


class Clock:
    """CPU seconds of this process, its children and one server process.

    A server on another machine shows no CPU time; then the time on the wall stands for it.
    """

    def __init__(self, server_pid: int | None) -> None:
        path = Path(f"/proc/{server_pid}/schedstat") if server_pid else None
        self._server = path if path is not None and path.exists() else None

    def read(self) -> float:
        if self._server is None:
            return time.perf_counter()
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        server = int(self._server.read_text().split()[0]) / 1e9
        return time.process_time() + children.ru_utime + children.ru_stime + server


@dataclass(slots=True)
class Side:
    """Work to measure. ``act(i)`` does unit ``i``; every number comes once."""

    act: Callable[[int], Any]
    clock: Clock
    done: int = 0

    def run(self, calls: int) -> Spent:
        cpu, wall = self.clock.read(), time.perf_counter()
        for number in range(self.done, self.done + calls):
            self.act(number)
        self.done += calls
        return Spent(self.clock.read() - cpu, time.perf_counter() - wall, calls)

    def calls_in(self, seconds: float) -> int:
        """Warm up; then how many calls fill ``seconds``."""
        spent = self.run(1)
        if spent.wall < seconds / 4:
            self.run(3)  # server prepares at the third time, and plans anew at the sixth
            spent = self.run(5)
        if spent.wall < seconds / 4:
            spent = self.run(max(5, int(seconds / 4 / (spent.wall / 5))))
        return max(1, int(seconds / (spent.wall / spent.units)))


@dataclass(frozen=True, slots=True)
class Comparison:
    """Medians over rounds; ``ratio`` is the median of each round's own ratio."""

    ours: float
    bare: float
    ratio: float
    per_s: float
    units: int


def compare(ours: Side, bare: Side, *, seconds: float) -> Comparison:
    """Alternate both sides for about ``seconds``; who goes first changes every round."""
    rounds = max(FEWEST_ROUNDS, min(15, int(seconds)))
    share = seconds / rounds / 2
    calls = {id(side): side.calls_in(share) for side in (ours, bare)}
    found: list[tuple[Spent, Spent]] = []
    for number in range(rounds):
        order = (ours, bare) if number % 2 == 0 else (bare, ours)
        spent = {id(side): side.run(calls[id(side)]) for side in order}
        found.append((spent[id(ours)], spent[id(bare)]))
    return Comparison(
        ours=median(mine.cpu_ms for mine, _limit in found),
        bare=median(limit.cpu_ms for _mine, limit in found),
        ratio=median(mine.cpu_ms / limit.cpu_ms for mine, limit in found),
        per_s=sum(mine.units for mine, _limit in found) / sum(mine.wall for mine, _limit in found),
        units=sum(mine.units for mine, _limit in found),
    )


def measure_alone(side: Side, *, seconds: float) -> Comparison:
    """Work that has a limit in milliseconds instead of bare SQL beside it."""
    calls = side.calls_in(seconds / FEWEST_ROUNDS)
    found = [side.run(calls) for _ in range(FEWEST_ROUNDS)]
    return Comparison(
        ours=median(one.cpu_ms for one in found),
        bare=0.0,
        ratio=0.0,
        per_s=sum(one.units for one in found) / sum(one.wall for one in found),
        units=sum(one.units for one in found),
    )


def statements_of(act: Callable[[], Any]) -> int:
    """Statements that ``act`` sends, without those that only begin and end transactions."""
    with CaptureQueriesContext(connection) as captured:
        act()
    return len(without_control(query["sql"] for query in captured.captured_queries))


def new_rows(act: Callable[[], Any]) -> dict[str, int]:
    """How many rows ``act`` adds to each table; only for small databases."""
    before = _row_counts()
    act()
    after = _row_counts()
    return {name: count - before[name] for name, count in after.items() if count != before[name]}


def require_same_rows(ours: Callable[[], Any], bare: Callable[[], Any]) -> None:
    """Raise ``AssertionError`` unless both sides do the same work in the database."""
    mine, limit = new_rows(ours), new_rows(bare)
    if mine != limit or not mine:
        raise AssertionError(f"ours writes {mine}, the bare SQL {limit}")


def _row_counts() -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_stat_user_tables WHERE schemaname = 'public' ORDER BY 1"
        )
        names = [name for (name,) in cursor.fetchall()]
        counts = " UNION ALL ".join(f"SELECT '{n}', count(*) FROM {n}" for n in names)  # noqa: S608
        cursor.execute(counts)
        return dict(cursor.fetchall())


def without_control(statements: Any) -> Sequence[str]:
    return [sql for sql in statements if not sql.startswith(CONTROL)]


def _rounded(value: Any) -> Any:
    return float(f"{value:.4g}") if isinstance(value, float) else value
