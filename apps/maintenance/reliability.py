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
    """``shape`` below 1: early failures; about 1: by chance; above 1: wear. ``scale`` in hours.

    The ``likely_…`` are by maximum likelihood, the others by rank regression.
    """

    shape: float
    scale: float
    failures: int
    likely_shape: float
    likely_scale: float


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


def weibull(hours_between: Sequence[Decimal], suspended: Sequence[Decimal] = ()) -> Weibull | None:
    """Shape and scale of running hours to failure; ``suspended`` hours went on without one.

    By rank regression (median ranks, suspensions by Johnson's adjusted ranks, y on x) and by
    maximum likelihood, which is the better one with many suspensions. None for fewer than three
    different times: a line through two points proves nothing. (Abernethy, The New Weibull
    Handbook, chapters 2 and 5.)
    """
    failed = sorted(float(hours) for hours in hours_between if hours > 0)
    going = [float(hours) for hours in suspended if hours > 0]
    if len(set(failed)) < 3:
        return None
    shape, scale = _by_ranks(failed, going)
    likely_shape, likely_scale = _by_likelihood(failed, going)
    return Weibull(shape, scale, len(failed), likely_shape, likely_scale)


def median_rank(rank: float, count: int) -> float:
    """The share of ``count`` that has failed by the ``rank``-th failure, even odds either way."""
    from scipy.special import betaincinv

    return float(betaincinv(rank, count - rank + 1, 0.5))


def _by_ranks(failed: Sequence[float], going: Sequence[float]) -> tuple[float, float]:
    count = len(failed) + len(going)
    in_order = sorted([(time, False) for time in failed] + [(time, True) for time in going])
    rank, points = 0.0, []
    for before, (time, is_suspended) in enumerate(in_order):
        if is_suspended:
            continue
        rank += (count + 1 - rank) / (1 + count - before)
        share = median_rank(rank, count)
        points.append((math.log(time), math.log(-math.log(1 - share))))
    mean_x = sum(x for x, _y in points) / len(points)
    mean_y = sum(y for _x, y in points) / len(points)
    spread = sum((x - mean_x) ** 2 for x, _y in points)
    shape = sum((x - mean_x) * (y - mean_y) for x, y in points) / spread
    return shape, math.exp(mean_x - mean_y / shape)


def _by_likelihood(failed: Sequence[float], going: Sequence[float]) -> tuple[float, float]:
    """The zero of the likelihood's slope, halved down; times are scaled so that none overflows."""
    largest = max([*failed, *going])
    times = [time / largest for time in (*failed, *going)]
    logs = [math.log(time) for time in times]
    mean_log = sum(logs[: len(failed)]) / len(failed)

    def slope(shape: float) -> float:
        powers = [time**shape for time in times]
        weighted = sum(power * log for power, log in zip(powers, logs, strict=True))
        return weighted / sum(powers) - 1 / shape - mean_log

    low, high = 1e-3, 1e3
    for _halving in range(200):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if slope(middle) < 0 else (low, middle)
    shape = math.sqrt(low * high)
    scale = (sum(time**shape for time in times) / len(failed)) ** (1 / shape)
    return shape, scale * largest


def going_on(downtimes: Sequence[Span], until: datetime) -> list[Decimal]:
    """Running hours since the last standstill that have not ended by ``until``."""
    spans = merged(downtimes)
    return [hours_of([(spans[-1][1], until)])] if spans and spans[-1][1] < until else []


def hours_between(downtimes: Sequence[Span]) -> list[Decimal]:
    """Running hours from the end of each standstill to the next one."""
    spans = merged(downtimes)
    return [hours_of([(end, start)]) for (_begin, end), (start, _end) in itertools.pairwise(spans)]
