"""The methods: each fits its constants to a series by least squares and looks ahead.

Constants are tried on a grid, all combinations side by side in one pass over the series.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from apps.planning.engine.forecasting.seasonality import deseasonalised, is_seasonal

Series = np.ndarray[Any, np.dtype[Any]]
Method = Callable[[Series, int, int], Series]

_ALPHAS = np.concatenate((np.arange(0.02, 1.0, 0.02), [0.9999]))


def naive(x: Series, period: int, horizon: int) -> Series:
    """The last value goes on."""
    return np.full(horizon, x[-1])


def seasonal_naive(x: Series, period: int, horizon: int) -> Series:
    """The last season repeats."""
    if period < 2 or len(x) < period:
        return naive(x, period, horizon)
    return np.resize(x[-period:], horizon)


def moving_average(x: Series, period: int, horizon: int) -> Series:
    """The mean of the last values; as many as predicted best so far, up to twelve."""
    best, best_error = 1, np.inf
    total = np.concatenate(([0.0], np.cumsum(x)))
    for size in range(1, min(12, len(x) - 1) + 1):
        means = (total[size:-1] - total[: -size - 1]) / size
        error = float(np.mean((x[size:] - means) ** 2))
        if error < best_error - 1e-12:
            best, best_error = size, error
    return np.full(horizon, x[-best:].mean())


def exponential_smoothing(x: Series, period: int, horizon: int) -> Series:
    """Simple: one level, no trend, no season."""
    return np.full(horizon, smoothed_level(x)[0])


def smoothed_level(x: Series, alphas: Series = _ALPHAS) -> tuple[float, float]:
    """(last level, alpha) of the smoothing with the least squared error.

    The first level is a little of the past, so that one odd first value does not rule.
    """
    level = np.full(len(alphas), x[: max(1, min(len(x) // 4, 5))].mean())
    error = np.zeros(len(alphas))
    for value in x:
        miss = value - level
        error += miss * miss
        level = level + alphas * miss
    best = int(error.argmin())
    return float(level[best]), float(alphas[best])


@dataclass(frozen=True, slots=True)
class Trend:
    """The state of Holt's method at the end of a series."""

    level: float
    trend: float
    phi: float
    error: float


def fit_trend(x: Series, phis: tuple[float, ...]) -> Trend:
    """Holt's two constants (and damping) with the least squared error."""
    grid = np.array(list(product(np.arange(0.05, 1.0, 0.1), np.arange(0.01, 0.7, 0.08), phis)))
    alpha, beta, phi = grid.T
    beta = beta * alpha
    first = min(len(x), 8)
    slope, start = np.polyfit(np.arange(first), x[:first], 1) if first > 1 else (0.0, x[0])
    level, trend = np.full(len(grid), start - slope), np.full(len(grid), slope)
    error = np.zeros(len(grid))
    for value in x:
        expected = level + phi * trend
        miss = value - expected
        error += miss * miss
        level, trend = expected + alpha * miss, phi * trend + beta * miss
    best = int(error.argmin())
    return Trend(float(level[best]), float(trend[best]), float(phi[best]), float(error[best]))


def holt(x: Series, period: int, horizon: int) -> Series:
    """Level and trend."""
    found = fit_trend(x, (1.0,))
    return found.level + found.trend * np.arange(1, horizon + 1)


def damped(x: Series, period: int, horizon: int) -> Series:
    """Level and a trend that fades."""
    found = fit_trend(x, (0.8, 0.87, 0.93, 0.98))
    return found.level + found.trend * np.cumsum(found.phi ** np.arange(1, horizon + 1))


def theta(x: Series, period: int, horizon: int) -> Series:
    """Half the straight line, half the smoothed curvature (Assimakopoulos and Nikolopoulos)."""
    size = len(x)
    slope = float(np.polyfit(np.arange(size), x, 1)[0]) if size > 2 else 0.0
    level, alpha = smoothed_level(x)
    ahead = np.arange(horizon)
    return level + 0.5 * slope * (ahead + (1 - (1 - alpha) ** size) / alpha)


def holt_winters(x: Series, period: int, horizon: int) -> Series:
    """Level, trend and season: additive, or multiplicative where that fits better."""
    if period < 2 or len(x) < 2 * period:
        return holt(x, period, horizon)
    kinds = [False, True] if (x > 0).all() else [False]
    fits = [_winters(x, period, horizon, is_multiplied) for is_multiplied in kinds]
    return min(fits, key=lambda fit: fit[0])[1]


