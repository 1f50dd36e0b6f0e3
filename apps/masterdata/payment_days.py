"""The arithmetic of payment terms: days on which instalments are due, and what each is."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from datetime import timedelta
from decimal import Decimal

from apps.core.money import allocate


@dataclass(frozen=True, slots=True)
class Share:
    """``percent`` of an invoice, due ``days`` after it, on the next ``day_of_month`` if any."""

    percent: Decimal
    days: int
    day_of_month: int | None = None

    def due_date(self, invoiced_on: Date) -> Date:
        return on_day_of_month(invoiced_on + timedelta(days=self.days), self.day_of_month)


@dataclass(frozen=True, slots=True)
class Due:
    """An amount in the invoice's currency and the day on which it is due."""

    date: Date
    amount: Decimal


def on_day_of_month(earliest: Date, day: int | None) -> Date:
    """The first ``day`` of a month from ``earliest`` on; short months end at their last day."""
    if day is None:
        return earliest
    year, month = earliest.year, earliest.month
    found = earliest.replace(day=min(day, calendar.monthrange(year, month)[1]))
    if found >= earliest:
        return found
    year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return Date(year, month, min(day, calendar.monthrange(year, month)[1]))


def split_total(
    total: Decimal, invoiced_on: Date, shares: Sequence[Share], decimal_places: int
) -> list[Due]:
    """``total`` in instalments, the earliest first; they sum to it exactly.

    Instalments that round to nothing are left out.
    """
    amounts = allocate(total, [share.percent for share in shares], decimal_places)
    dues = [
        Due(share.due_date(invoiced_on), amount)
        for share, amount in zip(shares, amounts, strict=True)
        if amount
    ]
    return sorted(dues, key=lambda due: due.date)
