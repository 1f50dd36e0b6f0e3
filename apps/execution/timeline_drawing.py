"""Places for a machine's day as an SVG is drawn: states, runs and counts; plain numbers only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

WIDTH = 1200
STATES_Y, STATES_HEIGHT = 26, 56
RUNS_Y, RUNS_HEIGHT = 94, 30
COUNTS_Y, COUNTS_HEIGHT = 136, 64
HEIGHT = COUNTS_Y + COUNTS_HEIGHT + 8
#: Narrower bars carry no letter.
NARROWEST_LABEL = 14.0
LEAST_WIDTH = 1.0


@dataclass(frozen=True, slots=True)
class Bar:
    """``x`` and ``width`` of what lasts from one instant to another; ``key`` is its row."""

    key: int
    x: float
    width: float

    @property
    def middle(self) -> float:
        return round(self.x + self.width / 2, 2)

    @property
    def has_room(self) -> bool:
        return self.width >= NARROWEST_LABEL


@dataclass(frozen=True, slots=True)
class Column:
    """What was counted in a quarter of an hour: good from below, scrap on top of it."""

    starts_at: datetime
    good: Decimal
    scrap: Decimal
    x: float
    width: float
    y_good: float
    height_good: float
    y_scrap: float
    height_scrap: float


@dataclass(frozen=True, slots=True)
class Tick:
    at: datetime
    x: float


@dataclass(frozen=True, slots=True)
class Span:
    """The time that the drawing shows."""

    since: datetime
    until: datetime

    def x(self, moment: datetime) -> float:
        inside = min(max(moment, self.since), self.until)
        return round(WIDTH * ((inside - self.since) / (self.until - self.since)), 2)

    def bar(self, key: int, starts_at: datetime, ends_at: datetime | None) -> Bar:
        x, end = self.x(starts_at), self.x(ends_at or self.until)
        return Bar(key, x, max(round(end - x, 2), LEAST_WIDTH))

    def ticks(self) -> list[Tick]:
        """Full hours of UTC, at most 24 of them."""
        step = timedelta(hours=1 if self.until - self.since <= timedelta(hours=25) else 2)
        at = self.since.replace(minute=0, second=0, microsecond=0)
        found = []
        while at < self.until:
            if at >= self.since:
                found.append(Tick(at, self.x(at)))
            at += step
        return found


def columns(
    span: Span, counts: Iterable[tuple[datetime, Decimal, Decimal]], quarter: timedelta
) -> list[Column]:
    """Counts by quarter of an hour as columns, the highest as high as the lane."""
    rows = list(counts)
    most = max((good + scrap for _at, good, scrap in rows), default=Decimal(0))
    found = []
    for at, good, scrap in rows:
        bar = span.bar(0, at, at + quarter)
        high_good = round(COUNTS_HEIGHT * float(good / most), 2)
        high_scrap = round(COUNTS_HEIGHT * float(scrap / most), 2)
        floor = COUNTS_Y + COUNTS_HEIGHT
        found.append(
            Column(
                at,
                good,
                scrap,
                bar.x,
                max(bar.width - 1, LEAST_WIDTH),
                floor - high_good,
                high_good,
                floor - high_good - high_scrap,
                high_scrap,
            )
        )
    return found
