"""Factors of control charts by subgroup size: for the normal distribution, after ISO 7870-2.

d2 and d3 are mean and standard deviation of the range of n standard normal values, integrated
numerically (a test repeats it); c4 has a closed form. All other factors follow from these three.
Printed tables give three decimals.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import exp, lgamma, sqrt

#: Subgroup size → (d2, d3).
RANGES = {
    2: (1.12837917, 0.85250247),
    3: (1.69256875, 0.88836800),
    4: (2.05875075, 0.87980820),
    5: (2.32592895, 0.86408194),
    6: (2.53441272, 0.84803969),
    7: (2.70435675, 0.83320534),
    8: (2.84720061, 0.81983149),
    9: (2.97002632, 0.80783427),
    10: (3.07750546, 0.79705067),
    11: (3.17287270, 0.78731462),
    12: (3.25845528, 0.77847834),
    13: (3.33598035, 0.77041620),
    14: (3.40676311, 0.76302310),
    15: (3.47182689, 0.75621143),
    16: (3.53198279, 0.74990809),
    17: (3.58788396, 0.74405178),
    18: (3.64006376, 0.73859085),
    19: (3.68896302, 0.73348150),
    20: (3.73495012, 0.72868635),
    21: (3.77833583, 0.72417334),
    22: (3.81938464, 0.71991481),
    23: (3.85832342, 0.71588674),
    24: (3.89534815, 0.71206818),
    25: (3.93062922, 0.70844077),
}


@dataclass(frozen=True, slots=True)
class Factors:
    """Factors for one subgroup size, named as everywhere."""

    A2: float
    A3: float
    B3: float
    B4: float
    D3: float
    D4: float
    d2: float
    d3: float
    c4: float


@cache
def factors(size: int, decimals: int | None = None) -> Factors:
    """Factors of subgroups of ``size``, 2 to 25, rounded to ``decimals`` when given.

    Raises ``ValueError`` for another size.
    """
    if size not in RANGES:
        raise ValueError("subgroups have 2 to 25 values")
    d2, d3 = RANGES[size]
    c4 = sqrt(2 / (size - 1)) * exp(lgamma(size / 2) - lgamma((size - 1) / 2))
    wide = 3 * sqrt(1 - c4**2) / c4
    exact = (
        3 / (d2 * sqrt(size)),
        3 / (c4 * sqrt(size)),
        max(0.0, 1 - wide),
        1 + wide,
        max(0.0, 1 - 3 * d3 / d2),
        1 + 3 * d3 / d2,
        d2,
        d3,
        c4,
    )
    if decimals is None:
        return Factors(*exact)
    kept = [round(value, decimals) for value in exact[:-1]]
    return Factors(*kept, c4=round(c4, decimals + 1))  # type: ignore[misc]
