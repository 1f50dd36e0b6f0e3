"""Whether a series has seasons, and what it is without them."""

from __future__ import annotations

from typing import Any

import numpy as np

Series = np.ndarray[Any, np.dtype[np.float64]]
#: 90 % of a normal distribution lie within.
_LIMIT = 1.645


def is_seasonal(x: Series, period: int) -> bool:
    """Whether the correlation with last season is beyond chance; only for values above zero."""
    if period < 2 or len(x) < 3 * period or (x <= 0).any():
        return False
    centred = x - x.mean()
    total = float((centred**2).sum())
    if not total:
        return False
    r = np.array([float((centred[k:] * centred[:-k]).sum()) / total for k in range(1, period + 1)])
    limit = _LIMIT * np.sqrt((1 + 2 * float((r[:-1] ** 2).sum())) / len(x))
    return bool(abs(r[-1]) > limit)


def deseasonalised(x: Series, period: int) -> tuple[Series, Series]:
    """(the series without season, the factors of a season): multiplicative decomposition."""
    weights = np.ones(period) / period
    if period % 2 == 0:
        weights = np.concatenate(([0.5], np.ones(period - 1), [0.5])) / period
    half = len(weights) // 2
    trend = np.full(len(x), np.nan)
    trend[half : len(x) - half] = np.convolve(x, weights, mode="valid")
    ratio = x / trend
    factors = np.array([np.nanmean(ratio[place::period]) for place in range(period)])
    factors = factors * period / factors.sum()
    return x / np.resize(factors, len(x)), factors
