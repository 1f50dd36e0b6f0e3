"""What the registers of time say about an employee's days."""

from __future__ import annotations

from datetime import date as Date
from datetime import timedelta
from decimal import Decimal

from django.db.models import Sum

from apps.core.money import ZERO
from apps.hr.attendance import Clocked, Piece, week_of
from apps.hr.models import ClockEvent, Employee, LabourBooking, TimeCardLine


def clocked(employee: Employee, first: Date, last: Date) -> list[Clocked]:
    """Events of the work days from ``first`` to ``last`` that count, in order of time."""
    return [
        Clocked(kind, at, date)
        for kind, at, date in ClockEvent.objects.filter(
            employee=employee, date__range=(first, last), voided_by__isnull=True
        )
        .exclude(kind=ClockEvent.Kind.VOID)
        .order_by("at", "id")
        .values_list("kind", "at", "date")
    ]


def last_event(employee: Employee) -> ClockEvent | None:
    """The last event of an employee that counts."""
    return (
        ClockEvent.objects.filter(employee=employee, voided_by__isnull=True)
        .exclude(kind=ClockEvent.Kind.VOID)
        .order_by("-at", "-id")
        .first()
    )


def booked(employee: Employee, first: Date, last: Date) -> list[Piece]:
    """Minutes booked by day and cost object; what a reversal took back is gone."""
    rows = (
        LabourBooking.objects.filter(employee=employee, date__range=(first, last))
        .values("date", "cost_object_id")
        .annotate(total=Sum("minutes"))
        .order_by("date", "cost_object_id")
    )
    return [
        Piece(row["date"], row["total"], row["cost_object_id"], origin="production")
        for row in rows
        if row["total"]
    ]


def regular_minutes_beside(
    employee: Employee, card_id: int, first: Date, last: Date
) -> dict[tuple[int, int], Decimal]:
    """Regular minutes on other cards in the calendar weeks of ``first`` to ``last``."""
    monday = first - timedelta(days=first.weekday())
    sunday = last + timedelta(days=6 - last.weekday())
    found: dict[tuple[int, int], Decimal] = {}
    for date, minutes in (
        TimeCardLine.objects.filter(
            card__employee=employee,
            date__range=(monday, sunday),
            kind=TimeCardLine.Kind.REGULAR,
        )
        .exclude(card=card_id)
        .values_list("date", "minutes")
    ):
        found[week_of(date)] = found.get(week_of(date), ZERO) + minutes
    return found
