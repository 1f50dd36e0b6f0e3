"""How reliable assets are, from the intervals in which they stood still. Plain values only."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from apps.core.money import round_quantity

Span = tuple[datetime, datetime]
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Reliability:
    """Hours within the span; the three means are None while nothing failed.

    ``mtbf`` is running time between failures, ``mttr`` standstill per failure (both hours),
    ``availability`` the share of the span in which it could run.
    """

    hours: Decimal
    down_hours: Decimal
    failures: int
    mtbf: Decimal | None
    mttr: Decimal | None
    availability: Decimal


@dataclass(frozen=True, slots=True)
class Weibull:
    """``shape`` below 1: early failures; about 1: by chance; above 1: wear. ``scale`` in hours."""

    shape: float
    scale: float
    failures: int


def merged(spans: Iterable[Span]) -> list[Span]:
    """The same time without overlaps, in order."""
    result: list[Span] = []
    for start, end in sorted(spans):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        elif start < end:
            result.append((start, end))
    return result


def clipped(spans: Iterable[Span], since: datetime, until: datetime) -> list[Span]:
    """What of ``spans`` lies in the span from ``since`` to ``until``."""
    cut = ((max(start, since), min(end, until)) for start, end in spans)
    return [(start, end) for start, end in cut if start < end]


def hours_of(spans: Iterable[Span]) -> Decimal:
    minutes = sum((Decimal((end - start) / _MINUTE) for start, end in spans), Decimal(0))
    return round_quantity(minutes / 60)


def reliability(downtimes: Sequence[Span], since: datetime, until: datetime) -> Reliability:
    """MTBF, MTTR and availability of one asset from ``since`` to ``until``.

    A standstill that began before the span counts its time in it, but is no failure of the span.
    """
    failures = sum(1 for start, _end in downtimes if since <= start < until)
    hours = hours_of([(since, until)])
    down = hours_of(merged(clipped(downtimes, since, until)))
    up = hours - down
    return Reliability(
        hours=hours,
        down_hours=down,
        failures=failures,
        mtbf=round_quantity(up / failures) if failures else None,
        mttr=round_quantity(down / failures) if failures else None,
        availability=round_quantity(up / hours) if hours else Decimal(0),
    )


def weibull(hours_between: Sequence[Decimal]) -> Weibull | None:
    """Shape and scale by rank regression (Bernard's median ranks, y on x).

    None for fewer than three different times: a line through two points proves nothing.
    """
    times = sorted(float(hours) for hours in hours_between if hours > 0)
    if len(set(times)) < 3:
        return None
    count = len(times)
    points = [
        (math.log(time), math.log(-math.log(1 - (rank - 0.3) / (count + 0.4))))
        for rank, time in enumerate(times, start=1)
    ]
    mean_x = sum(x for x, _y in points) / count
    mean_y = sum(y for _x, y in points) / count
    spread = sum((x - mean_x) ** 2 for x, _y in points)
    shape = sum((x - mean_x) * (y - mean_y) for x, y in points) / spread
    return Weibull(shape, math.exp(mean_x - mean_y / shape), count)


def hours_between(downtimes: Sequence[Span]) -> list[Decimal]:
    """Running hours from the end of each standstill to the next one."""
    spans = merged(downtimes)
    return [hours_of([(end, start)]) for (_begin, end), (start, _end) in itertools.pairwise(spans)]
