"""Planning in the background, with progress that can be watched."""

from __future__ import annotations

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError
from apps.core.models import BackgroundJob, User
from apps.core.services.documents import lock, require_status
from apps.core.services.jobs import Report, job_handler, start_job
from apps.core.transactions import unit_of_work
from apps.planning.models import PlanningRun, Schedule
from apps.planning.services.planning_runs import calculate_plan, fail_planning_run
from apps.planning.services.schedules import calculate_schedule, fail_schedule

PLAN = "planning.plan"
SCHEDULE = "planning.schedule"


def start_planning_run(run: PlanningRun, *, by: User) -> BackgroundJob:
    """Calculate the plan in the background."""
    with unit_of_work():
        run = lock(run)
        require_status(run, PlanningRun.Status.QUEUED, PlanningRun.Status.FAILED)
        if run.status == PlanningRun.Status.FAILED:
            run.transition_to(PlanningRun.Status.QUEUED)
        run.job = start_job(
            PLAN,
            title=_("Plan {number}").format(number=run.number),
            company=run.company,
            by=by,
            parameters={"run": run.pk},
        )
        run.save_by(by)
    return run.job


@job_handler(PLAN)
def plan_in_background(job: BackgroundJob, report: Report) -> None:
    """Calculate; what makes a plan impossible is noted on the run, and the job fails with it."""
    run = PlanningRun.objects.get(company_id=job.company_id, pk=job.parameters["run"])
    try:
        calculate_plan(run, by=job.created_by, report=report)
    except BusinessError as error:
        fail_planning_run(run, message=str(error), by=job.created_by)
        raise


def start_schedule(schedule: Schedule, *, by: User) -> BackgroundJob:
    """Calculate the schedule in the background."""
    with unit_of_work():
        schedule = lock(schedule)
        require_status(schedule, Schedule.Status.QUEUED, Schedule.Status.FAILED)
        schedule.job = start_job(
            SCHEDULE,
            title=_("Schedule {number}").format(number=schedule.number),
            company=schedule.company,
            by=by,
            parameters={"schedule": schedule.pk},
        )
        schedule.save_by(by)
    return schedule.job


@job_handler(SCHEDULE)
def schedule_in_background(job: BackgroundJob, report: Report) -> None:
    """Calculate within the time box; a refusal is noted on the schedule."""
    schedule = Schedule.objects.get(company_id=job.company_id, pk=job.parameters["schedule"])
    report(0, 1, _("Looking for the best sequence"))
    try:
        calculate_schedule(schedule, by=job.created_by)
    except BusinessError as error:
        fail_schedule(schedule, message=str(error), by=job.created_by)
        raise
    report(1, 1, "")
