"""Lot sizes from costs: the classic rules over the net requirements of one item.

Costs are whole numbers of one small money unit or Decimals; only their comparison matters here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import ceil, floor, sqrt
from typing import TypeVar

Cost = TypeVar("Cost", int, Decimal)


def economic_order_quantity(demand: float, order_cost: float, holding_cost: float) -> float:
    """Harris/Wilson: the quantity at which ordering and holding cost the same."""
    return sqrt(2 * demand * order_cost / holding_cost)


def lot_for_lot(net: Sequence[int]) -> list[int]:
    return list(net)


def fixed_lots(gross: Sequence[int], on_hand: int, lot: int) -> list[int]:
    """Whole lots whenever stock would run short."""
    lots, stock = [], on_hand
    for wanted in gross:
        count = ceil(max(wanted - stock, 0) / lot)
        lots.append(count * lot)
        stock += count * lot - wanted
    return lots


def period_lots(gross: Sequence[int], on_hand: int, periods: int) -> list[int]:
    """When stock would run short, what that many periods need."""
    lots, stock = [], on_hand
    for place, wanted in enumerate(gross):
        lot = 0
        if stock < wanted:
            lot = max(sum(gross[place : place + periods]) - stock, 0)
        lots.append(lot)
        stock += lot - wanted
    return lots


def lot_cost(
    gross: Sequence[int], lots: Sequence[int], on_hand: int, setup: Cost, holding: Cost
) -> Cost:
    """Set-ups, and holding of what is left at the end of each period."""
    stock, total = on_hand, setup * 0
    for wanted, lot in zip(gross, lots, strict=True):
        stock += lot - wanted
        total += (setup if lot else setup * 0) + holding * stock
    return total


def wagner_whitin(net: Sequence[int], setup: Cost, holding: Cost) -> list[int]:
    """The cheapest lots there are (Wagner and Whitin 1958): each covers whole
    periods, and of equally cheap ones those with the fewest set-ups are chosen."""
    best: list[Cost] = [setup * 0]
    first: list[int] = []
    for last in range(len(net)):
        found = []
        for start in range(last + 1):
            covered = net[start : last + 1]
            held = sum(quantity * (place) for place, quantity in enumerate(covered))
            cost = (setup if sum(covered) else setup * 0) + holding * held
            found.append((best[start] + cost, start))
        cost, start = min(found)
        best.append(cost)
        first.append(start)
    lots, last = [0] * len(net), len(net)
    while last:
        start = first[last - 1]
        lots[start] = sum(net[start:last])
        last = start
    return lots


def part_period_lots(
    net: Sequence[int], economic: int, *, looks_ahead: bool = False, looks_back: bool = False
) -> list[int]:
    """Cover periods until holding them costs what a set-up does (in part-periods).

    Looking ahead, the next period joins the lot when it would otherwise be held longer than it
    is worth; looking back, the last one leaves it when that saves more than it costs.
    """
    lots, start = [0] * len(net), 0
    while start < len(net):
        last, parts = start, 0
        while last + 1 < len(net):
            more = parts + net[last + 1] * (last + 1 - start)
            if more > economic:
                break
            last, parts = last + 1, more
        if looks_ahead:
            last = _ahead(net, start, last)
        if looks_back:
            last = _back(net, start, last)
        lots[start] = sum(net[start : last + 1])
        start = last + 1
    return lots


def _ahead(net: Sequence[int], start: int, last: int) -> int:
    """Move the next lot's start on while a large requirement behind it would be held too long."""
    while last + 2 < len(net) and net[last + 2] > net[last + 1] * (last + 1 - start):
        last += 1
    return last


def _back(net: Sequence[int], start: int, last: int) -> int:
    """Begin the next lot sooner when its first requirement is then held for less."""
    while last > start + 1 and last + 1 < len(net) and net[last + 1] < net[last] * (last - start):
        last -= 1
    return last


@dataclass(frozen=True, slots=True)
class MasterSchedule:
    """By period: lots, projected stock, and what may still be promised (None: no lot then)."""

    lots: list[int]
    projected: list[int]
    available: list[int | None]


def master_schedule(
    on_hand: int, forecast: Sequence[int], orders: Sequence[int], lot: int
) -> MasterSchedule:
    """Discrete available-to-promise: one lot whenever stock would go below zero."""
    stock, lots, projected = on_hand, [], []
    for wanted in map(max, forecast, orders):
        made = lot if stock < wanted else 0
        stock += made - wanted
        lots.append(made)
        projected.append(stock)
    return MasterSchedule(lots, projected, available_to_promise(on_hand, lots, orders))


def available_to_promise(
    on_hand: int, receipts: Sequence[int], orders: Sequence[int]
) -> list[int | None]:
    """What each receipt leaves for new orders until the next one; stock counts with the first."""
    starts = [0] + [n for n, quantity in enumerate(receipts) if quantity and n]
    found: list[int | None] = [None] * len(receipts)
    for start, after in zip(starts, [*starts[1:], len(receipts)], strict=True):
        coming = receipts[start] + (on_hand if start == 0 else 0)
        found[start] = coming - sum(orders[start:after])
    return found


def rough_cut(lots: Sequence[float], setup_hours: float, run_hours: float) -> list[float]:
    """Hours that each lot loads its work centre with."""
    return [setup_hours + run_hours * lot if lot else 0.0 for lot in lots]


def half_up(value: float) -> int:
    return floor(value + 0.5)
