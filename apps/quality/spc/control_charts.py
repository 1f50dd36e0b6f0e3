"""Control limits of Shewhart charts and the points that are compared with them (ISO 7870-2).

Values come in as sequences of numbers, subgroups as sequences of such. ``decimals`` rounds the
factors (A2, D4 and so on) as printed tables do, three places in most; None computes with all.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum, sqrt

from apps.quality.spc.constants import Factors, factors

Values = Sequence[float]


@dataclass(frozen=True, slots=True)
class Limits:
    """One chart: centre line and control limits; ``sigma`` is that of a plotted point."""

    center: float
    lower: float
    upper: float
    sigma: float

    def z(self, value: float) -> float:
        return (value - self.center) / self.sigma if self.sigma else 0.0

    def is_outside(self, value: float) -> bool:
        edge = 1e-9 * max(abs(self.upper), abs(self.lower), 1.0)
        return value > self.upper + edge or value < self.lower - edge


@dataclass(frozen=True, slots=True)
class PairOfLimits:
    """A chart of location with its chart of spread; ``sigma`` is that of the process."""

    location: Limits
    spread: Limits
    sigma: float


def mean(values: Values) -> float:
    return fsum(values) / len(values)


def spread_of(values: Values) -> float:
    return max(values) - min(values)


def standard_deviation(values: Values) -> float:
    """With n − 1; two passes, so that a large mean costs no digits."""
    middle = mean(values)
    return sqrt(fsum((value - middle) ** 2 for value in values) / (len(values) - 1))


def _check(subgroups: Sequence[Values]) -> int:
    if not subgroups:
        raise ValueError("no subgroups")
    sizes = {len(group) for group in subgroups}
    if len(sizes) != 1:
        raise ValueError("subgroups differ in size")
    return sizes.pop()


def xbar_r(subgroups: Sequence[Values], *, decimals: int | None = None) -> PairOfLimits:
    """X̄ and R from subgroups of one size, 2 to 25."""
    f = factors(_check(subgroups), decimals)
    return limits_of_ranges(
        mean([mean(g) for g in subgroups]), mean([spread_of(g) for g in subgroups]), f
    )


def limits_of_ranges(grand_mean: float, mean_range: float, f: Factors) -> PairOfLimits:
    reach = f.A2 * mean_range
    return PairOfLimits(
        Limits(grand_mean, grand_mean - reach, grand_mean + reach, reach / 3),
        Limits(mean_range, f.D3 * mean_range, f.D4 * mean_range, f.d3 * mean_range / f.d2),
        mean_range / f.d2,
    )


def xbar_s(subgroups: Sequence[Values], *, decimals: int | None = None) -> PairOfLimits:
    """X̄ and S from subgroups of one size, 2 to 25."""
    f = factors(_check(subgroups), decimals)
    grand_mean = mean([mean(g) for g in subgroups])
    mean_s = mean([standard_deviation(g) for g in subgroups])
    reach = f.A3 * mean_s
    return PairOfLimits(
        Limits(grand_mean, grand_mean - reach, grand_mean + reach, reach / 3),
        Limits(mean_s, f.B3 * mean_s, f.B4 * mean_s, mean_s * sqrt(1 - f.c4**2) / f.c4),
        mean_s / f.c4,
    )


def moving_ranges(values: Values) -> list[float]:
    return [abs(b - a) for a, b in itertools.pairwise(values)]


def individuals(values: Values, *, decimals: int | None = None) -> PairOfLimits:
    """Single values and the moving range of two (I-MR)."""
    if len(values) < 2:
        raise ValueError("two values at least")
    f = factors(2, decimals)
    mean_range = mean(moving_ranges(values))
    sigma = mean_range / f.d2
    middle = mean(values)
    return PairOfLimits(
        Limits(middle, middle - 3 * sigma, middle + 3 * sigma, sigma),
        Limits(mean_range, f.D3 * mean_range, f.D4 * mean_range, f.d3 * mean_range / f.d2),
        sigma,
    )


def _around(center: float, sigma: float, most: float | None = None) -> Limits:
    upper = center + 3 * sigma
    return Limits(
        center, max(center - 3 * sigma, 0.0), upper if most is None else min(upper, most), sigma
    )


def _check_counts(counts: Sequence[float], sizes: Sequence[float]) -> None:
    if not counts or len(counts) != len(sizes) or any(size <= 0 for size in sizes):
        raise ValueError("each count needs a size above zero")


def mean_proportion(defectives: Sequence[float], sizes: Sequence[float]) -> float:
    _check_counts(defectives, sizes)
    return fsum(defectives) / fsum(sizes)


def p_limits(proportion: float, size: float) -> Limits:
    """The share of defective units in a sample of ``size``."""
    return _around(proportion, sqrt(proportion * (1 - proportion) / size), 1.0)


def np_limits(proportion: float, size: float) -> Limits:
    """The number of defective units in samples of one ``size``."""
    return _around(size * proportion, sqrt(size * proportion * (1 - proportion)), size)


def c_limits(mean_count: float) -> Limits:
    """Defects in an area of opportunity that stays the same."""
    return _around(mean_count, sqrt(mean_count))


def u_limits(per_unit: float, size: float) -> Limits:
    """Defects per unit in a sample of ``size`` units."""
    return _around(per_unit, sqrt(per_unit / size))


@dataclass(frozen=True, slots=True)
class Cusum:
    """Tabular CUSUM in sigmas; ``upper_at`` and ``lower_at`` are places (from 0) beyond ``h``."""

    upper: list[float]
    lower: list[float]
    upper_at: list[int]
    lower_at: list[int]


def cusum(
    values: Values, *, center: float, sigma: float, shift: float = 1.0, interval: float = 5.0
) -> Cusum:
    """Sums of what lies beyond half of ``shift`` (in sigmas); a signal above ``interval``."""
    upper, lower = [], []
    high = low = 0.0
    for value in values:
        z = (value - center) / sigma
        high = max(0.0, high + z - shift / 2)
        low = min(0.0, low + z + shift / 2)
        upper.append(high)
        lower.append(low)
    edge = interval + 1e-9
    return Cusum(
        upper,
        lower,
        [n for n, s in enumerate(upper) if s > edge],
        [n for n, s in enumerate(lower) if -s > edge],
    )


def ewma(
    values: Values, *, center: float, sigma: float, weight: float = 0.2, width: float = 3.0
) -> list[tuple[float, float, float]]:
    """(value, lower limit, upper limit) of each point of an exponentially weighted average."""
    points = []
    smoothed = center
    for n, value in enumerate(values, start=1):
        smoothed = weight * value + (1 - weight) * smoothed
        spread = weight / (2 - weight) * (1 - (1 - weight) ** (2 * n))
        reach = width * sigma * sqrt(spread)
        points.append((smoothed, center - reach, center + reach))
    return points
