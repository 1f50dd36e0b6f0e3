"""Working days as arithmetic: lead times count only days on which the site works."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from apps.planning.engine.errors import PlanError
from apps.planning.engine.scale import Ints

Flags = np.ndarray[Any, np.dtype[np.bool_]]


class WorkingDays:
    """The days from ``first`` to ``last`` (0 = today), and on which of them work is done.

    ``ordinal`` numbers the working days; a day of rest has the number of the working day before
    it, so that what falls due on a Sunday is wanted on Friday.
    """

    def __init__(self, is_working: Callable[[int], bool], *, first: int, last: int) -> None:
        flags: Flags = np.fromiter(
            (is_working(day) for day in range(first, last + 1)), dtype=bool, count=last - first + 1
        )
        self._set(flags, first)

    @classmethod
    def of(cls, flags: Flags, *, first: int) -> WorkingDays:
        """From an array of flags, the first of them day ``first``."""
        made = cls.__new__(cls)
        made._set(flags, first)
        return made

    def _set(self, flags: Flags, first: int) -> None:
        if not flags[max(0, -first) :].any():
            raise PlanError("no_working_days", field="site")
        self.first = first
        self._ordinal: Ints = np.cumsum(flags) - 1
        self._days: Ints = np.flatnonzero(flags) + first

    def shift(self, days: Ints, working_days: Ints) -> Ints:
        """The working day so many working days before (above zero) or after each day.

        Zero moves a day of rest back to the working day before it.
        """
        place = np.clip(days - self.first, 0, len(self._ordinal) - 1)
        ordinal = self._ordinal[place] - working_days
        return self._days[np.clip(ordinal, 0, len(self._days) - 1)]

    def between(self, day: int, other: int) -> int:
        """How many working days lie from ``day`` to ``other``."""
        size = len(self._ordinal) - 1
        left = self._ordinal[min(max(day - self.first, 0), size)]
        return int(self._ordinal[min(max(other - self.first, 0), size)] - left)

    def is_working(self, day: int) -> bool:
        place = min(max(day - self.first, 0), len(self._ordinal) - 1)
        return bool(self._days[max(int(self._ordinal[place]), 0)] == day)
