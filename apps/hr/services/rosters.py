"""The roster: who works which shift on which day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, User
from apps.core.services.documents import insert_all, require_company, update_all
from apps.core.services.master_data import update_row
from apps.core.transactions import unit_of_work
from apps.hr.models import Employee, LeaveRequest, RosterEntry
from apps.masterdata.models import Shift


@dataclass(frozen=True, slots=True)
class Planned:
    """An employee's shift on a day; None: free."""

    employee: Employee
    date: Date
    shift: Shift | None = None
    note: str = ""


def plan_roster(
    company: Company, rows: Sequence[Planned], *, by: User, reason: str = ""
) -> list[RosterEntry]:
    """Plan many days at once; a day planned before is planned anew.

    Raises ``InvalidInput`` for a shift of another site or a day named twice, ``BusinessError`` for
    somebody on approved leave (row named).
    """
    with unit_of_work():
        ids = sorted({row.employee.pk for row in rows})
        list(Employee.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk"))
        days = [row.date for row in rows]
        found = {
            (entry.employee_id, entry.date): entry
            for entry in RosterEntry.objects.filter(employee__in=ids, date__in=days)
        }
        away = list(LeaveRequest.objects.filter(employee__in=ids, status__in=LeaveRequest.GRANTED))
        new, changed = [], []
        seen: set[tuple[int, Date]] = set()
        for place, row in enumerate(rows):
            _check(company, row, seen, away, place)
            entry = found.get((row.employee.pk, row.date))
            if entry is None:
                entry = RosterEntry(company=company, employee=row.employee, date=row.date)
                new.append(entry)
            else:
                changed.append(entry)
            entry.shift, entry.note = row.shift, row.note
        update_all(changed, "shift", "note", by=by, reason=reason)
        return [*insert_all(new, by=by, reason=reason), *changed]


def create_roster_entry(
    *, company: Company, by: User, reason: str = "", **values: Any
) -> RosterEntry:
    """Plan one day of one employee."""
    [made] = plan_roster(company, [Planned(**values)], by=by, reason=reason)
    return made


def update_roster_entry(
    row: RosterEntry, *, by: User, version: int | None = None, reason: str = "", **values: Any
) -> RosterEntry:
    """Another shift, or none. Raises like ``plan_roster``."""
    shift = values.get("shift", row.shift)
    away = list(LeaveRequest.objects.filter(employee=row.employee, status__in=LeaveRequest.GRANTED))
    _check(row.company, Planned(row.employee, row.date, shift), set(), away, None)
    return update_row(row, values=values, by=by, version=version, reason=reason)


def _check(
    company: Company,
    row: Planned,
    seen: set[tuple[int, Date]],
    away: Sequence[LeaveRequest],
    place: int | None,
) -> None:
    require_company(company, row=place, employee=row.employee, shift=row.shift)
    key = (row.employee.pk, row.date)
    if key in seen:
        raise InvalidInput(
            "named_twice",
            _("{employee} is named twice on {date}.").format(employee=row.employee, date=row.date),
            field="date",
            row=place,
        )
    seen.add(key)
    if row.shift is None:
        return
    if row.shift.site_id != row.employee.site_id:
        raise InvalidInput(
            "other_site",
            _("{shift} is no shift of {employee}'s site.").format(
                shift=row.shift, employee=row.employee
            ),
            field="shift",
            row=place,
        )
    for request in away:
        if request.employee_id == row.employee.pk and (
            request.starts_on <= row.date <= request.ends_on
        ):
            raise BusinessError(
                "on_leave",
                _("{employee} is on leave ({request}).").format(
                    employee=row.employee, request=request.number
                ),
                field="date",
                row=place,
            )
