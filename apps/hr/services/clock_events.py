"""Clocking in and out. A wrong event is never changed: another voids it, with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from datetime import datetime, timedelta
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import DatabaseError
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, User
from apps.core.services.documents import require_company, require_reason
from apps.core.sql import insert_rows
from apps.core.transactions import unit_of_work
from apps.hr.attendance import first_out_of_turn
from apps.hr.models import ClockEvent, Employee
from apps.hr.services.labour import refused_day

Kind = ClockEvent.Kind
CLOCK_TOLERANCE = timedelta(minutes=5)
LONGEST_PRESENCE = timedelta(hours=24)
_NEIGHBOURHOOD = timedelta(days=2)


def clock(
    employee: Employee, *, kind: str, by: User, at: datetime | None = None, reason: str = ""
) -> ClockEvent:
    """Write down that ``employee`` came, paused, went on or left at ``at`` (now).

    Raises ``BusinessError`` when it can't follow the event before it (out without in) or the day's
    time card is approved, ``InvalidInput`` for a moment still to come.
    """
    _require_kind(kind)
    return _write(employee, kind, _moment(at), by, reason=reason)


@dataclass(frozen=True, slots=True)
class Clocking:
    """``employee`` came, paused, went on or left at ``at``."""

    employee: Employee
    kind: str
    at: datetime


def clock_many(company: Company, clockings: Sequence[Clocking], *, by: User) -> int:
    """Write down what a terminal kept while it was alone, all or none; how many events.

    A fixed number of statements, however many people and events. Raises like ``clock``, naming the
    row.
    """
    if not clockings:
        return 0
    moments = [_moment(one.at) for one in clockings]
    with unit_of_work():
        ids = {one.employee.pk for one in clockings}
        people = Employee.objects.select_for_update(of=("self",)).select_related("site")
        employees = {row.pk: row for row in people.filter(pk__in=ids).order_by("pk")}
        around = (min(moments) - _NEIGHBOURHOOD, max(moments) + _NEIGHBOURHOOD)
        events: dict[int, list[ClockEvent]] = {pk: [] for pk in employees}
        for event in _counting(employee__in=ids, at__range=around):
            events[event.employee_id].append(event)
        made = []
        for row in sorted(range(len(clockings)), key=lambda row: (moments[row], row)):
            employee = employees[clockings[row].employee.pk]
            event = ClockEvent(employee=employee, kind=clockings[row].kind, at=moments[row])
            try:
                require_company(company, employee=employee)
                _place(event, events[employee.pk])
            except BusinessError as error:
                error.row = row
                raise
            made.append(event)
        _insert(company, made, by)
    return len(made)


def _place(event: ClockEvent, known: list[ClockEvent]) -> None:
    """Give ``event`` its day and its place among what is ``known`` of its employee."""
    _require_active(event.employee)
    _require_kind(event.kind)
    event.date = _day_after(known, event.employee, event.kind, event.at)
    check_turn(event, known)
    known.append(event)
    known.sort(key=lambda other: other.at)


def _insert(company: Company, events: Sequence[ClockEvent], by: User) -> None:
    now, kind = timezone.now(), ContentType.objects.get_for_model(Employee).pk
    try:
        insert_rows(
            ClockEvent,
            [
                {
                    "company_id": company.pk,
                    "source_type_id": kind,
                    "source_id": event.employee_id,
                    "created_at": now,
                    "created_by_id": by.pk,
                    "employee_id": event.employee_id,
                    "kind": event.kind,
                    "at": event.at,
                    "date": event.date,
                    "reason": "",
                }
                for event in events
            ],
        )
    except DatabaseError as error:
        raise refused_day(error) or error from error


def correct_clock_event(
    event: ClockEvent,
    *,
    reason: str,
    by: User,
    kind: str | None = None,
    at: datetime | None = None,
) -> ClockEvent:
    """Void ``event``; with ``at`` (or ``kind``) the new event takes its place.

    Raises ``BusinessError`` when it is voided already, or the day would not make sense any more.
    """
    reason = require_reason(reason)
    if kind == Kind.VOID or (kind is None and at is None):
        return _write(event.employee, Kind.VOID, event.at, by, voids=event, reason=reason)
    return _write(
        event.employee, kind or event.kind, _moment(at or event.at), by, voids=event, reason=reason
    )


def _moment(at: datetime | None) -> datetime:
    now = timezone.now()
    if at is None:
        return now
    if at.tzinfo is None:
        raise InvalidInput("naive_time", _("Give the time with its zone."), field="at")
    if at > now + CLOCK_TOLERANCE:
        raise InvalidInput("in_the_future", _("This is still to come."), field="at")
    return at


def _write(
    employee: Employee,
    kind: str,
    at: datetime,
    by: User,
    *,
    voids: ClockEvent | None = None,
    reason: str = "",
) -> ClockEvent:
    with unit_of_work():
        employee = (
            Employee.objects.select_for_update(of=("self",))
            .select_related("site", "company")
            .get(pk=employee.pk)
        )
        _require_active(employee)
        if voids is not None:
            require_company(employee.company, event=voids)
            _require_unvoided(voids)
        event = ClockEvent(
            company_id=employee.company_id,
            source=employee,
            created_by=by,
            employee=employee,
            kind=kind,
            at=at,
            date=_day(employee, kind, at, voids),
            voids=voids,
            reason=reason,
        )
        _check_turn(event, voids)
        try:
            event.save()
        except DatabaseError as error:
            raise refused_day(error) or error from error
    return event


def _require_kind(kind: str) -> None:
    if kind not in (Kind.IN, Kind.OUT, Kind.PAUSE, Kind.RESUME):
        raise InvalidInput("invalid_choice", _("Come, pause, go on or leave."), field="kind")


def _require_active(employee: Employee) -> None:
    if not employee.is_active:
        raise BusinessError(
            "inactive", _("{employee} is not active.").format(employee=employee), field="employee"
        )


def _require_unvoided(event: ClockEvent) -> None:
    if event.kind == Kind.VOID or ClockEvent.objects.filter(voids=event).exists():
        raise BusinessError("voided_already", _("This event is voided already."), field="event")


def _neighbours(employee: Employee, at: datetime) -> list[ClockEvent]:
    around = (at - _NEIGHBOURHOOD, at + _NEIGHBOURHOOD)
    return list(_counting(employee=employee, at__range=around))


def _counting(**wanted: Any) -> QuerySet[ClockEvent]:
    """Events that nobody voided, in order of time."""
    events = ClockEvent.objects.filter(voided_by__isnull=True, **wanted)
    return events.exclude(kind=Kind.VOID).order_by("at", "id")


def _day(employee: Employee, kind: str, at: datetime, voids: ClockEvent | None) -> Date:
    """The work day: for who comes the site's day, else that of the presence it belongs to."""
    if kind == Kind.VOID and voids is not None:
        return voids.date
    skipped = voids.pk if voids else None
    near = [] if kind == Kind.IN else _neighbours(employee, at)
    return _day_after([e for e in near if e.pk != skipped], employee, kind, at)


