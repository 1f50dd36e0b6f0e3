"""Time that maintenance takes from machines: planning reads it, so nothing is planned there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from datetime import datetime, time, timedelta

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError
from apps.core.models import Site
from apps.maintenance.models import Asset, CapacityReservation, MaintenanceOrder
from apps.maintenance.queries.capacity import machine_of
from apps.masterdata.models import Machine
from apps.masterdata.queries.calendars import calendar_of
from apps.masterdata.shift_spans import SiteCalendar, instant

#: How far ahead a free span of working time is looked for.
HORIZON = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Span:
    starts_at: datetime
    ends_at: datetime


def reserve(order: MaintenanceOrder, *, starts_at: datetime) -> CapacityReservation | None:
    """Take the order's planned minutes from its machine; None for an asset that is no machine.

    Replaces what the order had. Raises ``BusinessError`` where other maintenance has the machine.
    """
    CapacityReservation.objects.filter(order=order).delete()
    machine = machine_of(order.asset)
    if machine is None:
        return None
    lock_machine(machine)
    ends_at = starts_at + timedelta(minutes=order.planned_minutes)
    other = (
        CapacityReservation.objects.filter(
            machine=machine, starts_at__lt=ends_at, ends_at__gt=starts_at
        )
        .select_related("order")
        .first()
    )
    if other is not None:
        raise BusinessError(
            "machine_reserved",
            _("{machine} is taken by {order} from {start}.").format(
                machine=machine.code,
                order=other.order.number,
                start=f"{other.starts_at:%Y-%m-%d %H:%M}",
            ),
            field="planned_start",
        )
    return CapacityReservation.objects.create(
        company_id=order.company_id,
        machine=machine,
        order=order,
        starts_at=starts_at,
        ends_at=ends_at,
    )


def free(order: MaintenanceOrder, *, from_moment: datetime | None = None) -> None:
    """Give back what the order took: all of it, or what lies after ``from_moment``."""
    rows = CapacityReservation.objects.filter(order=order)
    if from_moment is None:
        rows.delete()
        return
    rows.filter(starts_at__gte=from_moment).delete()
    rows.filter(ends_at__gt=from_moment).update(ends_at=from_moment)


def lock_machine(machine: Machine) -> None:
    """One at a time on a machine; rows that refer to it are written meanwhile."""
    Machine.objects.select_for_update(no_key=True, of=("self",)).get(pk=machine.pk)


def lock_machines_of(*assets: Asset) -> None:
    """Lock the machines that stand still when these assets are worked on, in order."""
    machines = {machine.pk: machine for asset in assets if (machine := machine_of(asset))}
    for key in sorted(machines):
        lock_machine(machines[key])


def free_start(site: Site, machine: Machine, day: Date, minutes: int) -> datetime:
    """The first moment from ``day`` on at which the machine is free for so long in working time.

    A span longer than any shift begins with the first one. Raises ``BusinessError`` when the
    site's calendar has no working time.
    """
    calendar = calendar_of(site)
    since = instant(day, time(), calendar.zone)
    until = since + HORIZON
    taken = [
        Span(start, end)
        for start, end in CapacityReservation.objects.filter(
            machine=machine, starts_at__lt=until, ends_at__gt=since
        )
        .order_by("starts_at")
        .values_list("starts_at", "ends_at")
    ]
    length = timedelta(minutes=minutes)
    spans = _working(calendar, since, until)
    for span in spans:
        start = _first_free(span, length, taken)
        if start is not None:
            return start
    for span in spans:
        if not any(
            t.starts_at < span.starts_at + length and t.ends_at > span.starts_at for t in taken
        ):
            return span.starts_at
    raise BusinessError(
        "no_working_time",
        _("The calendar of {site} has no time for {minutes} minutes from {day} on.").format(
            site=site.code, minutes=minutes, day=day
        ),
        field="planned_start",
    )


def _working(calendar: SiteCalendar, since: datetime, until: datetime) -> list[Span]:
    if calendar.is_continuous:
        return [Span(since, until)]
    found: list[Span] = []
    for shift in calendar.spans(since, until):
        start = max(shift.starts_at, since)
        if found and start <= found[-1].ends_at:
            found[-1] = Span(found[-1].starts_at, max(shift.ends_at, found[-1].ends_at))
        else:
            found.append(Span(start, shift.ends_at))
    return found


def _first_free(span: Span, length: timedelta, taken: Sequence[Span]) -> datetime | None:
    start = span.starts_at
    for one in taken:
        if one.starts_at < start + length and one.ends_at > start:
            start = one.ends_at
    return start if start + length <= span.ends_at else None
