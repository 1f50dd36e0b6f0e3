"""Background jobs: queued with their document, run by Celery, watched on a page and by the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.files.base import ContentFile, File
from django.db import InterfaceError, OperationalError
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError
from apps.core.models import BackgroundJob, Company, User
from apps.core.services.documents import lock
from apps.core.services.job_life import JobLife, lease
from apps.core.services.outbox import enqueue
from apps.core.transactions import unit_of_work

Report = Callable[[int, int, str], None]
Handler = Callable[[BackgroundJob, Report], tuple[str, bytes | File] | None]
_handlers: dict[str, Handler] = {}
_permissions: dict[str, str] = {}

MOST_ATTEMPTS = 10
MOST_RESCUED = 100
#: A queued job waits its turn longer than a running one may be silent.
QUEUED_LEASES = 5


def job_handler(kind: str, *, permission: str = "") -> Callable[[Handler], Handler]:
    """Register a function as the work behind ``kind``.

    It gets the job and ``report(done, total, message)``; it may return (file name, content). Who
    may see the job may take that file, if he holds ``permission``.
    When its process dies it is called again in another: what it writes must be harmless twice.
    """

    def register(handler: Handler) -> Handler:
        _handlers[kind] = handler
        _permissions[kind] = permission
        return handler

    return register


def may_take_result(job: BackgroundJob, user: Any) -> bool:
    """Whether ``user``, who sees ``job``, may have the file that it made."""
    permission = _permissions.get(job.kind, "")
    return bool(job.result) and (not permission or user.has_perm(permission))


def start_job(
    kind: str, *, title: str, company: Company, by: User, parameters: dict[str, Any] | None = None
) -> BackgroundJob:
    """Queue the work; it starts after commit."""
    if kind not in _handlers:
        raise BusinessError("unknown_job", _("There is no job {kind}.").format(kind=kind))
    with unit_of_work():
        job = BackgroundJob(
            company=company,
            kind=kind,
            title=title,
            parameters=parameters or {},
            created_by=by,
            alive_until=timezone.now() + QUEUED_LEASES * lease(),
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
        job.attempts += 1
        job.alive_until = job.started_at + lease()
        job.save_by(job.created_by)
    job.created_by.enter(job.company_id)  # what he sees elsewhere is not this job's
    try:
        life = JobLife(job)
        with life.lived():
            result = _handlers[job.kind](job, life.report)
    except BusinessError as error:
        return _finish(job, BackgroundJob.Status.FAILED, str(error))
    except (OperationalError, InterfaceError):
        raise  # the database went away, not the work: rescue_jobs begins it again
    except Exception as error:
        _finish(job, BackgroundJob.Status.FAILED, f"{type(error).__name__}: {error}")
        raise
    if result is not None:
        name, content = result
        file = content if isinstance(content, File) else ContentFile(content)
        job.result.save(name, file, save=False)
        file.close()
    return _finish(job, BackgroundJob.Status.DONE, "")


def rescue_jobs() -> int:
    """Queue again what nobody cares for any more: its process died, or its message was lost.

    A job that took ``MOST_ATTEMPTS`` processes with it has failed. Returns the number of jobs.
    """
    now = timezone.now()
    with unit_of_work():
        rows = BackgroundJob.objects.select_for_update(skip_locked=True).filter(
            status__in=(BackgroundJob.Status.QUEUED, BackgroundJob.Status.RUNNING),
            alive_until__lt=now,
        )
        jobs = list(rows.order_by("pk")[:MOST_RESCUED])
        for job in jobs:
            if job.attempts >= MOST_ATTEMPTS:
                job.transition_to(BackgroundJob.Status.FAILED)
                job.finished_at = now
                job.message = _("Given up: what ran it died {count} times.").format(
                    count=job.attempts
                )
                job.save_by(job.created_by)
                continue
            if job.status == BackgroundJob.Status.RUNNING:
                job.transition_to(BackgroundJob.Status.QUEUED)
            job.alive_until = now + QUEUED_LEASES * lease()
            job.save_by(job.created_by)
            enqueue("core.run_job", job_id=job.pk)
    return len(jobs)


def cancel_job(job: BackgroundJob, *, by: User) -> BackgroundJob:
    """Take a job out of the queue. Raises ``InvalidTransition`` once it has begun."""
    with unit_of_work():
        job = lock(job)
        job.transition_to(BackgroundJob.Status.CANCELLED)
        job.finished_at = timezone.now()
        return job.save_by(by)


def _finish(job: BackgroundJob, status: str, message: str) -> BackgroundJob:
    """Write down how it ended, unless it was taken for dead and given to another process."""
    with unit_of_work():
        current = BackgroundJob.objects.select_for_update().get(pk=job.pk)
        if (current.status, current.attempts) != (BackgroundJob.Status.RUNNING, job.attempts):
            return current
        current.transition_to(status)
        current.result = job.result
        current.message = message or job.message
        current.progress, current.total = job.progress, job.total
        if status == BackgroundJob.Status.DONE and current.total:
            current.progress = current.total
        current.finished_at = timezone.now()
        current.save_by(current.created_by)
    return current
