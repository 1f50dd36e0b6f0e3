"""Background jobs: queued with their document, run by Celery, watched on a page and by the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.files.base import ContentFile
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError
from apps.core.models import BackgroundJob, Company, User
from apps.core.services.documents import lock
from apps.core.services.outbox import enqueue
from apps.core.transactions import unit_of_work

Report = Callable[[int, int, str], None]
Handler = Callable[[BackgroundJob, Report], tuple[str, bytes] | None]
_handlers: dict[str, Handler] = {}


def job_handler(kind: str) -> Callable[[Handler], Handler]:
    """Register a function as the work behind ``kind``.

    It gets the job and ``report(done, total, message)``; it may return (file name, content).
    """

    def register(handler: Handler) -> Handler:
        _handlers[kind] = handler
        return handler

    return register


def start_job(
    kind: str, *, title: str, company: Company, by: User, parameters: dict[str, Any] | None = None
) -> BackgroundJob:
    """Queue the work; it starts after commit."""
    if kind not in _handlers:
        raise BusinessError("unknown_job", _("There is no job {kind}.").format(kind=kind))
    with unit_of_work():
        job = BackgroundJob(
            company=company, kind=kind, title=title, parameters=parameters or {}, created_by=by
        ).save_by(by)
        enqueue("core.run_job", job_id=job.pk)
    return job


def run_job(job_id: int) -> BackgroundJob:
    """Do the work of a queued job. Running it twice is harmless: only a queued job starts."""
    with unit_of_work():
        job = BackgroundJob.objects.select_for_update().get(pk=job_id)
        if not job.can_become(BackgroundJob.Status.RUNNING):
            return job
        job.transition_to(BackgroundJob.Status.RUNNING)
        job.started_at = timezone.now()
        job.save_by(job.created_by)
    try:
        result = _handlers[job.kind](job, _reporter(job))
    except BusinessError as error:
        return _finish(job, BackgroundJob.Status.FAILED, str(error))
    except Exception as error:
        _finish(job, BackgroundJob.Status.FAILED, f"{type(error).__name__}: {error}")
        raise
    if result is not None:
        name, content = result
        job.result.save(name, ContentFile(content), save=False)
    return _finish(job, BackgroundJob.Status.DONE, "")


def cancel_job(job: BackgroundJob, *, by: User) -> BackgroundJob:
    """Take a job out of the queue. Raises ``InvalidTransition`` once it has begun."""
    with unit_of_work():
        job = lock(job)
        job.transition_to(BackgroundJob.Status.CANCELLED)
        job.finished_at = timezone.now()
        return job.save_by(by)


def _reporter(job: BackgroundJob) -> Report:
    def report(done: int, total: int, message: str = "") -> None:
        job.progress, job.total, job.message = done, total, message
        BackgroundJob.objects.filter(pk=job.pk).update(progress=done, total=total, message=message)

    return report


def _finish(job: BackgroundJob, status: str, message: str) -> BackgroundJob:
    with unit_of_work():
        job.transition_to(status)
        job.message = message or job.message
        if status == BackgroundJob.Status.DONE and job.total:
            job.progress = job.total
        job.finished_at = timezone.now()
        job.save_by(job.created_by)
    return job
