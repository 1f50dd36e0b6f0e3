"""Labour by badge: people come to an operation and go; each gets the minutes that are his.

Several may be at one operation, and one at several: the time of each person is shared fairly by
what he is at together (``labour_split``), and each share is booked by a report of time alone, which
costs the order and is paid. A badge that is told late changes the shares of what it overlaps: their
reports are reversed and made anew.

Locks: the work orders by number, then the employee's spans.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

from django.db.models import Q
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import User
from apps.core.money import ZERO
from apps.core.services.documents import lock, require_company, require_status
from apps.core.transactions import unit_of_work
from apps.execution.labour_split import fair_minutes
from apps.execution.models import LabourSpan, ProductionReport, WorkOrder, WorkOrderOperation
from apps.execution.services.floor_news import tell_floor
from apps.execution.services.instruction_gate import require_read
from apps.execution.services.moments import moment_of
from apps.execution.services.production import report_production
from apps.execution.services.reversals import reverse_production_report
from apps.execution.services.skill_gate import require_skills
from apps.hr.models import Employee
from apps.masterdata.models import Machine


def badge_on(
    operation: WorkOrderOperation,
    *,
    employee: Employee,
    by: User,
    machine: Machine | None = None,
    at: datetime | None = None,
) -> LabourSpan:
    """``employee`` works at ``operation`` from ``at`` (now) on, beside whatever else he is at.

    Raises ``BusinessError`` when the order is not open, the operation takes no badges or is done,
    he is there already, lacks a skill or has not read the work instruction.
    """
    at = moment_of(at)
    with unit_of_work():
        order = lock(operation.work_order)
        operation = order.operations.get(pk=operation.pk)
        require_status(order, WorkOrder.Status.RELEASED, WorkOrder.Status.RUNNING)
        require_company(order.company, employee=employee, machine=machine)
        if not operation.is_badged:
            raise BusinessError(
                "no_badges",
                _("{operation} takes standard labour, no badges.").format(operation=operation),
                field="operation",
            )
        if operation.status == WorkOrderOperation.Status.DONE:
            raise BusinessError(
                "operation_done", _("{operation} is done.").format(operation=operation)
            )
        _require_absent(operation, employee, at)
        if machine is not None:
            require_skills(employee, machine, at)
        require_read(operation, employee)
        span = LabourSpan.objects.create(
            company_id=order.company_id,
            employee=employee,
            operation=operation,
            machine=machine,
            starts_at=at,
        )
        _settle(employee, [span], by)
        tell_floor(order.company_id, [machine.pk] if machine else [])
    return span


def badge_off(
    operation: WorkOrderOperation, *, employee: Employee, by: User, at: datetime | None = None
) -> LabourSpan:
    """He leaves ``operation``: his share of the time is booked. Raises ``BusinessError`` when he
    is not there."""
    at = moment_of(at)
    with unit_of_work():
        lock(operation.work_order)
        span = LabourSpan.objects.filter(
            operation=operation, employee=employee, ends_at__isnull=True
        ).first()
        if span is None:
            raise BusinessError(
                "not_badged_on",
                _("{employee} is not at {operation}.").format(
                    employee=employee, operation=operation
                ),
                field="employee",
            )
        _end([span], at)
        _settle(employee, [span], by)
    return span


def end_labour(operation: WorkOrderOperation, *, at: datetime, by: User) -> None:
    """The operation is paused or done: everybody leaves it. The caller holds the order's lock."""
    open_spans = LabourSpan.objects.filter(operation=operation, ends_at__isnull=True)
    spans = list(open_spans.select_related("employee"))
    _end(spans, at)
    for span in spans:
        _settle(span.employee, [span], by)


def _require_absent(operation: WorkOrderOperation, employee: Employee, at: datetime) -> None:
    later = LabourSpan.objects.filter(operation=operation, employee=employee)
    if later.filter(ends_at__isnull=True).exists():
        raise BusinessError(
            "badged_on_already",
            _("{employee} is at {operation} already.").format(
                employee=employee, operation=operation
            ),
            field="employee",
        )
    if later.filter(ends_at__gt=at).exists():
        raise InvalidInput("overlaps_span", _("He was there already then."), field="at")


def _end(spans: Iterable[LabourSpan], at: datetime) -> None:
    for span in spans:
        if at <= span.starts_at:
            raise InvalidInput("before_start", _("It had not started then."), field="at")
        span.ends_at = at
    LabourSpan.objects.filter(pk__in=[span.pk for span in spans]).update(ends_at=at)


def _settle(employee: Employee, changed: Sequence[LabourSpan], by: User) -> None:
    """Book what the shares of the changed spans, and of those they overlap, come to now."""
    affected = _overlapping(employee, changed)
    around = _overlapping(employee, affected)
    shares = fair_minutes({span.pk: (span.starts_at, span.ends_at) for span in around})
    for span in affected:
        wanted = shares.get(span.pk)
        if wanted is not None and wanted != span.minutes:
            _book(span, wanted, by)


def _overlapping(employee: Employee, spans: Sequence[LabourSpan]) -> list[LabourSpan]:
    """The employee's spans that overlap one of ``spans``, themselves included."""
    touching = Q(pk__in=[span.pk for span in spans])
    for span in spans:
        begins = Q(starts_at__lt=span.ends_at) if span.ends_at else Q()
        touching |= begins & (Q(ends_at__isnull=True) | Q(ends_at__gt=span.starts_at))
    rows = LabourSpan.objects.filter(touching, employee=employee).order_by("starts_at", "pk")
    return list(rows.select_related("operation__work_order__site", "machine", "report"))


def _book(span: LabourSpan, minutes: Decimal, by: User) -> None:
    assert span.ends_at is not None  # noqa: S101 - only ended spans have a share
    if span.report is not None and span.report.status == ProductionReport.Status.POSTED:
        reason = _("Badges told later share this time.")
        reverse_production_report(span.report, date=span.report.date, reason=reason, by=by)
    report = None
    if minutes:
        report = report_production(
            span.operation.work_order,
            operation=span.operation,
            labour_minutes=minutes,
            machine_minutes=ZERO,
            employee=span.employee,
            machine=span.machine,
            reported_at=span.ends_at,
            by=by,
        )
    span.minutes, span.report = minutes, report
    LabourSpan.objects.filter(pk=span.pk).update(minutes=minutes, report=report)
