"""Demand driven buffers (DDMRP): zones, net flow, and what to order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil

from apps.planning.engine.errors import PlanError


@dataclass(frozen=True, slots=True)
class Buffer:
    """The zones of a buffer in units; each is on top of the one before."""

    red_base: float
    red_safety: float
    yellow: float
    green: float

    @property
    def red(self) -> float:
        return self.red_base + self.red_safety

    @property
    def top_of_yellow(self) -> float:
        return self.red + self.yellow

    @property
    def top_of_green(self) -> float:
        return self.top_of_yellow + self.green


def size_buffer(
    usage: float,
    lead_time: float,
    *,
    lead_time_factor: float,
    variability_factor: float,
    minimum: float = 0,
    cycle: float = 0,
    is_whole: bool = False,
) -> Buffer:
    """Zones from average daily usage and lead time; the largest of three makes the green one."""
    yellow = usage * lead_time
    base = _rounded(yellow * lead_time_factor, is_whole)
    safety = _rounded(base * variability_factor, is_whole)
    green = max(yellow * lead_time_factor, minimum, usage * cycle)
    return Buffer(base, safety, _rounded(yellow, is_whole), _rounded(green, is_whole))


def net_flow(on_hand: float, on_order: float, qualified_demand: float) -> float:
    return on_hand + on_order - qualified_demand


def order_quantity(
    position: float,
    top_of_yellow: float,
    top_of_green: float,
    *,
    minimum: float = 0,
    multiple: float = 0,
) -> float:
    """Nothing above yellow; below it up to the top of green, in whole multiples."""
    if position > top_of_yellow:
        return 0
    wanted = max(top_of_green - position, minimum)
    return ceil(wanted / multiple) * multiple if multiple else wanted


def spikes(
    orders: Iterable[tuple[str, float, int]], horizon: int, threshold: float
) -> list[tuple[str, float]]:
    """Orders (name, quantity, days ahead) so large within the horizon that stock must know now."""
    return [
        (name, quantity)
        for name, quantity, ahead in orders
        if 0 < ahead <= horizon and quantity >= threshold
    ]


def average_daily_usage(issues: Iterable[tuple[int, float]], days: int) -> float:
    """Issues (day as a negative number, quantity) of the last ``days``; today is left out."""
    return sum(quantity for day, quantity in issues if -days <= day < 0) / days


def blended_usage(past: float, future: float, factors: Sequence[float]) -> float:
    """Past and future usage weighed; raises ``PlanError`` unless the weights make one."""
    if abs(sum(factors) - 1) > 1e-9:
        raise PlanError("bad_factors", field="factors")
    return past * factors[0] + future * factors[1]


def _rounded(value: float, is_whole: bool) -> float:
    return int(value + 0.5) if is_whole else value
