"""Promise dates over plain values: what is there, what comes, what has to be made or bought.

Light on capacity on purpose: a lead time stands for it until the schedule itself is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal

from apps.core.money import ZERO

Level = tuple[Date | None, Decimal]


@dataclass(frozen=True, slots=True)
class Available:
    """The first day on which a quantity can go out without taking what is promised to others.

    ``date`` None: at once. ``is_covered`` False: neither stock nor receipts are enough.
    """

    is_covered: bool
    date: Date | None = None
    short: Decimal = ZERO


def first_available(levels: Sequence[Level], quantity: Decimal) -> Available:
    """``levels``: what there will be at the end of each day, the first (None) being now.

    A quantity taken on a day lowers every later level, so the least of them counts.
    """
    least: list[Decimal] = []
    for _day, level in reversed(levels):
        least.append(min(level, least[-1]) if least else level)
    least.reverse()
    for (day, _level), free in zip(levels, least, strict=True):
        if free >= quantity:
            return Available(True, day)
    return Available(False, short=quantity - max(least[-1] if least else ZERO, ZERO))


def working_day_after(
    start: Date, days: int, is_working: Callable[[Date], bool], *, furthest: int = 1500
) -> Date | None:
    """The ``days``-th working day after ``start``; for 0, the first from ``start`` on.

    None when the calendar has none within ``furthest`` days.
    """
    day, left = start, days
    for _n in range(furthest):
        if is_working(day):
            if left == 0:
                return day
            left -= 1
        day = Date.fromordinal(day.toordinal() + 1)
    return None
