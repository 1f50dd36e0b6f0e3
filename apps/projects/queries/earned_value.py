"""Earned value of a project: the baseline against progress and the ledger."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from datetime import timedelta
from decimal import Decimal

from apps.core.money import ZERO
from apps.core.sql import fetch_all
from apps.projects.engine.calendar import WorkingDays
from apps.projects.engine.earned_value import NOTHING, EarnedValue
from apps.projects.models import Baseline, BaselineTask, Project
from apps.projects.queries.costs import cost_by_day, node_costs
from apps.projects.queries.schedules import working_days

HUNDRED = Decimal(100)
MOST_POINTS = 60
_PROGRESS = """
SELECT p.task_id, p.date, p.percent
  FROM projects_taskprogress p JOIN projects_task t ON t.id = p.task_id
 WHERE t.project_id = %s ORDER BY p.task_id, p.date, p.id
"""


@dataclass(frozen=True, slots=True)
class ProjectValue:
    """A project at the end of ``date``; without a baseline nothing was planned or earned."""

    date: Date
    baseline: Baseline | None
    total: EarnedValue
    by_node: dict[int, EarnedValue]


@dataclass(frozen=True, slots=True)
class Point:
    """Cumulated money at the end of a day; earned and actual are None in the future."""

    date: Date
    planned: Decimal
    earned: Decimal | None
    actual: Decimal | None


class _Measure:
    """The latest baseline and all progress of a project, read once."""

    def __init__(self, project: Project) -> None:
        self.baseline = Baseline.objects.filter(project=project).order_by("-sequence").first()
        self.tasks: list[BaselineTask] = []
        if self.baseline is not None:
            rows = BaselineTask.objects.filter(baseline=self.baseline)
            self.tasks = list(rows.select_related("task").order_by("pk"))
        self.days = working_days(project)
        self.progress: dict[int, list[tuple[Date, Decimal]]] = defaultdict(list)
        for task_id, date, percent in fetch_all(_PROGRESS, [project.pk]):
            self.progress[task_id].append((date, percent))

    def planned(self, row: BaselineTask, date: Date) -> Decimal:
        """Its value spread evenly over its working days."""
        return row.planned_value * share_planned(self.days, row.starts_on, row.finishes_on, date)

    def earned(self, row: BaselineTask, date: Date) -> Decimal:
        percent = ZERO
        for day, reported in self.progress[row.task_id]:
            if day <= date:
                percent = reported
        return row.planned_value * percent / HUNDRED


def share_planned(days: WorkingDays, starts_on: Date, finishes_on: Date, date: Date) -> Decimal:
    """How much of a span of working days is over at the end of ``date``, 0 to 1."""
    if date < starts_on:
        return ZERO
    if date >= finishes_on:
        return Decimal(1)
    before = days.offset_of(starts_on)
    length = days.elapsed(finishes_on) - before
    return (days.elapsed(date) - before) / length if length > 0 else Decimal(1)


def project_value(project: Project, date: Date) -> ProjectValue:
    """Planned, earned and actual at the end of ``date``, in all and by node (their own).

    Eight statements however many tasks. Without a baseline the budget is that of the nodes.
    """
    measure = _Measure(project)
    by_node: dict[int, EarnedValue] = {}
    for cost in node_costs(project, until=date):
        budget = ZERO if measure.baseline else cost.node.budget
        by_node[cost.node.pk] = EarnedValue(ZERO, ZERO, cost.own_actual, budget)
    for row in measure.tasks:
        by_node[row.task.node_id] += EarnedValue(
            measure.planned(row, date), measure.earned(row, date), ZERO, row.planned_value
        )
    total = sum(by_node.values(), NOTHING)
    return ProjectValue(date, measure.baseline, total, by_node)


def value_curve(project: Project, date: Date) -> list[Point]:
    """The S-curves to the end of the plan, earned and actual up to ``date``; at most 60 points."""
    measure = _Measure(project)
    spent = cost_by_day([project.pk], until=date)
    starts = [row.starts_on for row in measure.tasks] + [project.starts_on]
    ends = [row.finishes_on for row in measure.tasks] + [date]
    points = []
    for day in _dates(min(starts), max(ends), date):
        is_past = day <= date
        points.append(
            Point(
                date=day,
                planned=sum((measure.planned(row, day) for row in measure.tasks), ZERO),
                earned=sum((measure.earned(row, day) for row in measure.tasks), ZERO)
                if is_past
                else None,
                actual=sum((amount for posted, amount in spent if posted <= day), ZERO)
                if is_past
                else None,
            )
        )
    return points


def _dates(first: Date, last: Date, today: Date) -> Sequence[Date]:
    """Evenly spaced days with both ends and the day of the report."""
    length = (last - first).days
    step = max(-(-length // (MOST_POINTS - 2)), 1)
    days = {first + timedelta(days=n) for n in range(0, length, step)}
    return sorted(days | {last} | ({today} if first <= today <= last else set()))
