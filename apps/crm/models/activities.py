from __future__ import annotations

from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Index
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references
from apps.core.fields import CompanyForeignKey
from apps.core.models import Document, LedgerRow
from apps.core.models.base import CompanyBound


class Activity(Document):
    """A call, visit or task about any document of the chain, or a partner."""

    class Status(models.TextChoices):
        PLANNED = "planned", _("Planned")
        DONE = "done", _("Done")
        CANCELLED = "cancelled", _("Cancelled")

    class Kind(models.TextChoices):
        CALL = "call", _("Call")
        VISIT = "visit", _("Visit")
        TASK = "task", _("Task")

    TRANSITIONS = {
        Status.PLANNED: {Status.DONE, Status.CANCELLED},
        Status.DONE: set(),
        Status.CANCELLED: set(),
    }

    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.PLANNED, editable=False
    )
    kind = models.CharField(_("kind"), max_length=6, choices=Kind, default=Kind.TASK)
    subject = models.CharField(_("subject"), max_length=200)
    note = models.TextField(_("note"), blank=True)
    due_date = models.DateField(_("due date"))
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("owner"),
    )
    done_at = models.DateTimeField(_("done at"), null=True, editable=False)
    outcome = models.TextField(_("outcome"), blank=True, editable=False)
    target_type = models.ForeignKey(
        ContentType,
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
        verbose_name=_("about"),
    )
    target_id = models.BigIntegerField(_("about, its key"), editable=False)
    target = GenericForeignKey("target_type", "target_id")
    partner = CompanyForeignKey(
        "masterdata.Partner",
        related_name="+",
        null=True,
        editable=False,
        verbose_name=_("partner"),
    )

    class Meta(Document.Meta):
        verbose_name = _("activity")
        verbose_name_plural = _("activities")
        constraints = [
            *Document.Meta.constraints,
            models.CheckConstraint(
                condition=models.Q(status="done", done_at__isnull=False)
                | ~models.Q(status="done") & models.Q(done_at__isnull=True),
                name="crm_activity_done_at",
            ),
            *company_references("crm_activity", "partner"),
        ]
        indexes = [
            Index(fields=["target_type", "target_id"], name="crm_activity_target"),
            Index(fields=["company", "status", "due_date"], name="crm_activity_due"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.subject}"


class EmailLog(LedgerRow):
    """An e-mail about ``source``, as it was sent or received: written once."""

    class Direction(models.TextChoices):
        SENT = "sent", _("Sent")
        RECEIVED = "received", _("Received")

    direction = models.CharField(_("direction"), max_length=8, choices=Direction)
    sender = models.CharField(_("from"), max_length=254)
    recipients = models.CharField(_("to"), max_length=1000)
    subject = models.CharField(_("subject"), max_length=200)
    body = models.TextField(_("text"))
    message_id = models.CharField(_("message id"), max_length=200, blank=True)
    is_printout_attached = models.BooleanField(_("printout attached"), default=False)
    partner = CompanyForeignKey(
        "masterdata.Partner", related_name="+", null=True, verbose_name=_("partner")
    )

    class Meta(LedgerRow.Meta):
        ordering = ("-id",)
        verbose_name = _("e-mail")
        verbose_name_plural = _("e-mails")
        constraints = [
            *LedgerRow.Meta.constraints,
            *company_references("crm_emaillog", "partner"),
        ]
        indexes = [
            Index(fields=["source_type", "source_id"], name="crm_emaillog_source"),
            Index(fields=["partner", "id"], name="crm_emaillog_partner"),
        ]

    def __str__(self) -> str:
        return self.subject


class EmailDelivery(CompanyBound):
    """That an e-mail was handed to the mail server: once, however often the task runs."""

    email = CompanyForeignKey(EmailLog, related_name="deliveries")
    delivered_at = models.DateTimeField(_("delivered at"), auto_now_add=True)

    class Meta(CompanyBound.Meta):
        ordering = ("-id",)
        verbose_name = _("e-mail delivery")
        verbose_name_plural = _("e-mail deliveries")
        constraints = [
            *CompanyBound.Meta.constraints,
            models.UniqueConstraint(fields=["email"], name="crm_emaildelivery_once"),
            *company_references("crm_emaildelivery", "email"),
        ]

    def __str__(self) -> str:
        return f"{self.email_id} {self.delivered_at}"
