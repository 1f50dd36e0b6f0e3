from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.models.base import Document, ScopedQuerySet


class BackgroundJobQuerySet(ScopedQuerySet):
    def visible_to(self, user: Any) -> BackgroundJobQuerySet:
        rows = super().visible_to(user)
        return rows if user.has_perm("core.view_all_jobs") else rows.filter(created_by=user)


class BackgroundJob(Document):
    """Long work with progress: who asked, how far it is, what came of it."""

    class Status(models.TextChoices):
        QUEUED = "queued", _("Queued")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    TRANSITIONS: ClassVar = {
        Status.QUEUED: {Status.RUNNING, Status.CANCELLED},
        Status.RUNNING: {Status.DONE, Status.FAILED, Status.QUEUED},
        Status.DONE: set(),
        Status.FAILED: {Status.QUEUED},
        Status.CANCELLED: set(),
    }

    status = models.CharField(
        _("status"), max_length=12, choices=Status, default=Status.QUEUED, editable=False
    )
    kind = models.CharField(_("kind"), max_length=80)
    title = models.CharField(_("title"), max_length=200)
    parameters = models.JSONField(_("parameters"), default=dict)
    progress = models.PositiveIntegerField(_("progress"), default=0)
    total = models.PositiveIntegerField(_("total"), default=0)
    message = models.TextField(_("message"), blank=True)
    result = models.FileField(_("result"), upload_to="jobs/%Y/%m/", blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0, editable=False)
    #: Until when somebody is trusted to care for it; the one who runs it moves this on.
    alive_until = models.DateTimeField(_("alive until"), null=True, editable=False)
    started_at = models.DateTimeField(_("started at"), null=True, editable=False)
    finished_at = models.DateTimeField(_("finished at"), null=True, editable=False)

    objects: ClassVar[Any] = BackgroundJobQuerySet.as_manager()

    class Meta(Document.Meta):
        verbose_name = _("background job")
        verbose_name_plural = _("background jobs")
        permissions = [("view_all_jobs", "Can see everybody's jobs")]

    def __str__(self) -> str:
        return self.title

    @property
    def percent(self) -> int:
        return min(100, self.progress * 100 // self.total) if self.total else 0
