"""Skills of employees and what machines ask for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, User
from apps.core.services.documents import require_company
from apps.core.services.master_data import update_row
from apps.core.transactions import unit_of_work
from apps.hr.models import Employee, EmployeeSkill, RequiredSkill


def grant_skill(*, company: Company, by: User, reason: str = "", **values: Any) -> EmployeeSkill:
    """State that an employee has a skill. Raises ``BusinessError`` when he has it on those days."""
    [made] = grant_skills(company, [values], by=by, reason=reason)
    return made


def grant_skills(
    company: Company, rows: Sequence[dict[str, Any]], *, by: User, reason: str = ""
) -> list[EmployeeSkill]:
    """Many, all or none; row and field named in a refusal."""
    made = [EmployeeSkill(company=company, **values) for values in rows]
    with unit_of_work():
        ids = sorted({one.employee_id for one in made})
        list(Employee.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk"))
        for place, one in enumerate(made):
            _check(one, place if len(made) > 1 else None)
            one.save_by(by, reason=reason)
    return made


def update_employee_skill(
    row: EmployeeSkill, *, by: User, version: int | None = None, reason: str = "", **values: Any
) -> EmployeeSkill:
    """Change level, days or certificate; an earlier end withdraws the skill."""
    with unit_of_work():
        Employee.objects.select_for_update(of=("self",)).get(pk=row.employee_id)
        changed = EmployeeSkill.objects.get(pk=row.pk)
        for name, value in values.items():
            setattr(changed, name, value)
        _check(changed, None)
        return update_row(row, values=values, by=by, version=version, reason=reason)


def require_skill(*, company: Company, by: User, reason: str = "", **values: Any) -> RequiredSkill:
    """Ask for a skill at a work centre or at one machine: exactly one of the two."""
    row = RequiredSkill(company=company, **values)
    if (row.work_centre_id is None) is (row.machine_id is None):
        raise InvalidInput(
            "one_place", _("Name a work centre or a machine, and only one."), field="work_centre"
        )
    with unit_of_work():
        return row.save_by(by, reason=reason)


def _check(one: EmployeeSkill, row: int | None) -> None:
    require_company(one.company, row=row, employee=one.employee, skill=one.skill)
    if one.valid_to is not None and one.valid_to < one.valid_from:
        raise InvalidInput(
            "ends_before_start", _("It ends before it starts."), field="valid_to", row=row
        )
    others = EmployeeSkill.objects.filter(employee=one.employee_id, skill=one.skill_id)
    for other in others.exclude(pk=one.pk):
        if (one.valid_to is None or other.valid_from <= one.valid_to) and (
            other.valid_to is None or other.valid_to >= one.valid_from
        ):
            raise BusinessError(
                "overlapping_skill",
                _("{employee} has {skill} on some of these days already.").format(
                    employee=one.employee, skill=one.skill
                ),
                field="valid_from",
                row=row,
            )
