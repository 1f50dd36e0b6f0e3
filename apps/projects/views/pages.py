"""The pages of projects: the board of all, the Gantt chart and the cost of one."""

from __future__ import annotations

from datetime import date as Date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Site
from apps.projects.drawing import SCALES, curves, gantt
from apps.projects.models import (
    Baseline,
    BaselineTask,
    BillingMilestone,
    CostElement,
    Project,
    ProjectBilling,
    Task,
    WbsNode,
)
from apps.projects.queries.board import board_rows
from apps.projects.queries.costs import node_costs
from apps.projects.queries.earned_value import project_value, value_curve
from apps.projects.queries.schedules import is_working_day, project_schedule
from apps.projects.services.progress import report_task

MOST_BARS = 1500
COST = "projects.view_project_cost"


def _projects(request: HttpRequest) -> Any:
    return Project.objects.visible_to(request.user).select_related(
        "company__currency", "site", "partner", "manager"
    )


def _project(request: HttpRequest, pk: int) -> Project:
    project = get_object_or_404(_projects(request), pk=pk)
    get_object_or_404(Site.objects.visible_to(request.user), pk=project.site_id)
    return project


def _today(project: Project) -> Date:
    return timezone.now().astimezone(project.site.zone).date()


def _date(request: HttpRequest, project: Project) -> Date:
    try:
        return Date.fromisoformat(request.GET.get("date", "")[:10])
    except ValueError:
        return _today(project)


@require_GET
@never_cache
@login_required
@permission_required("projects.view_project", raise_exception=True)
def board(request: HttpRequest) -> HttpResponse:
    """The projects that are not closed (or all), with their budget and cost for who may see it."""
    shows_all = request.GET.get("all") == "1"
    rows = _projects(request)
    if not shows_all:
        rows = rows.exclude(status=Project.Status.CLOSED)
    may_cost = request.user.has_perm(COST)
    context = {
        "section": "board",
        "title": _("Projects"),
        "rows": board_rows(list(rows.order_by("-pk")[:200]), with_cost=may_cost),
        "may_cost": may_cost,
        "shows_all": shows_all,
    }
    return render(request, "projects/board.html", context)


@require_GET
@never_cache
@login_required
@permission_required(("projects.view_project", "projects.view_task"), raise_exception=True)
def gantt_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Tasks over the days: the critical path marked, the baseline as a shadow, progress filled."""
    project = _project(request, pk)
    scale = request.GET.get("scale", "days")
    scale = scale if scale in SCALES else "days"
    schedule = project_schedule(project)
    latest = Baseline.objects.filter(project=project).order_by("-sequence").first()
    shadows = BaselineTask.objects.filter(baseline=latest) if latest else []
    context: dict[str, Any] = {
        "section": "gantt",
        "title": f"{project.number} {project.name}",
        "project": project,
        "schedule": schedule,
        "baseline": latest,
        "scale": scale,
        "scales": [("days", _("Days")), ("weeks", _("Weeks")), ("months", _("Months"))],
        "may_cost": request.user.has_perm(COST),
        "may_report": request.user.has_perm("projects.report_task")
        and project.status == Project.Status.ACTIVE,
        "today": _today(project),
        "is_cut": len(schedule.rows) > MOST_BARS,
        "chance": _chance(project, schedule),
    }
    if schedule.rows:
        context["chart"] = gantt(
            schedule,
            list(WbsNode.objects.filter(project=project).order_by("path")[:MOST_BARS]),
            {row.task_id: row for row in shadows},
            scale=scale,
            today=_today(project),
            is_working=is_working_day(project),
        )
    return render(request, "projects/gantt.html", context)


def _chance(project: Project, schedule: Any) -> Decimal | None:
    """How likely the due date is kept, in percent, where estimates say so."""
    if schedule.outlook is None or project.due_on is None:
        return None
    working = is_working_day(project)
    days, day = 0, project.starts_on
    while day <= project.due_on:
        days += working(day)
        day = Date.fromordinal(day.toordinal() + 1)
    return schedule.outlook.chance_by(Decimal(days)) * 100


@require_GET
@never_cache
@login_required
@permission_required(("projects.view_project", COST), raise_exception=True)
def cost_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Budget, committed, actual and estimate of each node; each actual opens its journal lines."""
    project = _project(request, pk)
    date = _date(request, project)
    value = project_value(project, date)
    costs = node_costs(project, until=date)
    roots = [cost for cost in costs if cost.node.parent_id is None]
    standing = ProjectBilling.objects.filter(milestone=OuterRef("pk"), is_live=True)
    elements = [
        {
            "label": element.label,
            "budget": sum((cost.budget[element] for cost in costs), Decimal(0)),
            "actual": sum((cost.actual[element] for cost in costs), Decimal(0)),
        }
        for element in CostElement
    ]
    context = {
        "section": "cost",
        "title": f"{project.number} {project.name}",
        "project": project,
        "date": date,
        "value": value,
        "total": value.total,
        "rows": [
            {
                "cost": cost,
                "value": value.by_node[cost.node.pk],
                "indent": cost.node.depth,
            }
            for cost in costs
        ],
        "sums": {
            name: sum((getattr(root, f"total_{name}") for root in roots), Decimal(0))
            for name in ("budget", "committed", "actual", "revenue")
        },
        "elements": elements,
        "curve": curves(value_curve(project, date), value.total.budget, date),
        "milestones": BillingMilestone.objects.filter(project=project)
        .select_related("task")
        .annotate(is_billed=Exists(standing)),
        "may_drill": request.user.has_perm("finance.view_journalline"),
        "lines_url": reverse("admin:finance_journalline_changelist"),
        "places": project.company.currency.decimal_places,
        "may_cost": True,
    }
    return render(request, "projects/cost.html", context)


@require_POST
@login_required
@permission_required("projects.report_task", raise_exception=True)
def report(request: HttpRequest, pk: int) -> HttpResponse:
    """Say how far a task is; what is refused is told on the page."""
    project = _project(request, pk)
    try:
        key = request.POST.get("task", "")
        task = get_object_or_404(
            Task.objects.filter(project=project), pk=int(key) if key.isdigit() else 0
        )
        date = Date.fromisoformat(request.POST.get("date", "")[:10])
        percent = Decimal(request.POST.get("percent", ""))
        report_task(task, percent=percent, date=date, by=request.user)
        messages.success(request, _("{task}: {percent} %.").format(task=task, percent=percent))
    except (ValueError, InvalidOperation):
        messages.error(request, str(InvalidInput("bad_input", _("Give a date and a percentage."))))
    except BusinessError as error:
        messages.error(request, str(error))
    return HttpResponseRedirect(reverse("project-gantt", args=[project.pk]))
