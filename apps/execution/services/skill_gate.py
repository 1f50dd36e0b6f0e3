"""The gate of skills: who may work at a machine."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError
from apps.hr.models import Employee
from apps.hr.queries.skills import missing_skills
from apps.masterdata.models import Machine


def require_skills(employee: Employee | None, machine: Machine, at: datetime) -> None:
    """Raise ``BusinessError`` unless ``employee`` has what ``machine`` asks for at that time."""
    missing = missing_skills(employee, machine, at)
    if not missing:
        return
    names = ", ".join(f"{skill.code} {skill.name}" for skill in missing)
    details = {"skills": [skill.code for skill in missing]}
    if employee is None:
        raise BusinessError(
            "employee_required",
            _("Say who starts it: {machine} asks for {skills}.").format(
                machine=machine, skills=names
            ),
            field="employee",
            details=details,
        )
    raise BusinessError(
        "missing_skill",
        _("{employee} lacks for {machine}, or it has expired: {skills}.").format(
            employee=employee, machine=machine, skills=names
        ),
        field="employee",
        details=details,
    )
