from __future__ import annotations

from django.db import models
from django.db.models import Q, UniqueConstraint
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references
from apps.core.fields import CompanyForeignKey
from apps.core.models.base import AuditedModel, CompanyBound

SCOPES_HELP = _(
    "Separated by spaces: app.read, app.write (for all apps *.read, *.write), "
    "or single permissions such as supply_chain.post_receipt."
)


class ApiKey(CompanyBound, AuditedModel):
    """A secret of a service account. Only its hash is kept; the prefix tells which one it is."""

    account = CompanyForeignKey(
        "integration.ServiceAccount", related_name="keys", verbose_name=_("service account")
    )
    name = models.CharField(_("name"), max_length=100)
    prefix = models.CharField(_("prefix"), max_length=20, unique=True, editable=False)
    digest = models.CharField(_("hash"), max_length=64, editable=False)
    scopes = models.TextField(_("scopes"), max_length=2000, help_text=SCOPES_HELP)
    networks = models.TextField(
        _("networks"),
        max_length=1000,
        blank=True,
        help_text=_("Addresses it may be used from, as 203.0.113.0/24; empty: anywhere."),
    )
    requests_per_minute = models.PositiveIntegerField(
        _("requests per minute"),
        null=True,
        blank=True,
        help_text=_("Empty: as many as the installation allows."),
    )
    expires_at = models.DateTimeField(_("expires at"))
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True, editable=False)

    class Meta(CompanyBound.Meta):
        ordering = ("-id",)
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        constraints = [
            *CompanyBound.Meta.constraints,
            models.CheckConstraint(
                condition=Q(requests_per_minute__gt=0),
                name="integration_apikey_requests_per_minute_positive",
            ),
            *company_references("integration_apikey", "account"),
        ]

    def __str__(self) -> str:
        return f"{self.prefix} {self.name}"

    @property
    def is_usable(self) -> bool:
        return self.revoked_at is None and self.expires_at > timezone.now()


class ApiKeyUse(CompanyBound):
    """When a key was last used, to within a few minutes."""

    key = CompanyForeignKey(ApiKey, related_name="uses", verbose_name=_("API key"))
    last_used_at = models.DateTimeField(_("last used at"))
    last_address = models.CharField(_("last address"), max_length=45)

    class Meta(CompanyBound.Meta):
        verbose_name = _("use of an API key")
        verbose_name_plural = _("uses of API keys")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(fields=["key"], name="integration_apikeyuse_once"),
            *company_references("integration_apikeyuse", "key"),
        ]

    def __str__(self) -> str:
        return f"{self.key_id} {self.last_used_at}"
