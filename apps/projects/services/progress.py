"""How far tasks are: each report is kept, the last word about a day holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal

from django.contrib.contenttypes.models import ContentType
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.models import User
from apps.core.money import require_decimal
from apps.core.services.documents import lock, update_all
from apps.core.sql import fetch_all, insert_rows
from apps.core.transactions import unit_of_work
from apps.projects.models import Project, Task, TaskProgress
from apps.projects.services.projects import require_active

HUNDRED = Decimal(100)
_LATEST = """
SELECT DISTINCT ON (task_id) task_id, percent FROM projects_taskprogress
 WHERE task_id = ANY(%s) ORDER BY task_id, date DESC, id DESC
"""


@dataclass(frozen=True, slots=True)
class Progress:
    """``percent`` of ``task`` was done at the end of the day that is reported."""

    task: Task
    percent: Decimal


def report_progress(
    project: Project, reports: Sequence[Progress], *, date: Date, by: User
) -> list[Task]:
    """Say how far tasks of an active project were at the end of ``date``; the tasks as they are.

    A report about an earlier day does not undo a later one. Raises ``InvalidInput`` naming the row.
    """
    with unit_of_work():
        project = lock(project)
        require_active(project, field="task")
        for row, report in enumerate(reports):
            _check(project, report, row)
        now = timezone.now()
        kind = ContentType.objects.get_for_model(Task).pk
        insert_rows(
            TaskProgress,
            [
                {
                    "company_id": project.company_id,
                    "source_type_id": kind,
                    "source_id": report.task.pk,
                    "created_at": now,
                    "created_by_id": by.pk,
                    "task_id": report.task.pk,
                    "date": date,
                    "percent": report.percent,
                }
                for report in reports
            ],
        )
        ids = [report.task.pk for report in reports]
        latest = dict(fetch_all(_LATEST, [ids]))
        tasks = list(Task.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk"))
        for task in tasks:
            task.percent_complete = latest[task.pk]
        return update_all(tasks, "percent_complete", by=by)


def report_task(task: Task, *, percent: Decimal, date: Date, by: User) -> Task:
    """``report_progress`` of one task."""
    return report_progress(task.project, [Progress(task, percent)], date=date, by=by)[0]


def _check(project: Project, report: Progress, row: int) -> None:
    if report.task.project_id != project.pk:
        raise InvalidInput(
            "other_project",
            _("{task} is a task of another project.").format(task=report.task),
            field="task",
            row=row,
        )
    percent = require_decimal(
        report.percent, field="percent", row=row, decimal_places=2, positive=False
    )
    if not 0 <= percent <= HUNDRED:
        raise InvalidInput("bad_percent", _("Between 0 and 100 percent."), field="percent", row=row)
