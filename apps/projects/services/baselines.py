"""Baselines: the plan frozen, with what of the budget each task is worth."""

from __future__ import annotations

from collections import defaultdict
from datetime import date as Date
from decimal import Decimal

from django.contrib.contenttypes.models import ContentType
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError
from apps.core.models import User
from apps.core.money import ZERO, allocate
from apps.core.services.documents import lock, require_status
from apps.core.sql import insert_rows
from apps.core.transactions import unit_of_work
from apps.projects.models import Baseline, BaselineTask, Project, Task, WbsNode
from apps.projects.queries.schedules import project_schedule


def take_baseline(
    project: Project, *, by: User, date: Date | None = None, reason: str = ""
) -> Baseline:
    """Freeze the schedule and the budgets as they stand: from now on they are the measure.

    A node's budget is spread over its own tasks by their duration. Raises ``BusinessError`` for a
    project without tasks, or a budget on a node that has none: nobody could earn it.
    """
    with unit_of_work():
        project = lock(project)
        require_status(project, *Project.CHANGEABLE)
        schedule = project_schedule(project)
        if not schedule.rows:
            raise BusinessError(
                "no_tasks", _("{project} has no tasks.").format(project=project), field="project"
            )
        values = planned_values(project)
        last = Baseline.objects.filter(project=project).order_by("-sequence").first()
        common = {
            "company_id": project.company_id,
            "source_type_id": ContentType.objects.get_for_model(Project).pk,
            "source_id": project.pk,
            "created_at": timezone.now(),
            "created_by_id": by.pk,
        }
        header = {
            **common,
            "project_id": project.pk,
            "sequence": last.sequence + 1 if last else 1,
            "date": date or timezone.now().astimezone(project.site.zone).date(),
            "reason": reason,
            "planned_value": sum(values.values(), ZERO),
        }
        [[baseline_id]] = insert_rows(Baseline, [header], returning="id")
        insert_rows(
            BaselineTask,
            [
                {
                    **common,
                    "baseline_id": baseline_id,
                    "task_id": row.task.pk,
                    "starts_on": row.starts_on,
                    "finishes_on": row.finishes_on,
                    "planned_value": values[row.task.pk],
                }
                for row in schedule.rows
            ],
        )
    return Baseline.objects.get(pk=baseline_id)


def planned_values(project: Project) -> dict[int, Decimal]:
    """What of the budget each task is worth: a node's by duration, to the cent."""
    tasks: dict[int, list[Task]] = defaultdict(list)
    for task in Task.objects.filter(project=project).order_by("pk"):
        tasks[task.node_id].append(task)
    places = project.company.currency.decimal_places
    values: dict[int, Decimal] = {}
    for node in WbsNode.objects.filter(project=project):
        own = tasks.get(node.pk, [])
        if node.budget and not own:
            raise BusinessError(
                "node_without_task",
                _("{node} has a budget and no task that could earn it.").format(node=node),
                field="node",
            )
        if not own:
            continue
        weights = [task.duration for task in own]
        if not any(weights):
            weights = [Decimal(1)] * len(own)
        parts = allocate(node.budget, weights, places) if node.budget else [ZERO] * len(own)
        values.update({task.pk: part for task, part in zip(own, parts, strict=True)})
    return values
