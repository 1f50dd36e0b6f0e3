from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Index, Q
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references
from apps.core.fields import CompanyForeignKey
from apps.core.models import Document


class Lead(Document):
    """Somebody who may become a customer. Converting one makes the partner and an opportunity."""

    class Status(models.TextChoices):
        NEW = "new", _("New")
        QUALIFIED = "qualified", _("Qualified")
        CONVERTED = "converted", _("Converted")
        LOST = "lost", _("Lost")
        MERGED = "merged", _("Merged into another")

    class Source(models.TextChoices):
        WEB = "web", _("Web site")
        FAIR = "fair", _("Trade fair")
        REFERRAL = "referral", _("Referral")
        CALL = "call", _("Call")
        EMAIL = "email", _("E-mail")
        PARTNER = "partner", _("Partner")
        OTHER = "other", _("Other")

    TRANSITIONS = {
        Status.NEW: {Status.QUALIFIED, Status.LOST, Status.MERGED},
        Status.QUALIFIED: {Status.CONVERTED, Status.LOST, Status.MERGED},
        Status.CONVERTED: set(),
        Status.LOST: {Status.NEW, Status.MERGED},
        Status.MERGED: set(),
    }

    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.NEW, editable=False
    )
    name = models.CharField(_("name"), max_length=200)
    organisation = models.CharField(_("organisation"), max_length=200, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True)
    source = models.CharField(_("source"), max_length=10, choices=Source, default=Source.OTHER)
    note = models.TextField(_("note"), blank=True)
    partner = CompanyForeignKey(
        "masterdata.Partner", related_name="+", null=True, blank=True, verbose_name=_("partner")
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("owner"),
    )
    outcome_reason = CompanyForeignKey(
        "crm.OutcomeReason",
        related_name="+",
        null=True,
        editable=False,
        verbose_name=_("lost because"),
    )
    merged_into = CompanyForeignKey(
        "self", related_name="merged", null=True, editable=False, verbose_name=_("merged into")
    )

    class Meta(Document.Meta):
        verbose_name = _("lead")
        verbose_name_plural = _("leads")
        constraints = [
            *Document.Meta.constraints,
            models.CheckConstraint(
                condition=Q(
                    merged_into__isnull=True, status__in=("new", "qualified", "converted", "lost")
                )
                | Q(merged_into__isnull=False, status="merged"),
                name="crm_lead_merged_into",
            ),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | ~Q(merged_into=F("id")),
                name="crm_lead_not_into_itself",
            ),
            *company_references("crm_lead", "partner", "outcome_reason", "merged_into"),
        ]
        indexes = [Index(fields=["company", "email"], name="crm_lead_email")]
        permissions = [
            ("convert_lead", "Can qualify, convert and lose leads"),
            ("merge_lead", "Can merge leads"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.organisation or self.name}"
