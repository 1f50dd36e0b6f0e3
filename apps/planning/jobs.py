"""Planning in the background, with progress that can be watched."""

from __future__ import annotations

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError
from apps.core.models import BackgroundJob, User
from apps.core.services.documents import lock, require_status
from apps.core.services.jobs import Report, job_handler, start_job
from apps.core.transactions import unit_of_work
from apps.planning.models import PlanningRun
from apps.planning.services.planning_runs import calculate_plan, fail_planning_run

PLAN = "planning.plan"


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