def _day_after(events: Sequence[ClockEvent], employee: Employee, kind: str, at: datetime) -> Date:
    today = at.astimezone(employee.site.zone).date()
    before = [] if kind == Kind.IN else [event for event in events if event.at <= at]
    return before[-1].date if before else today


def _check_turn(event: ClockEvent, voids: ClockEvent | None) -> None:
    check_turn(
        event,
        [
            other
            for other in _neighbours(event.employee, event.at)
            if voids is None or other.pk != voids.pk
        ],
    )


def check_turn(event: ClockEvent, others: Sequence[ClockEvent]) -> None:
    """Raise ``BusinessError`` when ``event`` can't stand among the ``others`` of its employee."""
    events = list(others)
    if event.kind != Kind.VOID:
        events = sorted([*events, event], key=lambda one: one.at)
    # a presence that began before the neighbourhood is cut: start with what is whole
    while events and events[0].kind != Kind.IN and events[0] is not event:
        events.pop(0)
    place = first_out_of_turn([other.kind for other in events])
    if place is not None:
        before = events[place - 1] if place else None
        raise _out_of_turn(events[place], before)
    if event.kind == Kind.OUT:
        came = [e.at for e in events if e.kind == Kind.IN and e.at <= event.at]
        if came and event.at - came[-1] > LONGEST_PRESENCE:
            raise BusinessError(
                "too_long", _("Nobody is at work for more than 24 hours."), field="at"
            )


def _out_of_turn(event: ClockEvent, before: ClockEvent | None) -> BusinessError:
    was_out = before is None or before.kind == Kind.OUT
    if was_out:
        return BusinessError(
            "not_clocked_in", _("Nobody clocked in before {event}.").format(event=event),
            field="kind",
        )  # fmt: skip
    if event.kind == Kind.IN:
        return BusinessError(
            "clocked_in_already", _("Still clocked in: {event}.").format(event=before), field="kind"
        )
    return BusinessError(
        "out_of_turn", _("{event} can't follow {before}.").format(event=event, before=before),
        field="kind",
    )  # fmt: skip
