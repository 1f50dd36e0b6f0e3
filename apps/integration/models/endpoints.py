from __future__ import annotations

from django.db import models
from django.db.models import Index, Q
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references
from apps.core.fields import CompanyForeignKey
from apps.core.models.base import CompanyBound, MasterData


class WebhookEndpoint(MasterData):
    """An address that is told of events. It sees what its service account may see.

    While it is suspended, events are kept for it and sent once it is resumed.
    """

    url = models.CharField(_("URL"), max_length=500)
    events = models.TextField(
        _("events"),
        max_length=4000,
        help_text=_(
            "Kinds separated by spaces, * for any text: supply_chain.receipt.posted crm.* *.created"
        ),
    )
    account = CompanyForeignKey(
        "integration.ServiceAccount",
        related_name="endpoints",
        verbose_name=_("service account"),
        help_text=_("The objects in the messages are shown as this account may see them."),
    )
    watches_since = models.DateTimeField(_("watches since"), editable=False)
    suspended_at = models.DateTimeField(_("suspended at"), null=True, editable=False)
    suspension_reason = models.CharField(
        _("reason of the suspension"), max_length=300, blank=True, editable=False
    )

    class Meta(MasterData.Meta):
        verbose_name = _("webhook endpoint")
        verbose_name_plural = _("webhook endpoints")
        permissions = [
            ("ping_webhookendpoint", "Can send test messages to webhook endpoints"),
            ("rotate_webhookendpoint", "Can renew secrets of webhook endpoints"),
            ("resume_webhookendpoint", "Can suspend and resume webhook endpoints"),
            ("replay_webhookendpoint", "Can have events sent again"),
        ]
        constraints = [
            *MasterData.Meta.constraints,
            *company_references("integration_webhookendpoint", "account"),
        ]
        indexes = [
            Index(
                fields=["company"],
                condition=Q(is_active=True),
                name="integration_endpoint_active",
            )
        ]

    @property
    def is_suspended(self) -> bool:
        return self.suspended_at is not None


class WebhookSecret(CompanyBound):
    """What messages to an endpoint are signed with, sealed by the installation's key.

    After a renewal the old one signs along until ``expires_at``, so that no receiver must change
    over in the same second.
    """

    endpoint = CompanyForeignKey(
        WebhookEndpoint, related_name="secrets", verbose_name=_("webhook endpoint")
    )
    sealed = models.TextField(_("sealed secret"))
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    expires_at = models.DateTimeField(_("expires at"), null=True)

    class Meta(CompanyBound.Meta):
        ordering = ("-id",)
        verbose_name = _("webhook secret")
        verbose_name_plural = _("webhook secrets")
        constraints = [
            *CompanyBound.Meta.constraints,
            *company_references("integration_webhooksecret", "endpoint"),
        ]
        indexes = [Index(fields=["endpoint", "-id"], name="integration_secret_endpoint")]

    def __str__(self) -> str:
        return f"#{self.pk}"
