"""Leave: asked, decided, taken; days earned and granted are entries of a register."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date as Date
from decimal import Decimal
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, User
from apps.core.money import require_decimal
from apps.core.services.documents import lock, require_company, require_reason
from apps.core.services.numbering import next_number
from apps.core.sql import fetch_all, insert_rows
from apps.core.transactions import unit_of_work
from apps.hr.models import Employee, LeaveEntry, LeaveRequest, LeaveType, TimeCard
from apps.hr.queries.leave import leave_balance, working_days

Status, Kind = LeaveRequest.Status, LeaveEntry.Kind
#: Employees with a contract on the day who have not earned the month yet.
_EARNERS = """
SELECT e.id FROM hr_employee e
 WHERE e.company_id = %s AND e.is_active
   AND EXISTS (SELECT FROM hr_contract c WHERE c.employee_id = e.id AND c.effective_from <= %s
                  AND (c.effective_to IS NULL OR c.effective_to >= %s))
   AND NOT EXISTS (SELECT FROM hr_leaveentry l WHERE l.employee_id = e.id AND l.date = %s
                      AND l.leave_type_id = %s AND l.kind = 'accrual')
 ORDER BY e.id
"""


def ask_leave(
    *,
    company: Company,
    employee: Employee,
    leave_type: LeaveType,
    starts_on: Date,
    ends_on: Date,
    by: User,
    note: str = "",
) -> LeaveRequest:
    """Ask for days off. Raises ``InvalidInput`` without a working day among them, ``BusinessError``
    when other leave covers one of them."""
    require_company(company, employee=employee, leave_type=leave_type)
    if ends_on < starts_on:
        raise InvalidInput("ends_before_start", _("It ends before it starts."), field="ends_on")
    with unit_of_work():
        _lock_employee(employee)
        _require_free(employee, starts_on, ends_on)
        days = Decimal(len(working_days(employee, starts_on, ends_on)))
        if not days:
            raise InvalidInput(
                "no_working_day", _("Nobody works on these days."), field="starts_on"
            )
        return LeaveRequest(
            company=company,
            number=next_number("hr_leaverequest_series", "LV"),
            employee=employee,
            leave_type=leave_type,
            starts_on=starts_on,
            ends_on=ends_on,
            days=days,
            note=note,
            created_by=by,
        ).save_by(by)


def approve_leave(request: LeaveRequest, *, by: User, version: int | None = None) -> LeaveRequest:
    """Grant the days: they leave the balance. Raises ``BusinessError`` for one's own request, and
    when the balance (with the type's overdraft) does not reach."""
    with unit_of_work():
        _lock_employee(request.employee)
        request = lock(request, version=version)
        if request.employee.user_id == by.pk:
            raise BusinessError("own_request", _("Somebody else decides about your leave."))
        request.transition_to(Status.APPROVED)
        kind = request.leave_type
        if kind.needs_balance:
            left = leave_balance(request.employee, kind) + kind.overdraft
            if request.days > left:
                raise BusinessError(
                    "balance_too_low",
                    _("{left} days are left, {days} are asked for.").format(
                        left=f"{left.normalize():f}", days=f"{request.days.normalize():f}"
                    ),
                    field="days",
                )
        _require_open_days(request)
        _enter(request, Kind.TAKEN, -request.days, by)
        return request.save_by(by)


def reject_leave(
    request: LeaveRequest, *, reason: str, by: User, version: int | None = None
) -> LeaveRequest:
    """Refuse the days, and say why."""
    reason = require_reason(reason)
    with unit_of_work():
        request = lock(request, version=version)
        request.transition_to(Status.REJECTED)
        return request.save_by(by, reason=reason)


def take_leave(request: LeaveRequest, *, by: User, version: int | None = None) -> LeaveRequest:
    """The employee was away as granted."""
    with unit_of_work():
        request = lock(request, version=version)
        if request.starts_on > timezone.localdate():
            raise BusinessError("not_yet", _("It starts on {date}.").format(date=request.starts_on))
        request.transition_to(Status.TAKEN)
        return request.save_by(by)


def cancel_leave(
    request: LeaveRequest, *, by: User, reason: str = "", version: int | None = None
) -> LeaveRequest:
    """Give it up; granted days return to the balance.

    Raises ``BusinessError`` when a time card with these days is approved or paid already.
    """
    with unit_of_work():
        _lock_employee(request.employee)
        request = lock(request, version=version)
        was_granted = request.status in LeaveRequest.GRANTED
        request.transition_to(Status.CANCELLED)
        if was_granted:
            _require_open_days(request)
            _enter(request, Kind.RETURNED, request.days, by)
        return request.save_by(by, reason=reason)


def accrue_leave(company: Company, *, leave_type: LeaveType, date: Date, by: User) -> int:
    """Credit a month's days to everybody with a contract on ``date``; how many got them.

    Who has them for that day already gets them no more.
    """
    require_company(company, leave_type=leave_type)
    if not leave_type.days_per_month:
        raise InvalidInput(
            "earns_nothing",
            _("{leave_type} earns no days.").format(leave_type=leave_type),
            field="leave_type",
        )
    with unit_of_work():
        rows = fetch_all(_EARNERS, [company.pk, date, date, date, leave_type.pk])
        entries = [
            _entry(company.pk, pk, leave_type, date, Kind.ACCRUAL, leave_type.days_per_month, by)
            for (pk,) in rows
        ]
        _write(leave_type, entries)
    return len(entries)


def adjust_leave(
    *,
    company: Company,
    employee: Employee,
    leave_type: LeaveType,
    date: Date,
    days: Decimal,
    reason: str,
    by: User,
) -> LeaveEntry:
    """Correct a balance by hand (opening, carry-over, expiry), with a reason."""
    require_company(company, employee=employee, leave_type=leave_type)
    reason = require_reason(reason)
    require_decimal(abs(days), field="days")
    with unit_of_work():
        _lock_employee(employee)
        entry = _entry(company.pk, employee.pk, leave_type, date, Kind.ADJUSTMENT, days, by)
        [(pk,)] = _write(leave_type, [entry | {"reason": reason}])
        return LeaveEntry.objects.get(pk=pk)


def _lock_employee(employee: Employee) -> None:
    Employee.objects.select_for_update(of=("self",)).get(pk=employee.pk)


def _require_free(employee: Employee, first: Date, last: Date) -> None:
    other = LeaveRequest.objects.filter(
        employee=employee,
        status__in=(Status.ASKED, *LeaveRequest.GRANTED),
        starts_on__lte=last,
        ends_on__gte=first,
    ).first()
    if other is not None:
        raise BusinessError(
            "overlapping_leave",
            _("{number} covers some of these days.").format(number=other.number),
            field="starts_on",
        )


def _require_open_days(request: LeaveRequest) -> None:
    closed = (
        TimeCard.objects.filter(
            employee=request.employee,
            starts_on__lte=request.ends_on,
            ends_on__gte=request.starts_on,
        )
        .exclude(status=TimeCard.Status.OPEN)
        .first()
    )
    if closed is not None:
        raise BusinessError(
            "time_card_closed",
            _("Time card {number} of these days is approved: reopen it first.").format(
                number=closed.number
            ),
            field="starts_on",
        )


def _enter(request: LeaveRequest, kind: str, days: Decimal, by: User) -> None:
    row = _entry(
        request.company_id,
        request.employee_id,
        request.leave_type,
        request.starts_on,
        kind,
        days,
        by,
    )
    _write(request, [row])


def _entry(
    company_id: int,
    employee_id: int,
    leave_type: LeaveType,
    date: Date,
    kind: str,
    days: Decimal,
    by: User,
) -> dict[str, Any]:
    return {
        "company_id": company_id,
        "created_at": timezone.now(),
        "created_by_id": by.pk,
        "employee_id": employee_id,
        "leave_type_id": leave_type.pk,
        "date": date,
        "kind": kind,
        "days": days,
        "reason": "",
    }


def _write(source: Any, rows: Sequence[dict[str, Any]]) -> list[tuple[Any, ...]]:
    kind = ContentType.objects.get_for_model(source).pk
    told = [{**row, "source_type_id": kind, "source_id": source.pk} for row in rows]
    return insert_rows(LeaveEntry, told, returning="id")
