"""Labour that other apps report: booked once, gathered by time cards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import DatabaseError
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError
from apps.core.models import User
from apps.core.sql import insert_rows
from apps.hr.models import Employee, LabourBooking

OPEN_DAY, ONCE = "hr_day_is_open", "hr_labourbooking_once"


@dataclass(frozen=True, slots=True)
class Labour:
    """Minutes of ``employee`` on ``date`` for a cost object, said by ``source``."""

    employee: Employee
    date: Date
    minutes: Decimal
    cost_object_id: int
    source: Any
    purpose: str = ""


def book_labour(rows: Sequence[Labour], *, by: User) -> None:
    """Book minutes in one statement; none for employees whose time is not recorded.

    Joins the caller's transaction. Raises ``BusinessError`` when a source books twice, or when the
    time card of the day is approved already (field ``employee``).
    """
    now = timezone.now()
    wanted = [row for row in rows if row.employee.is_time_recorded and row.minutes]
    if not wanted:
        return
    try:
        insert_rows(
            LabourBooking,
            [
                {
                    "company_id": row.employee.company_id,
                    "source_type_id": ContentType.objects.get_for_model(row.source).pk,
                    "source_id": row.source.pk,
                    "created_at": now,
                    "created_by_id": by.pk,
                    "employee_id": row.employee.pk,
                    "date": row.date,
                    "minutes": row.minutes,
                    "cost_object_id": row.cost_object_id,
                    "purpose": row.purpose,
                }
                for row in wanted
            ],
        )
    except DatabaseError as error:
        refusal = refused_day(error)
        if refusal is None:
            raise
        raise refusal from error


def refused_day(error: DatabaseError) -> BusinessError | None:
    """What the guards of the registers of time mean by ``error``; None when it is another's."""
    told = getattr(error.__cause__, "diag", None)
    constraint = getattr(told, "constraint_name", None)
    if constraint == OPEN_DAY:
        return BusinessError(
            "time_card_closed",
            _("Time card {number} of that day is approved: reopen it first.").format(
                number=getattr(told, "message_hint", "")
            ),
            field="employee",
        )
    if constraint == ONCE:
        return BusinessError(
            "labour_booked_twice", _("This labour is booked already."), field="employee"
        )
    return None
