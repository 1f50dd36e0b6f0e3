"""How suppliers sell items on a day: unit, price breaks, lots and lead time, read in sets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date as Date
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

from django.db.models import Q

from apps.core.models import Company
from apps.core.money import round_fraction
from apps.masterdata.models.calendars import ALL_WEEKDAYS
from apps.supply_chain.models import SupplierCalendar, SupplierClosure, SupplierItem

#: Further than any supplier is closed.
_MOST_DAYS = 3650


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """The days a supplier works on; every day without a calendar."""

    weekdays: int = ALL_WEEKDAYS
    closures: tuple[tuple[Date, Date], ...] = ()

    def works_on(self, day: Date) -> bool:
        is_open = bool(self.weekdays >> day.weekday() & 1)
        return is_open and not any(first <= day <= last for first, last in self.closures)

    def after(self, day: Date, days: int) -> Date:
        """The day on which ``days`` working days after ``day`` have passed."""
        for _n in range(_MOST_DAYS):
            if days <= 0:
                break
            day += timedelta(days=1)
            days -= self.works_on(day)
        return day


@dataclass(frozen=True, slots=True)
class SupplierTerms:
    """A supplier item with its price breaks, the lowest first."""

    row: SupplierItem
    breaks: tuple[tuple[Decimal, Decimal], ...]

    def price(self, quantity: Fraction) -> Decimal | None:
        """The price per unit for ``quantity`` of its unit; None below the first break."""
        found = [price for least, price in self.breaks if quantity >= Fraction(least)]
        return found[-1] if found else None

    def lots_for(self, quantity: Fraction) -> Fraction:
        """The least that may be ordered to have ``quantity``: minimum and multiple."""
        wanted = max(quantity, Fraction(self.row.minimum_quantity))
        step = Fraction(self.row.order_multiple)
        if not step:
            return wanted
        return -(-wanted // step) * step

    @property
    def least_price(self) -> Decimal | None:
        return self.breaks[0][1] if self.breaks else None


def converted(price: Decimal, of: Fraction, into: Fraction) -> Decimal:
    """A price per unit of ``of`` stock units as one per unit of ``into``; six decimals."""
    return round_fraction(Fraction(price) * into / of, 6)


@dataclass(slots=True)
class TermsBook:
    """Terms by supplier and item; several in time are told apart by the day asked for."""

    rows: dict[tuple[int, int], list[SupplierTerms]] = field(default_factory=dict)

    def on(self, partner_id: int, item_id: int, day: Date) -> SupplierTerms | None:
        for terms in self.rows.get((partner_id, item_id), ()):
            until = terms.row.valid_until
            if terms.row.valid_from <= day and (until is None or until >= day):
                return terms
        return None


def supplier_terms(
    company: Company, partner_ids: Iterable[int], item_ids: Iterable[int]
) -> TermsBook:
    """The terms of these suppliers for these items at any time; one or two statements."""
    rows = (
        SupplierItem.objects.filter(
            company=company, partner__in=set(partner_ids), item__in=set(item_ids)
        )
        .select_related("unit", "partner")
        .prefetch_related("prices")
        .order_by("-valid_from", "pk")
    )
    return _book(rows)


def preferred_terms(
    company: Company, item_ids: Iterable[int], day: Date
) -> dict[int, SupplierTerms]:
    """The preferred supplier item of each item on ``day``, else its only one."""
    rows = (
        SupplierItem.objects.filter(company=company, item__in=set(item_ids), valid_from__lte=day)
        .filter(Q(valid_until__isnull=True) | Q(valid_until__gte=day))
        .filter(partner__is_active=True)
        .select_related("unit", "partner")
        .prefetch_related("prices")
        .order_by("item", "-is_preferred", "pk")
    )
    found: dict[int, list[SupplierTerms]] = {}
    for (_partner, item_id), several in _book(rows).rows.items():
        found.setdefault(item_id, []).extend(several)
    return {
        item_id: several[0]
        for item_id, several in found.items()
        if len(several) == 1 or several[0].row.is_preferred
    }


def working_days(company: Company, partner_ids: Iterable[int]) -> dict[int, WorkingDays]:
    """The calendar of each supplier, in two statements."""
    wanted = set(partner_ids)
    weekdays = dict(
        SupplierCalendar.objects.filter(company=company, partner__in=wanted).values_list(
            "partner_id", "weekdays"
        )
    )
    closures: dict[int, list[tuple[Date, Date]]] = {}
    for partner_id, first, last in SupplierClosure.objects.filter(
        company=company, partner__in=wanted
    ).values_list("partner_id", "first_day", "last_day"):
        closures.setdefault(partner_id, []).append((first, last))
    return {
        partner_id: WorkingDays(
            weekdays.get(partner_id, ALL_WEEKDAYS), tuple(closures.get(partner_id, ()))
        )
        for partner_id in wanted
    }


def _book(rows: Iterable[SupplierItem]) -> TermsBook:
    book = TermsBook()
    for row in rows:
        breaks = sorted((price.from_quantity, price.unit_price) for price in row.prices.all())
        terms = SupplierTerms(row, tuple(breaks))
        book.rows.setdefault((row.partner_id, row.item_id), []).append(terms)
    return book
