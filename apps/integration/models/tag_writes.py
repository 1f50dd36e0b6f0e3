from __future__ import annotations

from django.db import models
from django.db.models import Index, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references
from apps.core.fields import CompanyForeignKey
from apps.core.models import Document


class TagWrite(Document):
    """A value that somebody asks a machine to take; sent at most once, and what came of it.

    ``created_by`` and ``created_at`` say who asked and when. What was not sent by ``due_at``, or
    not answered by then, has timed out: nothing reaches a machine later than it was meant to.
    """

    class Status(models.TextChoices):
        ASKED = "asked", _("Asked")
        SENT = "sent", _("Sent")
        ACKNOWLEDGED = "acknowledged", _("Acknowledged")
        REFUSED = "refused", _("Refused")
        TIMED_OUT = "timed_out", _("Timed out")

    TRANSITIONS = {
        Status.ASKED: {Status.SENT, Status.TIMED_OUT},
        Status.SENT: {Status.ACKNOWLEDGED, Status.REFUSED, Status.TIMED_OUT},
        Status.ACKNOWLEDGED: set(),
        Status.REFUSED: set(),
        Status.TIMED_OUT: set(),
    }
    OPEN = (Status.ASKED, Status.SENT)

    status = models.CharField(
        _("status"), max_length=12, choices=Status, default=Status.ASKED, editable=False
    )
    tag = CompanyForeignKey(
        "integration.MachineTag", related_name="writes", verbose_name=_("signal")
    )
    value = models.CharField(_("value"), max_length=200)
    why = models.CharField(_("why"), max_length=500)
    due_at = models.DateTimeField(_("due at"), editable=False)
    sent_at = models.DateTimeField(_("sent at"), null=True, editable=False)
    answered_at = models.DateTimeField(_("answered at"), null=True, editable=False)
    answer = models.CharField(_("answer"), max_length=300, blank=True, editable=False)

    class Meta(Document.Meta):
        verbose_name = _("value written to a machine")
        verbose_name_plural = _("values written to machines")
        constraints = [
            *Document.Meta.constraints,
            UniqueConstraint(
                fields=["tag"],
                condition=Q(status__in=["asked", "sent"]),
                name="integration_tagwrite_one_open",
            ),
            models.CheckConstraint(
                condition=Q(status="asked", sent_at__isnull=True)
                | Q(status="timed_out")
                | (~Q(status="asked") & Q(sent_at__isnull=False)),
                name="integration_tagwrite_sent",
            ),
            *company_references("integration_tagwrite", "tag"),
        ]
        indexes = [
            Index(
                fields=["due_at"],
                condition=Q(status__in=["asked", "sent"]),
                name="integration_tagwrite_open",
            ),
            Index(fields=["tag", "-id"], name="integration_tagwrite_tag"),
        ]
