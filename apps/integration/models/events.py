from __future__ import annotations

from django.db import models
from django.db.models import Index, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.models.base import CompanyBound


class IntegrationEvent(CompanyBound):
    """That a document or noun changed, written by a trigger in the transaction that changed it.

    ``position`` is its place in the order that other systems see. It is given after COMMIT, one
    batch at a time, so whoever has read up to a position misses nothing below it. Nothing else of
    the row ever changes (``0002_triggers``).
    """

    kind = models.CharField(_("kind"), max_length=140)
    model = models.CharField(_("type of object"), max_length=100)
    object_id = models.BigIntegerField(_("object id"))
    object_version = models.PositiveIntegerField(_("version"))
    occurred_at = models.DateTimeField(_("occurred at"))
    transaction = models.BigIntegerField(_("transaction"))
    position = models.BigIntegerField(_("position"), null=True, editable=False)

    class Meta(CompanyBound.Meta):
        ordering = ("-position", "-id")
        verbose_name = _("event")
        verbose_name_plural = _("events")
        permissions = [("export_company", "Can take all data of a company along")]
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(fields=["position"], name="integration_event_position"),
        ]
        indexes = [
            Index(
                fields=["id"],
                condition=Q(position__isnull=True),
                name="integration_event_unnumbered",
            ),
            Index(fields=["company", "position"], name="integration_event_feed"),
            Index(fields=["occurred_at"], name="integration_event_occurred"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id}"
