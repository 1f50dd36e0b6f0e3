"""Figures of the people: who is away, and what waits for somebody to decide."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.reporting.measures.registry import Behind, Measure, Unit, Worklist, register
from apps.reporting.measures.scope import in_sites

LEAVE_STATUSES = {"asked": _("Asked"), "approved": _("Approved")}


def _rows(table: str) -> str:
    """Rows of ``table`` of employees whom the caller sees."""
    return f"""
  FROM {table} r JOIN company c ON c.id = r.company_id
  JOIN hr_employee e ON e.id = r.employee_id WHERE {in_sites("e")}
"""


def _count(table: str, condition: str) -> str:
    return f"""
SELECT NULL, count(*), NULL, array_agg(r.id ORDER BY r.id) {_rows(table)} AND {condition}
"""


register(
    Measure(
        code="leave_to_decide",
        title=_("Leave to decide"),
        unit=Unit.COUNT,
        permission="hr.view_leaverequest",
        formula=_("Leave that was asked for and nobody granted or refused yet."),
        statement=_count("hr_leaverequest", "r.status = 'asked'"),
        behind=Behind(model="hr.LeaveRequest", query="status__exact=asked"),
        icon="beach_access",
        is_alarm=True,
    ),
    Measure(
        code="away_today",
        title=_("On leave today"),
        unit=Unit.COUNT,
        permission="hr.view_leaverequest",
        formula=_("Granted leave that today falls into."),
        statement=_count(
            "hr_leaverequest",
            "r.status IN ('approved', 'taken') AND %(today)s BETWEEN r.starts_on AND r.ends_on",
        ),
        behind=Behind(
            model="hr.LeaveRequest",
            query="status__in=approved,taken&starts_on__lte={today}&ends_on__gte={today}",
        ),
        icon="event_seat",
    ),
    Measure(
        code="time_cards_to_approve",
        title=_("Time cards to approve"),
        unit=Unit.COUNT,
        permission="hr.view_timecard",
        formula=_("Open time cards whose last day is over: they can't be paid yet."),
        statement=_count("hr_timecard", "r.status = 'open' AND r.ends_on < %(today)s"),
        behind=Behind(model="hr.TimeCard", query="status__exact=open&ends_on__lt={today}"),
        icon="pending_actions",
        is_alarm=True,
    ),
    Measure(
        code="expenses_to_approve",
        title=_("Expenses to approve"),
        unit=Unit.COUNT,
        permission="hr.view_expenseclaim",
        formula=_("Expense claims that were handed in and not approved yet."),
        statement=_count("hr_expenseclaim", "r.status = 'submitted'"),
        behind=Behind(model="hr.ExpenseClaim", query="status__exact=submitted"),
        icon="receipt",
        is_alarm=True,
    ),
    Measure(
        code="skills_ending",
        title=_("Skills that end in 30 days"),
        unit=Unit.COUNT,
        permission="hr.view_employeeskill",
        formula=_("Skills of active employees whose last day is in the next 30 days."),
        statement=_count(
            "hr_employeeskill",
            "e.is_active AND r.valid_to BETWEEN %(today)s AND %(today)s::date + 30",
        ),
        behind=Behind(model="hr.EmployeeSkill"),
        icon="school",
    ),
    Worklist(
        code="leave_next",
        title=_("Leave"),
        permission="hr.view_leaverequest",
        model="hr.LeaveRequest",
        statement=f"""
SELECT r.id, r.number || ' ' || e.name, r.status, r.starts_on, NULL::numeric
  {_rows("hr_leaverequest")}
   AND (r.status = 'asked' OR (r.status = 'approved' AND r.ends_on >= %(today)s))
 ORDER BY r.status <> 'asked', r.starts_on, r.id LIMIT 8
""",
        empty=_("Nobody asked for leave, and none is ahead."),
        names=LEAVE_STATUSES,
    ),
)
