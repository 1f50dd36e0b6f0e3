"""Terms of depreciation, and how much time in service they count at a date.

Time is counted in years since the convention's start, as exact fractions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date as Date
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from apps.core.money import ZERO

HALF = Fraction(1, 2)
_DAY = timedelta(days=1)


class Method(TextChoices):
    """How the loss of value spreads over the life."""

    NONE = "none", _("None")
    STRAIGHT_LINE = "straight_line", _("Straight line")
    DECLINING = "declining", _("Declining balance")
    DECLINING_SWITCH = "declining_switch", _("Declining balance, then straight line")
    WRITTEN_DOWN = "written_down", _("Written-down value")
    SUM_OF_YEARS = "sum_of_years", _("Sum of the years' digits")
    UNITS = "units", _("Units of production")
    MACRS = "macrs", _("MACRS")


class Convention(TextChoices):
    """What counts of the first and the last part of a year."""

    FULL_MONTH = "full_month", _("Full month of the start")
    NEXT_MONTH = "next_month", _("From the next month")
    DAILY = "daily", _("By days")
    HALF_YEAR = "half_year", _("Half year")
    MID_QUARTER = "mid_quarter", _("Middle of the quarter")
    MID_MONTH = "mid_month", _("Middle of the month")


#: Conventions whose first year counts a fixed part of a fiscal year.
BY_YEAR = frozenset({Convention.HALF_YEAR, Convention.MID_QUARTER})


@dataclass(frozen=True, slots=True)
class Terms:
    """How one asset is depreciated in one book.

    ``rate`` is percent a year, ``factor`` multiplies the straight-line rate; without either the
    factor is 2, and the written-down value finds the rate that ends at ``residual``.
    ``year_starts`` is the first month of the fiscal year.
    """

    method: str
    convention: str
    in_service: Date
    life_months: int | None = None
    residual: Decimal = ZERO
    rate: Decimal | None = None
    factor: Decimal | None = None
    units_total: Decimal | None = None
    year_starts: int = 1

    @property
    def life(self) -> Fraction:
        return Fraction(self.life_months or 0, 12)


def elapsed(terms: Terms, day: Date) -> Fraction:
    """Years of depreciation at the end of ``day``; never more than the life."""
    if day < terms.in_service:
        return Fraction(0)
    if terms.convention == Convention.DAILY:
        reached = _years_by_day(terms.in_service, day)
    else:
        reached = _years_by_month(terms, _months_done(day) - _month(terms.in_service))
    reached = max(reached, Fraction(0))
    return min(reached, terms.life) if terms.life_months else reached


def elapsed_at_disposal(terms: Terms, day: Date) -> Fraction:
    """Years of depreciation of an asset that leaves on ``day``.

    The middle of the month, quarter or year holds at this end too; of one that came and left in
    the same fiscal year a convention by year takes nothing (Pub. 946).
    """
    if terms.convention == Convention.MID_MONTH:
        months = _month(day) - _month(terms.in_service)
        return min(Fraction(max(months, 0), 12), terms.life)
    if terms.convention not in BY_YEAR:
        return elapsed(terms, day)
    start = _year_start(day, terms.year_starts)
    if start <= _month(terms.in_service):
        return Fraction(0)
    part = HALF
    if terms.convention == Convention.MID_QUARTER:
        part = Fraction(((_month(day) - start) // 3) * 2 + 1, 8)
    before = _years_by_month(terms, start - _month(terms.in_service))
    return min(before + part, terms.life)


def _years_by_month(terms: Terms, months: int) -> Fraction:
    """Years after ``months`` whole months, that of the start among them."""
    if terms.convention == Convention.NEXT_MONTH:
        return Fraction(months - 1, 12)
    if terms.convention == Convention.MID_MONTH:
        return Fraction(2 * months - 1, 24)
    if terms.convention not in BY_YEAR:
        return Fraction(months, 12)
    first = first_year(terms)
    start = _month(terms.in_service)
    in_first = _year_start(terms.in_service, terms.year_starts) + 12 - start
    if months <= in_first:
        return first * Fraction(months, in_first)
    return first + Fraction(months - in_first, 12)


def first_year(terms: Terms) -> Fraction:
    """The part of the first fiscal year that counts."""
    gone = _month(terms.in_service) - _year_start(terms.in_service, terms.year_starts)
    if terms.convention == Convention.HALF_YEAR:
        return HALF
    if terms.convention == Convention.MID_QUARTER:
        return Fraction(7 - 2 * (gone // 3), 8)
    if terms.convention == Convention.DAILY:
        following = add_months(terms.in_service.replace(day=1), 12 - gone)
        return _years_by_day(terms.in_service, following - _DAY)
    return _years_by_month(terms, 12 - gone)


def _years_by_day(start: Date, day: Date) -> Fraction:
    """Whole years of the asset and the days of the one begun, the day itself included."""
    following = day + _DAY
    years = max(following.year - start.year - 1, 0)
    while add_months(start, 12 * (years + 1)) <= following:
        years += 1
    begun = add_months(start, 12 * years)
    length = (add_months(start, 12 * (years + 1)) - begun).days
    return years + Fraction(max((following - begun).days, 0), length)


def add_months(day: Date, months: int) -> Date:
    """The same day of another month, or that month's last."""
    year, month = divmod(_month(day) + months, 12)
    return Date(year, month + 1, min(day.day, _days_of(year, month + 1)))


def month_end(day: Date) -> Date:
    return day.replace(day=_days_of(day.year, day.month))


def period_ends(start: Date, *, months: int = 1, year_starts: int = 1) -> Iterator[Date]:
    """Last days of the periods of ``months`` months from that of ``start`` on."""
    gone = (_month(start) - year_starts + 1) % months
    first = add_months(start.replace(day=1), months - 1 - gone)
    place = 0
    while True:
        yield month_end(add_months(first, place))
        place += months


def _month(day: Date) -> int:
    return day.year * 12 + day.month - 1


def _months_done(day: Date) -> int:
    return _month(day) + (day == month_end(day))


def _year_start(day: Date, first_month: int) -> int:
    """The first month, counted through, of the fiscal year that ``day`` is in."""
    return _month(day) - (_month(day) - first_month + 1) % 12


def _days_of(year: int, month: int) -> int:
    return ((Date(year + month // 12, month % 12 + 1, 1)) - Date(year, month, 1)).days


def end_of_life(terms: Terms) -> Date:
    """The day on which the life is over."""
    if terms.convention == Convention.DAILY:
        return add_months(terms.in_service, terms.life_months or 0) - _DAY
    ends = period_ends(terms.in_service)
    return next(day for day in ends if elapsed(terms, day) >= terms.life)
