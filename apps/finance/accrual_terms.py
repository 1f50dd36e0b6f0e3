"""How an amount falls on months."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from datetime import date as Date
from datetime import timedelta
from decimal import Decimal

from apps.core.money import ZERO, allocate

LONGEST = 600
Parts = list[tuple[Date, Decimal]]


def month_end(day: Date) -> Date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def month_ends(first: Date, last: Date) -> list[Date]:
    """Last days of the months that a span touches, at most one more than ``LONGEST``."""
    ends = [month_end(first)]
    while ends[-1] < last and len(ends) <= LONGEST:
        ends.append(month_end(ends[-1] + timedelta(days=1)))
    return ends


def by_day(amount: Decimal, first: Date, last: Date, decimal_places: int) -> Parts:
    """Each month gets what its days in the span are worth; the parts sum to ``amount``."""
    ends = month_ends(first, last)
    days = [Decimal((min(end, last) - max(end.replace(day=1), first)).days + 1) for end in ends]
    return _parts(amount, ends, days, decimal_places)


def by_month(amount: Decimal, first: Date, last: Date, decimal_places: int) -> Parts:
    """Each month that the span touches gets the same; the parts sum to ``amount``."""
    ends = month_ends(first, last)
    return _parts(amount, ends, [Decimal(1)] * len(ends), decimal_places)


def _parts(
    amount: Decimal, ends: Sequence[Date], weights: Sequence[Decimal], decimal_places: int
) -> Parts:
    shares = allocate(amount, weights, decimal_places)
    return [(end, share) for end, share in zip(ends, shares, strict=True) if share != ZERO]
