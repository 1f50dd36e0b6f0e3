from __future__ import annotations

from django.db import models
from django.db.models import Index, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references
from apps.core.fields import CompanyForeignKey
from apps.core.models.base import CompanyBound


class WebhookDelivery(CompanyBound):
    """One message to one endpoint, until it has arrived. Each attempt has the same message id."""

    class Status(models.TextChoices):
        PENDING = "pending", _("Pending")
        DELIVERED = "delivered", _("Delivered")
        FAILED = "failed", _("Given up")
        SKIPPED = "skipped", _("Not visible to the account")

    endpoint = CompanyForeignKey(
        "integration.WebhookEndpoint", related_name="deliveries", verbose_name=_("endpoint")
    )
    #: Empty for a test message.
    event = CompanyForeignKey(
        "integration.IntegrationEvent",
        related_name="deliveries",
        null=True,
        verbose_name=_("event"),
    )
    kind = models.CharField(_("kind"), max_length=140)
    message_id = models.CharField(_("message id"), max_length=40, unique=True)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.PENDING)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    created_at = models.DateTimeField(_("created at"))
    first_attempt_at = models.DateTimeField(_("first attempt at"), null=True)
    last_attempt_at = models.DateTimeField(_("last attempt at"), null=True)
    #: For a pending one: when it is due, or until when the attempt under way has time.
    next_attempt_at = models.DateTimeField(_("next attempt at"), null=True)
    status_code = models.PositiveSmallIntegerField(_("HTTP status"), null=True)
    duration_ms = models.PositiveIntegerField(_("duration in ms"), null=True)
    error = models.CharField(_("error"), max_length=300, blank=True)

    class Meta(CompanyBound.Meta):
        ordering = ("-id",)
        verbose_name = _("webhook delivery")
        verbose_name_plural = _("webhook deliveries")
        permissions = [("replay_webhookdelivery", "Can have deliveries sent again")]
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(fields=["endpoint", "event"], name="integration_delivery_once"),
            models.CheckConstraint(
                condition=~Q(status="delivered") | Q(status_code__gte=200, status_code__lt=300),
                name="integration_delivery_delivered",
            ),
            models.CheckConstraint(
                condition=Q(status="pending", next_attempt_at__isnull=False)
                | (~Q(status="pending") & Q(next_attempt_at__isnull=True)),
                name="integration_delivery_due",
            ),
            *company_references("integration_webhookdelivery", "endpoint", "event"),
        ]
        indexes = [
            Index(
                fields=["next_attempt_at", "id"],
                condition=Q(status="pending"),
                name="integration_delivery_pending",
            ),
            Index(fields=["event"], name="integration_delivery_event"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.message_id}"
