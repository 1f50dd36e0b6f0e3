"""Machine counts that are production reports: one report per operation, shift, day and reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date as Date

from apps.core.models import Company, User
from apps.core.money import ZERO
from apps.execution.models import MachineEvent, WorkOrderOperation
from apps.execution.services.event_rows import EventRow
from apps.execution.services.production import report_production
from apps.masterdata.models import Machine, ReasonCode, Shift
from apps.masterdata.queries.calendars import calendars_of


@dataclass(frozen=True, slots=True)
class CountedRows:
    """Counts that make one report, in the order in which they happened."""

    rows: Sequence[EventRow]
    shift_id: int | None
    date: Date

    def holding(self, rows: Sequence[EventRow]) -> CountedRows:
        return replace(self, rows=rows)


def group_counts(company: Company, rows: Sequence[EventRow]) -> list[CountedRows]:
    """Counts by machine, operation, shift, day and reason of scrap."""
    if not rows:
        return []
    calendars = calendars_of(company, {row.site_id for row in rows})
    groups: dict[tuple[object, ...], list[EventRow]] = {}
    about: dict[tuple[object, ...], tuple[int | None, Date]] = {}
    for row in sorted(rows, key=lambda row: (row.occurred_at, row.event_id)):
        calendar = calendars[row.site_id]
        shift = calendar.shift_at(row.occurred_at)
        shift_id = shift.shift_id if shift else None
        date = calendar.local_date(row.occurred_at)
        key = (row.machine_id, row.operation_id, shift_id, date, row.reason_id)
        groups.setdefault(key, []).append(row)
        about[key] = (shift_id, date)
    return [CountedRows(rows, *about[key]) for key, rows in groups.items()]


def report_counts(group: CountedRows, *, event_id: int, by: User) -> None:
    """Post the counts as one report, hung on their last event. A count is a fact: it may exceed
    the order."""
    last = group.rows[-1]
    operations = WorkOrderOperation.objects.select_related("work_order")
    operation = operations.get(pk=last.operation_id or 0)
    report_production(
        operation.work_order,
        operation=operation,
        quantity_good=sum((row.quantity_good for row in group.rows), ZERO),
        quantity_scrap=sum((row.quantity_scrap for row in group.rows), ZERO),
        scrap_reason=ReasonCode.objects.get(pk=last.reason_id) if last.reason_id else None,
        machine=Machine.objects.get(pk=last.machine_id),
        shift=Shift.objects.get(pk=group.shift_id) if group.shift_id else None,
        reported_at=last.occurred_at,
        date=group.date,
        event=MachineEvent.objects.get(pk=event_id),
        allow_excess=True,
        by=by,
    )
