"""Quantities as integers: a millionth of a stock unit is the smallest that the suite keeps."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from math import gcd
from typing import Any

import numpy as np

from apps.planning.engine.errors import PlanError

MICRO = 1_000_000
#: Above it a product could leave the 64 bits; such rows are multiplied by Python's own integers.
SAFE = 4.0e18
LARGEST = 2**62

Ints = np.ndarray[Any, np.dtype[np.int64]]


def to_micro(quantity: Decimal | int | str) -> int:
    """``quantity`` in millionths, rounded half away from zero as the suite rounds quantities."""
    scaled = Decimal(quantity).scaleb(6)
    return int(scaled.to_integral_value(ROUND_HALF_UP))


def from_micro(value: int) -> Decimal:
    """Millionths as a quantity, without trailing zeros."""
    return Decimal(int(value)).scaleb(-6)


def reduced(numerator: int, denominator: int) -> tuple[int, int]:
    """A ratio in lowest terms; raises ``PlanError`` when even these need more than 62 bits."""
    common = gcd(numerator, denominator)
    top, bottom = numerator // common, denominator // common
    if top > LARGEST or bottom > LARGEST:
        raise PlanError("ratio_too_fine", field="quantity")
    return top, bottom


def times_ratio(quantities: Ints, numerators: Ints, denominators: Ints) -> Ints:
    """``quantities * numerators / denominators`` by row, exact, rounded half away from zero.

    ``quantities`` is (rows, days) and not negative; the ratios are one per row.
    """
    if not quantities.size:
        return quantities.copy()
    if (numerators == denominators).all():
        return quantities.copy()
    peaks = quantities.max(axis=1).astype(float)
    result = np.empty_like(quantities)
    simple = denominators == 1
    fits = (peaks * numerators * 2 + denominators) < SAFE
    rows = simple & fits
    result[rows] = quantities[rows] * numerators[rows, None]
    rows = ~simple & fits
    if rows.any():
        bottom = denominators[rows, None]
        doubled = 2 * quantities[rows] * numerators[rows, None] + bottom
        result[rows] = doubled // (2 * bottom)
    for row in np.flatnonzero(~fits):
        top, under = int(numerators[row]), int(denominators[row])
        exact = [(2 * int(q) * top + under) // (2 * under) for q in quantities[row]]
        if max(exact) > LARGEST:
            raise PlanError("quantity_too_large", field="quantity")
        result[row] = exact
    return result