def _winters(x: Series, period: int, horizon: int, is_multiplied: bool) -> tuple[float, Series]:
    level0, trend0, season0 = winters_start(x, period, is_multiplied)
    grid = np.array(
        list(product((0.05, 0.15, 0.3, 0.5, 0.8), (0.005, 0.05, 0.15), (0.05, 0.2, 0.4, 0.7, 1.0)))
    )
    alpha, beta, gamma = grid.T
    level, trend = np.full(len(grid), level0), np.full(len(grid), trend0)
    season = np.repeat(season0[:, None], len(grid), axis=1)
    error = np.zeros(len(grid))
    for place, value in enumerate(x[period:]):
        row = place % period
        before = level
        base = level + trend
        if is_multiplied:
            error += (value - base * season[row]) ** 2
            level = alpha * value / np.maximum(season[row], 1e-9) + (1 - alpha) * base
            fresh = value / np.where(np.abs(level) > 1e-9, level, 1e-9)
        else:
            error += (value - base - season[row]) ** 2
            level = alpha * (value - season[row]) + (1 - alpha) * base
            fresh = value - level
        trend = beta * (level - before) + (1 - beta) * trend
        season[row] = gamma * fresh + (1 - gamma) * season[row]
    error = np.where(np.isfinite(error), error, np.inf)
    best = int(error.argmin())
    ahead = np.arange(1, horizon + 1)
    rows = (len(x) - period + ahead - 1) % period
    line, seasons = level[best] + ahead * trend[best], season[rows, best]
    return float(error[best]), line * seasons if is_multiplied else line + seasons


def winters_start(x: Series, period: int, is_multiplied: bool) -> tuple[float, float, Series]:
    """Level, trend and season to begin with, from a decomposition of the first two seasons."""
    first = x[: 2 * period]
    trend = centred_mean(first, period)
    inside = ~np.isnan(trend)
    ratio = first / trend if is_multiplied else first - trend
    season = np.array([np.nanmean(ratio[place::period]) for place in range(period)])
    season = season / season.mean() if is_multiplied else season - season.mean()
    line = trend[inside]
    slope, start = np.polyfit(np.arange(1, len(line) + 1), line, 1)
    return float(start), float(slope), season


def centred_mean(x: Series, period: int) -> Series:
    """The mean of one season around each value; nan at both ends."""
    weights = np.ones(period) / period
    if period % 2 == 0:
        weights = np.concatenate(([0.5], np.ones(period - 1), [0.5])) / period
    half = len(weights) // 2
    result = np.full(len(x), np.nan)
    result[half : len(x) - half] = np.convolve(x, weights, mode="valid")
    return result


@dataclass(frozen=True, slots=True)
class WintersState:
    level: float
    trend: float
    squared_error: float


def winters_with(
    x: Series, period: int, *, alpha: float, beta: float, gamma: float
) -> WintersState:
    """Additive Holt-Winters with given constants: its state at the end and its squared error."""
    level, trend, season = winters_start(x, period, False)
    error = 0.0
    for place, value in enumerate(x[period:]):
        row = place % period
        before, base = level, level + trend
        error += (value - base - season[row]) ** 2
        level = alpha * (value - season[row]) + (1 - alpha) * base
        trend = beta * (level - before) + (1 - beta) * trend
        season[row] = gamma * (value - level) + (1 - gamma) * season[row]
    return WintersState(float(level), float(trend), float(error))


@dataclass(frozen=True, slots=True)
class Intermittent:
    """Croston's two levels: the size of a demand and the time between two."""

    size: float
    interval: float

    @property
    def rate(self) -> float:
        return self.size / self.interval if self.interval else 0.0


def croston_state(x: Series, alpha: float = 0.1) -> Intermittent:
    """Croston (1972): size and interval smoothed apart, only when there is a demand."""
    places = np.flatnonzero(x > 0)
    if not len(places):
        return Intermittent(0.0, 0.0)
    gaps = np.diff(np.concatenate(([-1], places))).astype(float)
    size, interval = float(x[places[0]]), float(gaps[0])
    for place, gap in zip(places[1:], gaps[1:], strict=True):
        size += alpha * (float(x[place]) - size)
        interval += alpha * (float(gap) - interval)
    return Intermittent(size, interval)


def croston(x: Series, period: int, horizon: int) -> Series:
    """A steady rate for demand that comes now and then."""
    return np.full(horizon, croston_state(x).rate)


def _seasonally(method: Method) -> Method:
    """The method on what is left without the season, which is put back afterwards."""

    def forecast(x: Series, period: int, horizon: int) -> Series:
        if not is_seasonal(x, period):
            return method(x, 1, horizon)
        plain, season = deseasonalised(x, period)
        ahead = (len(x) + np.arange(horizon)) % period
        return method(plain, 1, horizon) * season[ahead]

    return forecast


METHODS: dict[str, Method] = {
    "naive": naive,
    "seasonal_naive": seasonal_naive,
    "moving_average": _seasonally(moving_average),
    "ses": _seasonally(exponential_smoothing),
    "holt": _seasonally(holt),
    "damped": _seasonally(damped),
    "theta": _seasonally(theta),
    "holt_winters": holt_winters,
    "croston": croston,
}
