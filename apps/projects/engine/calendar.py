"""Working days and dates: which date an offset of the network falls on, and back."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from datetime import date as Date
from datetime import timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

DAY = timedelta(days=1)
#: A site that does not work for so long works never.
LONGEST_BREAK = 366
#: Offsets are sums of thirds at worst: less than this is no day begun.
STEP = Decimal("0.000001")


class NoWorkingDay(Exception):
    """The calendar has no working day within a year of ``day``."""

    def __init__(self, day: Date) -> None:
        super().__init__(str(day))
        self.day = day


class WorkingDays:
    """The working days from ``start`` on, found as they are needed."""

    def __init__(self, start: Date, is_working: Callable[[Date], bool]) -> None:
        self._is_working = is_working
        self._days: list[Date] = []
        self._next = start

    def at(self, index: int) -> Date:
        """The working day ``index``, counted from zero."""
        while len(self._days) <= index:
            self._find()
        return self._days[index]

    def start_of(self, offset: Decimal) -> Date:
        """The date on which work that begins ``offset`` days into the project begins."""
        return self.at(max(int(offset.quantize(STEP).to_integral_value(ROUND_FLOOR)), 0))

    def finish_of(self, offset: Decimal) -> Date:
        """The date on which work that ends ``offset`` days into the project ends."""
        ended = offset.quantize(STEP).to_integral_value(ROUND_CEILING)
        return self.at(max(int(ended) - 1, 0))

    def offset_of(self, day: Date) -> Decimal:
        """How many working days lie before ``day``."""
        self._reach(day)
        return Decimal(bisect_left(self._days, day))

    def elapsed(self, day: Date) -> Decimal:
        """How many working days are over at the end of ``day``."""
        self._reach(day)
        return Decimal(bisect_right(self._days, day))

    def _reach(self, day: Date) -> None:
        while not self._days or self._days[-1] < day:
            self._find()

    def _find(self) -> None:
        day = self._next
        for _n in range(LONGEST_BREAK):
            if self._is_working(day):
                self._days.append(day)
                self._next = day + DAY
                return
            day += DAY
        raise NoWorkingDay(self._next)
