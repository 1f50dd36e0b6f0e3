"""What runs beside the requests: the outbox is sent, jobs are run, and rescued when one died."""

from __future__ import annotations

from celery import current_app, shared_task

from apps.core.services import idempotency, jobs, outbox


@shared_task(name="core.relay_outbox", ignore_result=True)
def relay_outbox() -> int:
    """Send the tasks that committed transactions asked for; the number sent."""
    return outbox.relay(lambda task, payload: current_app.send_task(task, kwargs=payload))


@shared_task(name="core.run_job", ignore_result=True)
def run_job(job_id: int) -> None:
    jobs.run_job(job_id)


@shared_task(name="core.rescue_jobs", ignore_result=True)
def rescue_jobs() -> int:
    return jobs.rescue_jobs()


@shared_task(name="core.forget_old_keys", ignore_result=True)
def forget_old_keys() -> int:
    return idempotency.forget_old_keys()
