"""Working time as one straight line of seconds: shifts laid end to end, nights cut out.

Breaks have no place of their own in a shift, so its working seconds are spread over all of it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple


class Stretch(NamedTuple):
    """A span of time with so many seconds of work in it."""

    starts_at: datetime
    ends_at: datetime
    seconds: int


class Axis:
    """Turns working seconds since the beginning into moments, and back."""

    def __init__(self, stretches: Sequence[Stretch]) -> None:
        self.stretches = [stretch for stretch in stretches if stretch.seconds > 0]
        self._starts = [stretch.starts_at for stretch in self.stretches]
        self._before = [0]
        for stretch in self.stretches:
            self._before.append(self._before[-1] + stretch.seconds)

    @property
    def seconds(self) -> int:
        """All the work that fits."""
        return self._before[-1]

    def moment(self, second: int, *, is_end: bool = False) -> datetime:
        """When a working second begins; with ``is_end``, when the one before it ends."""
        find = bisect_left if is_end else bisect_right
        place = min(max(find(self._before, second) - 1, 0), len(self.stretches) - 1)
        stretch = self.stretches[place]
        inside = second - self._before[place]
        length = stretch.ends_at - stretch.starts_at
        return stretch.starts_at + length * inside / stretch.seconds

    def second(self, moment: datetime) -> int:
        """How many working seconds lie before ``moment``; whole ones."""
        place = bisect_right(self._starts, moment) - 1
        if place < 0:
            return 0
        stretch = self.stretches[place]
        if moment >= stretch.ends_at:
            return self._before[place + 1]
        length = stretch.ends_at - stretch.starts_at
        inside = (moment - stretch.starts_at) / length
        return self._before[place] + round(stretch.seconds * inside)

    def is_working(self, moment: datetime) -> bool:
        place = bisect_right(self._starts, moment) - 1
        return place >= 0 and moment < self.stretches[place].ends_at


def continuous(starts_at: datetime, days: int) -> Axis:
    """Around the clock from ``starts_at`` on."""
    length = timedelta(days=days)
    return Axis([Stretch(starts_at, starts_at + length, int(length.total_seconds()))])
