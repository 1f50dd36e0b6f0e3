"""Moving an operation on the board by hand: every rule is checked again, and named when broken."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import User
from apps.core.services.documents import lock, require_status
from apps.core.transactions import unit_of_work
from apps.maintenance.queries.capacity import reserved_intervals
from apps.masterdata.models import Machine
from apps.masterdata.queries.calendars import calendar_of
from apps.planning.engine.scheduling.axis import Axis, continuous
from apps.planning.models import Schedule, ScheduledOperation
from apps.planning.queries.shift_axes import shift_axis

Status = Schedule.Status
_AHEAD = timedelta(days=120)


def move_operation(
    scheduled: ScheduledOperation,
    *,
    starts_at: datetime,
    by: User,
    machine: Machine | None = None,
) -> ScheduledOperation:
    """Put an operation on ``machine`` (or leave it on its own) from ``starts_at`` on, and pin it.

    Its end follows from its work and the shifts. Raises ``BusinessError`` with the cause:
    ``outside_shift``, ``machine_busy``, ``machine_reserved``, ``before_done``, ``after_started``,
    ``wrong_machine``.
    """
    if starts_at.tzinfo is None:
        raise InvalidInput("naive_time", _("Give the time with its zone."), field="starts_at")
    with unit_of_work():
        schedule = lock(scheduled.schedule)
        require_status(schedule, Status.READY, Status.PUBLISHED)
        row = ScheduledOperation.objects.select_related("operation__work_order", "machine").get(
            pk=scheduled.pk
        )
        place = machine or row.machine
        _require_machine(row, machine)
        starts_at = starts_at.replace(microsecond=0)
        seconds = _axis(schedule, row.starts_at).second(row.ends_at)
        row.starts_at = starts_at
        row.ends_at = _end(schedule, starts_at, seconds)
        row.machine = place
        _require_order(row)
        _require_free(row)
        row.is_pinned = True
        row.save(update_fields=["machine", "starts_at", "ends_at", "is_pinned"])
        schedule.save_by(by, reason=_("{operation} moved").format(operation=row.operation))
    return row


def _require_machine(row: ScheduledOperation, machine: Machine | None) -> None:
    fixed = row.operation.machine_id
    if machine is None:
        return
    if machine.work_centre_id != row.work_centre_id or (fixed and fixed != machine.pk):
        raise BusinessError(
            "wrong_machine",
            _("{machine} can't do {operation}.").format(
                machine=machine.code, operation=row.operation.name
            ),
            field="machine",
        )


def _end(schedule: Schedule, starts_at: datetime, seconds: int) -> datetime:
    """When so much work is done that begins at a moment."""
    axis = _axis(schedule, starts_at)
    if not axis.stretches or not axis.is_working(starts_at):
        raise BusinessError("outside_shift", _("Nobody works at that time."), field="starts_at")
    if seconds > axis.seconds:
        raise BusinessError(
            "outside_shift", _("The work does not fit into the shifts."), field="starts_at"
        )
    return axis.moment(seconds, is_end=True).replace(microsecond=0) if seconds else starts_at


def _axis(schedule: Schedule, starts_at: datetime) -> Axis:
    if schedule.ignores_calendar:
        return continuous(starts_at, schedule.horizon_days)
    return shift_axis(calendar_of(schedule.site), starts_at, _AHEAD.days)


def _require_order(row: ScheduledOperation) -> None:
    """What comes before it in its order is done by then; what comes after has not begun."""
    others = ScheduledOperation.objects.filter(
        schedule_id=row.schedule_id, operation__work_order_id=row.operation.work_order_id
    ).select_related("operation")
    for other in others.exclude(pk=row.pk):
        is_before = other.operation.sequence < row.operation.sequence
        if is_before and other.ends_at > row.starts_at:
            raise BusinessError(
                "before_done",
                _("{operation} before it is only done at {time}.").format(
                    operation=other.operation.name, time=_local(row, other.ends_at)
                ),
                field="starts_at",
            )
        if not is_before and other.starts_at < row.ends_at:
            raise BusinessError(
                "after_started",
                _("{operation} after it starts at {time} already.").format(
                    operation=other.operation.name, time=_local(row, other.starts_at)
                ),
                field="starts_at",
            )


def _require_free(row: ScheduledOperation) -> None:
    on_it = ScheduledOperation.objects.filter(
        schedule_id=row.schedule_id,
        machine=row.machine,
        work_centre_id=row.work_centre_id,
        starts_at__lt=row.ends_at,
        ends_at__gt=row.starts_at,
    ).select_related("operation__work_order")
    other = on_it.exclude(pk=row.pk).order_by("starts_at").first()
    if other is not None:
        raise BusinessError(
            "machine_busy",
            _("{machine} is busy with {order} until {time}.").format(
                machine=(row.machine or row.work_centre).code,
                order=other.operation.work_order.number,
                time=_local(row, other.ends_at),
            ),
            field="machine",
        )
    machine = row.machine
    if machine is None:
        return
    for reserved in reserved_intervals([machine.pk], row.starts_at, row.ends_at):
        raise BusinessError(
            "machine_reserved",
            _("Maintenance has {machine} for {order} until {time}.").format(
                machine=machine.code, order=reserved.order, time=_local(row, reserved.ends_at)
            ),
            field="machine",
        )


def _local(row: ScheduledOperation, moment: datetime) -> str:
    zone = row.schedule.site.zone
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"
