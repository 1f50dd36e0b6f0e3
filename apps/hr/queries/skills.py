"""Who may do what, and when that ends."""

from __future__ import annotations

from datetime import datetime

from apps.core.sql import fetch_all
from apps.hr.models import Employee, Skill
from apps.masterdata.models import Machine

_MISSING = """
SELECT DISTINCT s.id, s.code, s.name
  FROM hr_requiredskill r
  JOIN hr_skill s ON s.id = r.skill_id
  JOIN core_site p ON p.id = %(site)s
 WHERE r.company_id = %(company)s
   AND (r.machine_id = %(machine)s OR r.work_centre_id = %(centre)s)
   AND NOT EXISTS (
         SELECT FROM hr_employeeskill h
          WHERE h.employee_id = %(employee)s AND h.skill_id = r.skill_id AND h.level >= r.level
            AND (%(at)s AT TIME ZONE p.time_zone)::date
                BETWEEN h.valid_from AND coalesce(h.valid_to, 'infinity'::date))
 ORDER BY s.code
"""


def missing_skills(employee: Employee | None, machine: Machine, at: datetime) -> list[Skill]:
    """What ``machine`` and its work centre ask for and ``employee`` lacks on the day of ``at``.

    Nobody (None) lacks all of it. One statement; the day is that of the machine's site.
    """
    rows = fetch_all(
        _MISSING,
        {
            "site": machine.site_id,
            "company": machine.company_id,
            "machine": machine.pk,
            "centre": machine.work_centre_id,
            "employee": employee.pk if employee else None,
            "at": at,
        },
    )
    return [Skill(pk=pk, code=code, name=name) for pk, code, name in rows]
