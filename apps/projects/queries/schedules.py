"""When tasks may and must be done: the network laid over the site's working days."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError
from apps.core.money import ZERO
from apps.masterdata.queries.calendars import calendar_of
from apps.projects.engine.calendar import NoWorkingDay, WorkingDays
from apps.projects.engine.critical_path import Activity, Cycle, Link, Network, Times, schedule
from apps.projects.engine.estimates import Estimate, Outlook, outlook
from apps.projects.models import Project, Task, TaskDependency


@dataclass(frozen=True, slots=True)
class ScheduledTask:
    """A task with its times (working days from the project's start) and its earliest dates."""

    task: Task
    times: Times
    starts_on: Date
    finishes_on: Date
    latest_start: Date
    latest_finish: Date

    @property
    def is_critical(self) -> bool:
        return self.times.is_critical

    @property
    def is_milestone(self) -> bool:
        return not self.task.duration


@dataclass(frozen=True, slots=True)
class ProjectSchedule:
    """The tasks in the order of the breakdown; ``chain`` is one critical chain, as keys."""

    rows: Sequence[ScheduledTask]
    links: Sequence[TaskDependency]
    duration: Decimal
    chain: Sequence[int]
    finishes_on: Date | None
    outlook: Outlook | None

    @property
    def critical_codes(self) -> list[str]:
        """Codes of the critical tasks in order of time."""
        found = [row for row in self.rows if row.is_critical]
        found.sort(key=lambda row: (row.times.early_start, row.times.early_finish, row.task.pk))
        return [row.task.code for row in found]

    @property
    def chain_codes(self) -> list[str]:
        codes = {row.task.pk: row.task.code for row in self.rows}
        return [codes[key] for key in self.chain]


def is_working_day(project: Project) -> Callable[[Date], bool]:
    """Whether the project's site works on a date: its shifts less its holidays."""
    calendar = calendar_of(project.site)
    weekdays = 0
    for shift in calendar.shifts:
        weekdays |= shift.weekdays

    def is_working(day: Date) -> bool:
        works = calendar.is_continuous or bool(weekdays & (1 << day.weekday()))
        return works and day not in calendar.holidays

    return is_working


def working_days(project: Project) -> WorkingDays:
    """The working days of the project's site from its start on."""
    return WorkingDays(project.starts_on, is_working_day(project))


def project_schedule(project: Project) -> ProjectSchedule:
    """Critical path and dates of a project: four statements however many tasks.

    With three estimates the network is that of their means (PERT) and the odds are known. Raises
    ``BusinessError`` when the site never works.
    """
    tasks = list(
        Task.objects.filter(project=project)
        .select_related("node", "responsible")
        .order_by("node__path", "pk")
    )
    links = list(TaskDependency.objects.filter(successor__project=project).order_by("pk"))
    days = working_days(project)
    try:
        network = _network(tasks, links, days)
        rows = [_row(task, network.times[task.pk], days) for task in tasks]
        last = max((row.finishes_on for row in rows), default=None)
    except NoWorkingDay as error:
        raise BusinessError(
            "no_working_day",
            _("{site} has no working day within a year of {day}.").format(
                site=project.site, day=error.day
            ),
            field="site",
        ) from error
    except Cycle as error:  # refused on write; said in words should it ever stand
        codes = {task.pk: task.code for task in tasks}
        path = " → ".join(codes.get(key, str(key)) for key in error.path)  # type: ignore[call-overload]
        raise BusinessError(
            "task_cycle", _("The tasks wait for each other: {path}.").format(path=path)
        ) from error
    chain = [key for key in network.chain if isinstance(key, int)]
    return ProjectSchedule(
        rows, links, network.duration, chain, last, _outlook(tasks, network, chain)
    )


def expected_duration(task: Task) -> Decimal:
    """The mean of three estimates, else the duration itself."""
    estimate = _estimate(task)
    return task.duration if estimate is None else estimate.mean


def _estimate(task: Task) -> Estimate | None:
    if task.optimistic is None or task.pessimistic is None:
        return None
    return Estimate(task.optimistic, task.duration, task.pessimistic)


def _network(tasks: Sequence[Task], links: Sequence[TaskDependency], days: WorkingDays) -> Network:
    return schedule(
        [
            Activity(
                task.pk,
                expected_duration(task),
                ZERO if task.not_before is None else days.offset_of(task.not_before),
            )
            for task in tasks
        ],
        [Link(one.predecessor_id, one.successor_id, one.kind, one.lag) for one in links],
    )


def _row(task: Task, times: Times, days: WorkingDays) -> ScheduledTask:
    is_milestone = times.early_start == times.early_finish
    finish, latest_finish = days.finish_of(times.early_finish), days.finish_of(times.late_finish)
    return ScheduledTask(
        task=task,
        times=times,
        starts_on=finish if is_milestone else days.start_of(times.early_start),
        finishes_on=finish,
        latest_start=latest_finish if is_milestone else days.start_of(times.late_start),
        latest_finish=latest_finish,
    )


def _outlook(tasks: Sequence[Task], network: Network, chain: Sequence[int]) -> Outlook | None:
    """The odds, where tasks of the chain have estimates; those without are certain."""
    by_key = {task.pk: task for task in tasks}
    found = [_estimate(by_key[key]) for key in chain]
    given = [one for one in found if one is not None]
    return outlook(network.duration, given) if given else None
