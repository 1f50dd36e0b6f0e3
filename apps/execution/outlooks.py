"""What a shift should make, has made and will make: plain arithmetic on planned minutes."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from apps.core.money import ZERO


@dataclass(frozen=True, slots=True)
class Outlook:
    """Units of one shift. ``target`` is the standard pace over its planned time, ``due`` the part
    of it that should be made by now; ``forecast`` goes on at the pace so far."""

    target: Decimal = ZERO
    due: Decimal = ZERO
    actual: Decimal = ZERO
    forecast: Decimal = ZERO

    def __add__(self, other: Outlook) -> Outlook:
        return Outlook(
            self.target + other.target,
            self.due + other.due,
            self.actual + other.actual,
            self.forecast + other.forecast,
        )

    @property
    def is_behind(self) -> bool:
        return self.forecast < self.target


def outlook(*, actual: Decimal, unit_minutes: Decimal, spent: Decimal, left: Decimal) -> Outlook:
    """``spent`` and ``left`` are planned minutes of the shift; whole units, rounded down."""
    if unit_minutes <= 0:
        return Outlook(actual=actual, forecast=actual)
    pace = actual / spent if spent > 0 else ZERO
    return Outlook(
        target=(spent + left) // unit_minutes,
        due=spent // unit_minutes,
        actual=actual,
        forecast=(actual + pace * left) // 1 if spent > 0 else left // unit_minutes,
    )
