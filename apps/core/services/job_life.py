"""What a running job tells while it works: that it lives, and how far it is.

A thread of its own writes both, so that a job in one long transaction, or in one that may not
write, is watched as well as any other.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Event, Thread

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone

from apps.core.models import BackgroundJob

#: Progress is written at most so often, in seconds.
PACE = 0.5
_log = logging.getLogger(__name__)


def lease() -> timedelta:
    """How long a running job may be silent before it is taken for dead."""
    return timedelta(seconds=settings.JOB_LEASE_SECONDS)


class JobLife:
    """Progress as ``report`` was last told it, and the thread that writes it down."""

    def __init__(self, job: BackgroundJob) -> None:
        self._own = BackgroundJob.objects.filter(
            pk=job.pk, attempts=job.attempts, status=BackgroundJob.Status.RUNNING
        )
        self._job = job
        self._is_over, self._is_told = Event(), Event()

    def report(self, done: int, total: int, message: str = "") -> None:
        """Note that ``done`` of ``total`` is done; costs nothing, so tell it as often as you like.

        Outside of a transaction it is written at once.
        """
        self._job.progress, self._job.total, self._job.message = done, total, message
        if connection.in_atomic_block:
            self._is_told.set()
        else:
            self._own.update(progress=done, total=total, message=message)

    @contextmanager
    def lived(self) -> Iterator[None]:
        """Tell of the job while the block runs."""
        thread = Thread(target=self._tell, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._is_over.set()
            self._is_told.set()
            thread.join()

    def _tell(self) -> None:
        while True:
            is_told = self._is_told.wait(lease().total_seconds() / 3)
            self._is_told.clear()
            if self._is_over.is_set():
                return
            try:
                self._own.update(alive_until=timezone.now() + lease(), **self._told())
            except DatabaseError as error:
                _log.warning("job %s gives no sign of life: %s", self._job.pk, error)
            finally:
                connection.close()
            if is_told and self._is_over.wait(PACE):
                return

    def _told(self) -> dict[str, object]:
        job = self._job
        return {"progress": job.progress, "total": job.total, "message": job.message}
