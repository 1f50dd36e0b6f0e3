"""Which method: the one that would have been the least wrong lately; with errors and outliers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from apps.planning.engine.errors import PlanError
from apps.planning.engine.forecasting.methods import METHODS, Series

SHORTEST = 4
MAE, MAPE, MASE = "mae", "mape", "mase"
#: From this many periods between demands on a series counts as intermittent (Syntetos, Boylan).
_INTERMITTENT = 1.32
_OUTLIER = 3.5


@dataclass(frozen=True, slots=True)
class Errors:
    """How wrong a forecast was. None where the measure has no meaning (no demand, no change)."""

    mae: float
    rmse: float
    mape: float | None
    smape: float | None
    mase: float | None
    bias: float

    def by(self, measure: str) -> float:
        value = getattr(self, measure)
        return float(self.mae if value is None else value)


@dataclass(frozen=True, slots=True)
class Choice:
    """``forecast`` by the best method; ``errors`` of every method tried, on the hold-out."""

    method: str
    forecast: list[float]
    errors: dict[str, Errors]
    outliers: list[int] = field(default_factory=list)


def as_series(values: Sequence[float | None]) -> Series:
    """Numbers to forecast from. Raises ``PlanError``: ``history_gap`` (with the place of the first
    missing value), ``history_too_short``, ``negative_demand``."""
    for place, value in enumerate(values):
        if value is None or not np.isfinite(value):
            raise PlanError("history_gap", field="history", items=(place,))
        if value < 0:
            raise PlanError("negative_demand", field="history", items=(place,))
    if len(values) < SHORTEST:
        raise PlanError("history_too_short", field="history")
    return np.array(values, dtype=float)


def measure(actual: Series, expected: Series, history: Series, period: int = 1) -> Errors:
    """Errors of ``expected``; MASE is scaled by the seasonal naive error within ``history``."""
    miss = actual - expected
    size = np.abs(miss)
    lag = period if period > 1 and len(history) > period else 1
    scale = float(np.abs(history[lag:] - history[:-lag]).mean()) if len(history) > lag else 0.0
    both = np.abs(actual) + np.abs(expected)
    return Errors(
        mae=float(size.mean()),
        rmse=float(np.sqrt((miss**2).mean())),
        mape=float((size / np.abs(actual)).mean() * 100) if (actual != 0).all() else None,
        smape=float((200 * size / both).mean()) if (both != 0).all() else None,
        mase=float(size.mean()) / scale if scale else None,
        bias=float(-miss.mean()),
    )


def forecast_by(method: str, x: Series, period: int, horizon: int) -> Series:
    """The forecast of one method; demand is never below zero."""
    return np.maximum(METHODS[method](x, period, horizon), 0.0)


def candidates(x: Series, period: int) -> list[str]:
    """The methods that make sense for a series."""
    demands = int((x > 0).sum())
    if demands and len(x) / demands > _INTERMITTENT:
        return ["croston", "naive", "moving_average", "ses"]
    names = ["naive", "moving_average", "ses", "holt", "damped", "theta"]
    if period > 1 and len(x) >= 2 * period + 1:
        names += ["seasonal_naive", "holt_winters"]
    return names


def choose(
    values: Sequence[float | None], *, period: int = 1, horizon: int = 1, by: str = MASE
) -> Choice:
    """The method with the least error over the last part of the series, used on all of it.

    The hold-out is as long as the horizon, but at most a third of the series. With equal errors
    the simpler method wins. Raises like ``as_series``.
    """
    x = as_series(values)
    held = max(1, min(horizon, len(x) // 3))
    known, actual = x[:-held], x[-held:]
    errors = {
        name: measure(actual, forecast_by(name, known, period, held), known, period)
        for name in candidates(x, period)
    }
    best = min(errors, key=lambda name: round(errors[name].by(by), 9))
    forecast = forecast_by(best, x, period, horizon)
    return Choice(best, forecast.tolist(), errors, outliers(x, period))


def outliers(x: Series, period: int = 1) -> list[int]:
    """Places of values far from their neighbours (and from the same place in other seasons)."""
    if len(x) < SHORTEST:
        return []
    base = x.copy()
    if period > 1 and len(x) >= 2 * period:
        base = x - np.array([np.median(x[n % period :: period]) for n in range(len(x))])
    reach = 3
    middle = np.array([np.median(base[max(0, n - reach) : n + reach + 1]) for n in range(len(x))])
    away = np.abs(base - middle)
    spread = float(np.median(away)) * 1.4826
    if not spread:
        spread = float(away.mean()) * 1.2533
    if not spread:
        return []
    return np.flatnonzero(away > _OUTLIER * spread).tolist()
