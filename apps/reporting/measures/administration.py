"""Figures of the people and of the system itself."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.reporting.measures.registry import Behind, Measure, Unit, register
from apps.reporting.measures.scope import in_sites

_MEMBERS = """
SELECT u.id FROM core_user u WHERE u.is_active AND EXISTS (
  SELECT FROM core_membership m JOIN company c ON c.id = m.company_id WHERE m.user_id = u.id)
"""

register(
    Measure(
        code="users_active",
        title=_("People who may sign in"),
        unit=Unit.COUNT,
        permission="core.view_user",
        formula=_("Active users who are members of a company that you see."),
        statement=f"""
SELECT NULL, count(*), NULL, array_agg(m.id ORDER BY m.id) FROM ({_MEMBERS}) AS m
""",  # noqa: S608 - constants only
        behind=Behind(model="core.User", query="is_active__exact=1"),
        icon="group",
    ),
    Measure(
        code="users_without_role",
        title=_("People without a role"),
        unit=Unit.COUNT,
        permission="core.view_user",
        formula=_("Active members who are in no role and are no superusers: they can do nothing."),
        statement=f"""
SELECT NULL, count(*), NULL, array_agg(u.id ORDER BY u.id) FROM core_user u
 WHERE u.id IN ({_MEMBERS}) AND NOT u.is_superuser
   AND NOT EXISTS (SELECT FROM core_user_groups g WHERE g.user_id = u.id)
""",  # noqa: S608 - constants only
        behind=Behind(model="core.User", query="groups__isnull=True"),
        icon="person_off",
        is_alarm=True,
    ),
    Measure(
        code="jobs_failed",
        title=_("Failed background jobs"),
        unit=Unit.COUNT,
        permission="core.view_all_jobs",
        formula=_("Background jobs that failed in the last seven days."),
        statement="""
SELECT NULL, count(*), NULL, array_agg(j.id ORDER BY j.id)
  FROM core_backgroundjob j JOIN company c ON c.id = j.company_id
 WHERE j.status = 'failed' AND j.created_at > %(now)s::timestamptz - interval '7 days'
""",
        behind=Behind(model="core.BackgroundJob", query="status__exact=failed"),
        icon="sms_failed",
        is_alarm=True,
    ),
    Measure(
        code="jobs_open",
        title=_("Background jobs at work"),
        unit=Unit.COUNT,
        permission="core.view_all_jobs",
        formula=_("Background jobs queued or running."),
        statement="""
SELECT NULL, count(*), NULL, array_agg(j.id ORDER BY j.id)
  FROM core_backgroundjob j JOIN company c ON c.id = j.company_id
 WHERE j.status IN ('queued', 'running')
""",
        behind=Behind(model="core.BackgroundJob", query="status__in=queued,running"),
        icon="pending",
    ),
    Measure(
        code="employees_active",
        title=_("Employees"),
        unit=Unit.COUNT,
        permission="hr.view_employee",
        formula=_("Active employees."),
        statement=f"""
SELECT NULL, count(*), NULL, NULL
  FROM hr_employee e JOIN company c ON c.id = e.company_id
 WHERE e.is_active AND {in_sites("e")}
""",  # noqa: S608 - constants only
        behind=Behind(model="hr.Employee", query="is_active__exact=1"),
        icon="badge",
    ),
)
