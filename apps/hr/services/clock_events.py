"""Clocking in and out. A wrong event is never changed: another voids it, with a reason."""

from __future__ import annotations

from datetime import date as Date
from datetime import datetime, timedelta

from django.db import DatabaseError
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import User
from apps.core.services.documents import require_company, require_reason
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
    if kind not in (Kind.IN, Kind.OUT, Kind.PAUSE, Kind.RESUME):
        raise InvalidInput("invalid_choice", _("Come, pause, go on or leave."), field="kind")
    return _write(employee, kind, _moment(at), by, reason=reason)


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
    if kind is None and at is None:
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
        if not employee.is_active:
            raise BusinessError(
                "inactive", _("{employee} is not active.").format(employee=employee),
                field="employee",
            )  # fmt: skip
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


def _require_unvoided(event: ClockEvent) -> None:
    if event.kind == Kind.VOID or ClockEvent.objects.filter(voids=event).exists():
        raise BusinessError("voided_already", _("This event is voided already."), field="event")


def _neighbours(employee: Employee, at: datetime) -> list[ClockEvent]:
    return list(
        ClockEvent.objects.filter(
            employee=employee,
            at__range=(at - _NEIGHBOURHOOD, at + _NEIGHBOURHOOD),
            voided_by__isnull=True,
        )
        .exclude(kind=Kind.VOID)
        .order_by("at", "id")
    )


def _day(employee: Employee, kind: str, at: datetime, voids: ClockEvent | None) -> Date:
    """The work day: for who comes the site's day, else that of the presence it belongs to."""
    if kind == Kind.VOID and voids is not None:
        return voids.date
    today = at.astimezone(employee.site.zone).date()
    if kind == Kind.IN:
        return today
    skipped = voids.pk if voids else None
    before = [e for e in _neighbours(employee, at) if e.at <= at and e.pk != skipped]
    return before[-1].date if before else today


def _check_turn(event: ClockEvent, voids: ClockEvent | None) -> None:
    events = [
        other
        for other in _neighbours(event.employee, event.at)
        if voids is None or other.pk != voids.pk
    ]
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
