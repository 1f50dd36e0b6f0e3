from __future__ import annotations

from django.db import models
from django.db.models import Index, Q
from django.utils.translation import gettext_lazy as _


class OutboxMessage(models.Model):
    """A task to run after commit, written in the transaction that wants it, so none is lost."""

    task = models.CharField(_("task"), max_length=120)
    payload = models.JSONField(_("payload"), default=dict)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    published_at = models.DateTimeField(_("published at"), null=True)

    class Meta:
        verbose_name = _("outbox message")
        verbose_name_plural = _("outbox messages")
        indexes = [
            Index(
                fields=["id"],
                condition=Q(published_at__isnull=True),
                name="core_outbox_unpublished",
            )
        ]

    def __str__(self) -> str:
        return f"{self.task} #{self.pk}"
