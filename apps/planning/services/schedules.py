"""Finite schedules: calculated within a time box, published, and changed by hand on the board."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from time import perf_counter
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, Site, User
from apps.core.services.documents import lock, require_company, require_status
from apps.core.services.numbering import next_number
from apps.core.transactions import unit_of_work
from apps.planning.engine.errors import PlanError
from apps.planning.engine.scheduling.causes import Cause, late_jobs
from apps.planning.engine.scheduling.problem import (
    Solution,
    duration_of,
    job_end,
    machine_of,
    objective_value,
)
from apps.planning.engine.scheduling.solver import solve
from apps.planning.models import Schedule, ScheduledOperation
from apps.planning.queries.schedule_inputs import ScheduleInput, read_schedule_input

SERIES = "planning_schedule_series"
PREFIX = "SCH"
Status = Schedule.Status


def create_schedule(
    company: Company,
    *,
    site: Site,
    by: User,
    starts_at: datetime | None = None,
    horizon_days: int = 60,
    objective: str = Schedule.Objective.TARDINESS,
    ignores_calendar: bool = False,
    time_limit_seconds: int = 10,
    reason: str = "",
) -> Schedule:
    """Ask for a schedule of the open operations of ``site``; nothing is calculated yet."""
    require_company(company, site=site)
    if not 1 <= time_limit_seconds <= 600:
        raise InvalidInput(
            "bad_time_limit", _("Give it 1 to 600 seconds."), field="time_limit_seconds"
        )
    if not 1 <= horizon_days <= 730:
        raise InvalidInput("bad_horizon", _("Schedule 1 to 730 days."), field="horizon_days")
    if objective not in Schedule.Objective.values:
        raise InvalidInput("unknown_objective", _("There is no such aim."), field="objective")
    with unit_of_work():
        return Schedule(
            company=company,
            number=next_number(SERIES, PREFIX),
            site=site,
            starts_at=(starts_at or timezone.now()).replace(microsecond=0),
            horizon_days=horizon_days,
            objective=objective,
            ignores_calendar=ignores_calendar,
            time_limit_seconds=time_limit_seconds,
            created_by=by,
        ).save_by(by, reason=reason)


def calculate_schedule(schedule: Schedule, *, by: User, workers: int = 2) -> Schedule:
    """Find the best sequence within the time box; there is always one.

    Raises ``InvalidInput`` for a site without a calendar; nothing is written then.
    """
    require_status(schedule, Status.QUEUED, Status.FAILED)
    started = perf_counter()
    try:
        found, solution, note = _solve(schedule, workers)
    except PlanError as error:
        raise _refusal(error, schedule) from error
    with unit_of_work():
        schedule = lock(schedule)
        require_status(schedule, Status.QUEUED, Status.FAILED)
        if schedule.status == Status.FAILED:
            schedule.transition_to(Status.QUEUED)
        schedule.transition_to(Status.RUNNING)
        schedule.transition_to(Status.READY)
        causes = late_jobs(found.problem, solution)
        _write(schedule, found, solution, causes)
        _tell(schedule, found, solution, causes, note)
        schedule.seconds = round(Decimal(perf_counter() - started), 3)
        return schedule.save_by(by)


def _solve(schedule: Schedule, workers: int) -> tuple[ScheduleInput, Solution, str]:
    found = read_schedule_input(schedule)
    limit = float(schedule.time_limit_seconds)
    try:
        return found, solve(found.problem, seconds=limit, workers=workers), ""
    except PlanError as error:
        if error.code != "pins_collide":
            raise
    found = read_schedule_input(schedule, keeps_pins=False)
    note = _("What was pinned could not be kept together and was moved.")
    return found, solve(found.problem, seconds=limit, workers=workers), note


def _write(
    schedule: Schedule, found: ScheduleInput, solution: Solution, causes: list[Cause]
) -> None:
    problem, minutes = found.problem, Decimal(found.unit) / 60
    by_job = {cause.job: cause for cause in causes}
    setups = _setups(found, solution)
    rows = []
    for number, row in enumerate(found.rows):
        task = problem.tasks[number]
        ticks = duration_of(problem, solution, number)
        resource = found.resources[task.modes[solution.mode[number]].machine]
        start = solution.start[number]
        cause = by_job.get(task.job)
        rows.append(
            ScheduledOperation(
                company_id=schedule.company_id,
                schedule=schedule,
                operation_id=row["id"],
                work_centre_id=row["work_centre_id"],
                machine_id=resource if resource > 0 else None,
                starts_at=found.moment(start),
                ends_at=found.moment(start + ticks, is_end=bool(ticks)),
                setup_minutes=round(setups[number] * minutes, 6),
                work_minutes=round((ticks - found.own_setup[number]) * minutes, 6),
                is_pinned=task.fixed_start is not None,
                **_because(found, task.job, cause, minutes),
            )
        )
    ScheduledOperation.objects.bulk_create(rows)


def _setups(found: ScheduleInput, solution: Solution) -> list[int]:
    """Ticks of set-up of each task: its own, or by what ran on the machine before it."""
    problem = found.problem
    result = list(found.own_setup)
    order = sorted(range(len(problem.tasks)), key=lambda n: solution.start[n])
    last: dict[int, int] = {}
    for number in order:
        machine = machine_of(problem, solution, number)
        if machine is None:
            continue
        matrix = problem.setups.get(machine)
        if matrix is not None and machine in last:
            families = problem.tasks[last[machine]].family, problem.tasks[number].family
            result[number] = matrix[families[0]][families[1]]
        last[machine] = number
    return result


def _because(
    found: ScheduleInput, job: int, cause: Cause | None, minutes: Decimal
) -> dict[str, Any]:
    readiness = found.readiness.get(found.orders[job])
    missing = (
        {"cause": "missing", "cause_item_id": readiness.item_id}
        if (readiness and readiness.is_missing)
        else {}
    )
    if cause is None:
        return missing
    told: dict[str, Any] = {"late_minutes": round(cause.late * minutes, 6), "cause": cause.kind}
    if cause.machine is not None:
        resource = found.resources[cause.machine]
        told["cause_machine_id"] = resource if resource > 0 else None
    if cause.behind is not None:
        told["cause_operation_id"] = found.rows[cause.behind]["id"]
    if cause.kind == "material" and readiness:
        told["cause_item_id"] = readiness.item_id
    return told | missing


def _tell(
    schedule: Schedule, found: ScheduleInput, solution: Solution, causes: list[Cause], note: str
) -> None:
    problem, minutes = found.problem, Decimal(found.unit) / 60
    ends = [job_end(problem, solution, job) for job in problem.jobs]
    schedule.message = note
    schedule.proved_optimal = solution.is_optimal
    schedule.makespan_minutes = round(max(ends, default=0) * minutes, 6)
    schedule.bound = round(Decimal(solution.bound) * minutes, 6)
    schedule.tardy_minutes = round(sum(cause.late for cause in causes) * minutes, 6)
    schedule.operation_count = len(found.rows)
    schedule.late_count = len(causes)
    if objective_value(problem, solution) == 0:
        schedule.proved_optimal = True


def publish_schedule(schedule: Schedule, *, by: User) -> Schedule:
    """Make it the schedule of its site; the one before is obsolete."""
    with unit_of_work():
        schedule = lock(schedule)
        before = Schedule.objects.select_for_update().filter(
            site_id=schedule.site_id, status=Status.PUBLISHED
        )
        for old in before.exclude(pk=schedule.pk):
            old.transition_to(Status.OBSOLETE)
            old.save_by(by)
        schedule.transition_to(Status.PUBLISHED)
        return schedule.save_by(by)


def discard_schedule(schedule: Schedule, *, by: User) -> Schedule:
    """It will not be used."""
    with unit_of_work():
        schedule = lock(schedule)
        schedule.transition_to(Status.OBSOLETE)
        return schedule.save_by(by)


def fail_schedule(schedule: Schedule, *, message: str, by: User) -> Schedule:
    """Note why a calculation in the background came to nothing."""
    with unit_of_work():
        schedule = lock(schedule)
        if schedule.status == Status.FAILED:
            schedule.transition_to(Status.QUEUED)
        schedule.transition_to(Status.RUNNING)
        schedule.transition_to(Status.FAILED)
        schedule.message = message
        return schedule.save_by(by)


def _refusal(error: PlanError, schedule: Schedule) -> BusinessError:
    text = {
        "no_calendar": _("{site} has no shifts: give it a calendar, or schedule around the clock."),
        "horizon_too_short": _("The work of {site} does not fit into two years."),
        "pins_collide": _("What is pinned at {site} can't be kept together."),
    }[error.code].format(site=schedule.site)
    return InvalidInput(error.code, text, field=error.field)
