"""Timesheets: written by one, approved by another, who makes them cost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal

from django.db.models import Sum
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, User
from apps.core.money import ZERO, require_decimal
from apps.core.services.documents import lock, require_company, require_reason, require_status
from apps.core.services.numbering import next_number
from apps.core.transactions import unit_of_work
from apps.hr.models import Employee
from apps.masterdata.models import Machine
from apps.projects.models import (
    Project,
    ProjectBilling,
    Task,
    Timesheet,
    TimesheetLine,
    WbsNode,
)
from apps.projects.services.projects import require_active
from apps.projects.services.timesheet_posting import post_timesheet, take_back_timesheet

Status = Timesheet.Status
HOURS_PER_DAY = Decimal(24)


@dataclass(frozen=True, slots=True)
class HoursLine:
    """Hours of ``employee`` on a node; without a node that of the task."""

    employee: Employee
    date: Date
    hours: Decimal
    node: WbsNode | None = None
    task: Task | None = None
    machine: Machine | None = None
    note: str = ""
    is_billable: bool = True


def create_timesheet(
    company: Company, *, lines: Sequence[HoursLine], by: User, note: str = ""
) -> Timesheet:
    """Write hours down; they cost nothing yet.

    Raises ``InvalidInput`` or ``BusinessError`` naming the row: a project that takes no cost, a
    task of another node, more than 24 hours of one person on a day.
    """
    with unit_of_work():
        sheet = Timesheet(
            company=company,
            number=next_number("projects_timesheet_series", "TS"),
            note=note,
            created_by=by,
        )
        rows = _rows(sheet, lines)
        sheet.save_by(by)
        TimesheetLine.objects.bulk_create(rows)
    return sheet


def change_timesheet(
    sheet: Timesheet,
    *,
    by: User,
    lines: Sequence[HoursLine] | None = None,
    note: str | None = None,
    version: int | None = None,
) -> Timesheet:
    """Change a draft; ``lines``, when given, replace all of its lines."""
    with unit_of_work():
        sheet = lock(sheet, version=version)
        require_status(sheet, Status.DRAFT)
        sheet.note = sheet.note if note is None else note
        if lines is not None:
            rows = _rows(sheet, lines)
            sheet.lines.all().delete()
            TimesheetLine.objects.bulk_create(rows)
        return sheet.save_by(by)


def submit_timesheet(sheet: Timesheet, *, by: User, version: int | None = None) -> Timesheet:
    """Hand it in. Its projects must still take cost."""
    with unit_of_work():
        sheet = lock(sheet, version=version)
        sheet.transition_to(Status.SUBMITTED)
        _require_active(_lines(sheet))
        return sheet.save_by(by)


def return_timesheet(
    sheet: Timesheet, *, reason: str, by: User, version: int | None = None
) -> Timesheet:
    """Give a submitted one back to who wrote it."""
    reason = require_reason(reason)
    with unit_of_work():
        sheet = lock(sheet, version=version)
        require_status(sheet, Status.SUBMITTED)
        sheet.transition_to(Status.DRAFT)
        return sheet.save_by(by, reason=reason)


def cancel_timesheet(
    sheet: Timesheet, *, by: User, reason: str = "", version: int | None = None
) -> Timesheet:
    """Give up a draft; its hours count for nothing."""
    with unit_of_work():
        sheet = lock(sheet, version=version)
        sheet.transition_to(Status.CANCELLED)
        return sheet.save_by(by, reason=reason)


def approve_timesheet(sheet: Timesheet, *, by: User, version: int | None = None) -> Timesheet:
    """Post its hours to the nodes' cost objects, at the rates of their days.

    Raises ``BusinessError`` for one's own timesheet (written by or about oneself), a project that
    takes no cost, hours without a rate, a closed period, a day whose time card is approved.
    """
    with unit_of_work():
        sheet = lock(sheet, version=version, related=("company__currency", "created_by"))
        require_status(sheet, Status.SUBMITTED)
        lines = _lines(sheet)
        _require_somebody_else(sheet, lines, by)
        locked = {
            project.pk: project
            for project in Project.objects.select_for_update(of=("self",))
            .filter(pk__in={line.node.project_id for line in lines})
            .select_related("site")
            .order_by("pk")
        }
        for line in lines:
            line.node.project = locked[line.node.project_id]
        _require_active(lines)
        sheet.transition_to(Status.APPROVED)
        sheet.save_by(by)
        post_timesheet(sheet, lines, by=by)
    return sheet


def reverse_timesheet(
    sheet: Timesheet, *, date: Date, reason: str, by: User, version: int | None = None
) -> Timesheet:
    """Take approved hours back on ``date``. Raises ``BusinessError`` once some are billed."""
    reason = require_reason(reason)
    with unit_of_work():
        sheet = lock(sheet, version=version, related=("company__currency",))
        require_status(sheet, Status.APPROVED)
        lines = _lines(sheet)
        _lock_projects(lines)
        if ProjectBilling.objects.filter(timesheet_line__in=lines, is_live=True).exists():
            raise BusinessError(
                "billed",
                _("Hours of {sheet} are billed. Credit them first.").format(sheet=sheet),
                field="status",
            )
        sheet.transition_to(Status.REVERSED)
        sheet.save_by(by, reason=reason)
        take_back_timesheet(sheet, lines, date=date, reason=reason, by=by)
    return sheet


def _lock_projects(lines: Sequence[TimesheetLine]) -> None:
    ids = {line.node.project_id for line in lines}
    list(Project.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk"))


def _lines(sheet: Timesheet) -> list[TimesheetLine]:
    return list(
        sheet.lines.select_related("employee", "node__project__site", "task", "machine").order_by(
            "date", "pk"
        )
    )


def _require_active(lines: Sequence[TimesheetLine]) -> None:
    for row, line in enumerate(lines):
        require_active(line.node.project, row=row)


def _require_somebody_else(sheet: Timesheet, lines: Sequence[TimesheetLine], by: User) -> None:
    own = sheet.created_by_id == by.pk or any(line.employee.user_id == by.pk for line in lines)
    if own:
        raise BusinessError(
            "own_timesheet", _("Somebody else approves your hours."), field="status"
        )


def _rows(sheet: Timesheet, lines: Sequence[HoursLine]) -> list[TimesheetLine]:
    if not lines:
        raise InvalidInput("no_lines", _("Write some hours down."), field="lines")
    # who writes hours of the same people waits, so that a day stays within 24
    ids = sorted({line.employee.pk for line in lines})
    list(Employee.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk"))
    rows = [_row(sheet, line, row) for row, line in enumerate(lines)]
    _require_within_day(sheet, rows)
    return rows


def _row(sheet: Timesheet, line: HoursLine, row: int) -> TimesheetLine:
    node = line.node or (line.task.node if line.task is not None else None)
    if node is None:
        raise InvalidInput("required", _("Say what was worked on."), field="node", row=row)
    require_company(
        sheet.company,
        row=row,
        employee=line.employee,
        node=node,
        task=line.task,
        machine=line.machine,
    )
    if line.task is not None and line.task.node_id != node.pk:
        raise InvalidInput(
            "other_node",
            _("{task} is no task of {node}.").format(task=line.task, node=node),
            field="task",
            row=row,
        )
    hours = require_decimal(line.hours, field="hours", row=row)
    if hours > HOURS_PER_DAY:
        raise _too_long(line.employee, line.date, row)
    require_active(node.project, row=row)
    if line.date < node.project.starts_on:
        raise InvalidInput(
            "before_start",
            _("{project} starts on {date}.").format(
                project=node.project.number, date=node.project.starts_on
            ),
            field="date",
            row=row,
        )
    return TimesheetLine(
        company=sheet.company,
        timesheet=sheet,
        employee=line.employee,
        node=node,
        task=line.task,
        date=line.date,
        hours=hours,
        machine=line.machine,
        note=line.note,
        is_billable=line.is_billable,
    )


def _too_long(employee: Employee, day: Date, row: int) -> InvalidInput:
    return InvalidInput(
        "too_long",
        _("{employee} has more than 24 hours on {date}.").format(employee=employee.code, date=day),
        field="hours",
        row=row,
    )


def _require_within_day(sheet: Timesheet, rows: Sequence[TimesheetLine]) -> None:
    """Hours of one person on one day, on all timesheets that count."""
    reached: dict[tuple[int, Date], Decimal] = defaultdict(lambda: ZERO)
    elsewhere = (
        TimesheetLine.objects.filter(
            employee__in={row.employee_id for row in rows},
            date__in={row.date for row in rows},
            timesheet__status__in=Timesheet.COUNTING,
        )
        .exclude(timesheet=sheet.pk)
        .values_list("employee_id", "date")
        .annotate(total=Sum("hours"))
    )
    for employee_id, day, total in elsewhere:
        reached[employee_id, day] += total
    for place, row in enumerate(rows):
        reached[row.employee_id, row.date] += row.hours
        if reached[row.employee_id, row.date] > HOURS_PER_DAY:
            raise _too_long(row.employee, row.date, place)
