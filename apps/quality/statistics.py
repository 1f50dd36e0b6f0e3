"""Statistics of measurements without loss: exact fractions, rounded once at the end.

One-pass formulas lose digits when the mean is large against the spread; sums of exact fractions
can't. For data sets of thousands of values, not of millions.
"""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import sqrt

Number = Decimal | Fraction | int | float


def _exact(values: Sequence[Number]) -> list[Fraction]:
    return [Fraction(value) for value in values]


def root(value: Fraction) -> float:
    """The square root, right to the last digit for small fractions too."""
    return sqrt(value.numerator / value.denominator) if value > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Summary:
    n: int
    mean: float
    standard_deviation: float
    lag1_autocorrelation: float


def summary(values: Sequence[Number]) -> Summary:
    """Raises ``ValueError`` for fewer than two values."""
    exact = _exact(values)
    if len(exact) < 2:
        raise ValueError("two values at least")
    middle = sum(exact, Fraction(0)) / len(exact)
    off = [value - middle for value in exact]
    squares = sum((d * d for d in off), Fraction(0))
    lag = sum((a * b for a, b in itertools.pairwise(off)), Fraction(0))
    return Summary(
        len(exact),
        float(middle),
        root(squares / (len(exact) - 1)),
        float(lag / squares) if squares else 0.0,
    )


@dataclass(frozen=True, slots=True)
class OneWay:
    """Analysis of variance of one factor."""

    df_between: int
    ss_between: float
    ms_between: float
    df_within: int
    ss_within: float
    ms_within: float
    f: float
    r_squared: float
    residual_sd: float


def one_way(groups: Sequence[Hashable], values: Sequence[Number]) -> OneWay:
    """``values`` by their ``groups``. Raises ``ValueError`` for one group or no repetition."""
    by_group: dict[Hashable, list[Fraction]] = {}
    for group, value in zip(groups, _exact(values), strict=True):
        by_group.setdefault(group, []).append(value)
    total = len(values)
    between, within = len(by_group) - 1, total - len(by_group)
    if between < 1 or within < 1:
        raise ValueError("two groups and a repetition at least")
    grand = sum((sum(g, Fraction(0)) for g in by_group.values()), Fraction(0)) / total
    ssb = ssw = Fraction(0)
    for rows in by_group.values():
        middle = sum(rows, Fraction(0)) / len(rows)
        ssb += len(rows) * (middle - grand) ** 2
        ssw += sum(((row - middle) ** 2 for row in rows), Fraction(0))
    msb, msw = ssb / between, ssw / within
    return OneWay(
        between,
        float(ssb),
        float(msb),
        within,
        float(ssw),
        float(msw),
        float(msb / msw) if msw else float("inf"),
        float(ssb / (ssb + ssw)) if ssb + ssw else 0.0,
        root(msw),
    )


@dataclass(frozen=True, slots=True)
class StraightLine:
    """Least squares ``y = intercept + slope · x``."""

    intercept: float
    intercept_se: float
    slope: float
    slope_se: float
    residual_sd: float
    r_squared: float
    f: float
    df: int


def straight_line(x: Sequence[Number], y: Sequence[Number]) -> StraightLine:
    """Raises ``ValueError`` for fewer than three points or one x only."""
    xs, ys = _exact(x), _exact(y)
    n = len(xs)
    if n < 3 or len(ys) != n:
        raise ValueError("three points at least")
    mx, my = sum(xs, Fraction(0)) / n, sum(ys, Fraction(0)) / n
    sxx = sum(((a - mx) ** 2 for a in xs), Fraction(0))
    sxy = sum(((a - mx) * (b - my) for a, b in zip(xs, ys, strict=True)), Fraction(0))
    syy = sum(((b - my) ** 2 for b in ys), Fraction(0))
    if not sxx:
        raise ValueError("x does not vary")
    slope = sxy / sxx
    residual = syy - slope * sxy
    ms = residual / (n - 2)
    return StraightLine(
        float(my - slope * mx),
        root(ms * (Fraction(1, n) + mx * mx / sxx)),
        float(slope),
        root(ms / sxx),
        root(ms),
        float(1 - residual / syy) if syy else 1.0,
        float(slope * sxy / ms) if ms else float("inf"),
        n - 2,
    )


def student_t(probability: float, df: float) -> float:
    """The quantile of Student's t."""
    from scipy.stats import t

    return float(t.ppf(probability, df))


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """Combined standard uncertainty, its degrees of freedom, and the expanded uncertainty."""

    combined: float
    df: int
    coverage: float
    expanded: float


def combined_uncertainty(
    contributions: Sequence[float],
    dofs: Sequence[float],
    *,
    confidence: float = 0.95,
    decimals: int | None = None,
) -> Uncertainty:
    """Root sum of squares; degrees of freedom by Welch and Satterthwaite, cut to a whole number
    (JCGM 100:2008, G.4). With ``decimals`` the combined uncertainty is rounded before it is
    expanded, as the guide's examples do."""
    squares = sum(u * u for u in contributions)
    below = sum(u**4 / df for u, df in zip(contributions, dofs, strict=True) if df)
    combined = sqrt(squares)
    df = int(squares**2 / below) if below else 10**9
    k = student_t((1 + confidence) / 2, df)
    combined = combined if decimals is None else round(combined, decimals)
    return Uncertainty(combined, df, k, k * combined)
