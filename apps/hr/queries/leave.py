"""Leave: working days, balances, and who is away."""

from __future__ import annotations

from datetime import date as Date
from datetime import timedelta
from decimal import Decimal

from django.db.models import Q, Sum

from apps.core.money import ZERO
from apps.hr.models import Employee, LeaveEntry, LeaveRequest, LeaveType
from apps.masterdata.models import Holiday

WORKING_DAYS = 5


def working_days(employee: Employee, first: Date, last: Date) -> list[Date]:
    """Monday to Friday without the holidays of the employee's site."""
    holidays = set(
        Holiday.objects.filter(
            Q(site__isnull=True) | Q(site=employee.site_id),
            company=employee.company_id,
            date__range=(first, last),
        ).values_list("date", flat=True)
    )
    days = ((first + timedelta(days=n)) for n in range((last - first).days + 1))
    return [day for day in days if day.weekday() < WORKING_DAYS and day not in holidays]


def leave_balance(employee: Employee, leave_type: LeaveType) -> Decimal:
    """Days earned less days granted."""
    found = LeaveEntry.objects.filter(employee=employee, leave_type=leave_type)
    return found.aggregate(total=Sum("days"))["total"] or ZERO


def leave_balances(employee: Employee) -> list[tuple[LeaveType, Decimal]]:
    """Every active leave type with the employee's balance."""
    sums = dict(
        LeaveEntry.objects.filter(employee=employee)
        .values_list("leave_type_id")
        .annotate(total=Sum("days"))
    )
    types = LeaveType.objects.filter(company=employee.company_id, is_active=True)
    return [(kind, sums.get(kind.pk, ZERO)) for kind in types.order_by("code")]


def granted_days(employee: Employee, first: Date, last: Date) -> list[tuple[Date, LeaveRequest]]:
    """Working days from ``first`` to ``last`` on which the employee is on granted leave."""
    requests = list(
        LeaveRequest.objects.filter(
            employee=employee,
            status__in=LeaveRequest.GRANTED,
            starts_on__lte=last,
            ends_on__gte=first,
        ).select_related("leave_type")
    )
    if not requests:
        return []
    return [
        (day, request)
        for day in working_days(employee, first, last)
        for request in requests
        if request.starts_on <= day <= request.ends_on
    ]
