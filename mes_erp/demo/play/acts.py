"""An act: what somebody does at a moment of the story."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum


class Step(IntEnum):
    """The order of acts of one moment: first what brings stock, last what takes it."""

    RATES = 0
    ORDERS = 1
    ARRIVES = 2
    REPORTED = 3
    INSPECTED = 4
    FINISHED = 5
    CLOSED = 6
    STARTS = 7
    LEAVES = 8
    BOOKS = 9
    LOG = 10
    AFTER = 11


@dataclass(frozen=True, slots=True)
class Act:
    at: datetime
    step: Step
    key: str
    do: Callable[[], object]

    @property
    def place(self) -> tuple[datetime, int, str]:
        return (self.at, self.step, self.key)
