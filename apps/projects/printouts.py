"""What projects print: the status report."""

from __future__ import annotations

from datetime import date as Date

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.printouts import render_pdf, require_paper
from apps.projects.drawing import curves
from apps.projects.models import BillingMilestone, Project
from apps.projects.queries.costs import node_costs
from apps.projects.queries.earned_value import project_value, value_curve
from apps.projects.queries.schedules import project_schedule

MOST_TASKS = 40


def status_report_pdf(project: Project, *, paper: str = "A4", date: Date | None = None) -> bytes:
    """Where the project stands at the end of ``date`` (today): value, cost, dates, billing.

    Raises ``InvalidInput`` for a paper we don't print on.
    """
    require_paper(paper)
    date = date or timezone.now().astimezone(project.site.zone).date()
    value = project_value(project, date)
    schedule = project_schedule(project)
    costs = node_costs(project, until=date)
    roots = [cost for cost in costs if cost.node.parent_id is None]
    open_tasks = [row for row in schedule.rows if row.task.percent_complete < 100]
    billed = set(
        project.billings.filter(is_live=True, milestone__isnull=False).values_list(
            "milestone_id", flat=True
        )
    )
    return render_pdf(
        "projects/printouts/status.html",
        {
            "company": project.company,
            "project": project,
            "date": date,
            "value": value,
            "total": value.total,
            "curve": curves(value_curve(project, date), value.total.budget, date),
            "costs": costs,
            "actual": sum((root.total_actual for root in roots), start=0),
            "committed": sum((root.total_committed for root in roots), start=0),
            "budget": sum((root.total_budget for root in roots), start=0),
            "revenue": sum((root.total_revenue for root in roots), start=0),
            "schedule": schedule,
            "open_tasks": open_tasks[:MOST_TASKS],
            "more_tasks": max(len(open_tasks) - MOST_TASKS, 0),
            "milestones": [
                (row, row.pk in billed)
                for row in BillingMilestone.objects.filter(project=project).select_related("task")
            ],
            "places": project.company.currency.decimal_places,
        },
        paper=paper,
        title=_("Status report {number}").format(number=project.number),
    )
