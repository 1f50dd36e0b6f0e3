"""Process capability and performance (ISO 22514-2): what the process can do for its tolerance."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt


@dataclass(frozen=True, slots=True)
class Capability:
    """Indices of one sigma: within subgroups for Cp, overall for Pp. None where a limit lacks.

    ``upper`` and ``lower`` are the one-sided indices, ``both`` that of the tolerance's width,
    ``worst`` the smaller side (Cpk, Ppk), ``centered`` Cpm or Ppm against a target, ``k`` how far
    the mean is off the middle, in half widths.
    """

    both: float | None
    lower: float | None
    upper: float | None
    worst: float | None
    centered: float | None = None
    k: float | None = None


def capability(
    mean: float,
    sigma: float,
    *,
    lower: float | None,
    upper: float | None,
    target: float | None = None,
) -> Capability:
    """Raises ``ValueError`` without a limit, for limits the wrong way round, or sigma ≤ 0."""
    if lower is None and upper is None:
        raise ValueError("no specification limit")
    if sigma <= 0:
        raise ValueError("sigma must be above zero")
    low = None if lower is None else (mean - lower) / (3 * sigma)
    high = None if upper is None else (upper - mean) / (3 * sigma)
    worst = min(side for side in (low, high) if side is not None)
    if lower is None or upper is None:
        return Capability(None, low, high, worst)
    if lower >= upper:
        raise ValueError("the lower limit is not below the upper one")
    both = (upper - lower) / (6 * sigma)
    half = (upper - lower) / 2
    centered = None if target is None else both / sqrt(1 + ((mean - target) / sigma) ** 2)
    return Capability(both, low, high, worst, centered, abs(mean - (upper + lower) / 2) / half)
