from __future__ import annotations

from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, not_negative, positive
from apps.core.fields import CompanyForeignKey, MoneyField
from apps.core.models import AuditedModel, Document, MasterData
from apps.core.models.base import CompanyBound

LAST_LEVEL = 3


class DunningTerms(MasterData):
    """How overdue customers are reminded: up to three levels, each harder than the one before."""

    class Meta(MasterData.Meta):
        verbose_name = _("dunning terms")
        verbose_name_plural = _("dunning terms")
        constraints = [*MasterData.Meta.constraints]


class DunningLevel(CompanyBound):
    """What is written ``days_overdue`` after the due date, and what it costs (company currency)."""

    terms = CompanyForeignKey(DunningTerms, on_delete=models.CASCADE, related_name="levels")
    level = models.PositiveSmallIntegerField(_("level"))
    days_overdue = models.PositiveSmallIntegerField(_("days overdue"))
    fee = MoneyField(_("fee"), default=0)
    text = models.TextField(_("text"), max_length=2000)

    class Meta(CompanyBound.Meta):
        ordering = ("terms", "level")
        verbose_name = _("dunning level")
        verbose_name_plural = _("dunning levels")
        constraints = [
            *CompanyBound.Meta.constraints,
            CheckConstraint(
                condition=Q(level__range=(1, LAST_LEVEL)), name="finance_dunninglevel_level"
            ),
            UniqueConstraint(fields=["terms", "level"], name="finance_dunninglevel_once"),
            *not_negative("finance_dunninglevel", "fee"),
            *company_references("finance_dunninglevel", "terms"),
        ]

    def __str__(self) -> str:
        return f"{self.level}"


class DunningRun(Document):
    """Reminders of one day: proposed, looked through, then confirmed and sent, or given up."""

    class Status(models.TextChoices):
        PROPOSED = "proposed", _("Proposed")
        CONFIRMED = "confirmed", _("Confirmed")
        CANCELLED = "cancelled", _("Cancelled")

    TRANSITIONS = {
        Status.PROPOSED: {Status.CONFIRMED, Status.CANCELLED},
        Status.CONFIRMED: set(),
        Status.CANCELLED: set(),
    }

    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.PROPOSED, editable=False
    )
    terms = CompanyForeignKey(DunningTerms, related_name="+", verbose_name=_("dunning terms"))
    date = models.DateField(_("date"))
    posts_fees = models.BooleanField(_("fees are invoiced"), default=False)

    class Meta(Document.Meta):
        verbose_name = _("dunning run")
        verbose_name_plural = _("dunning runs")
        constraints = [
            *Document.Meta.constraints,
            *company_references("finance_dunningrun", "terms"),
        ]
        permissions = [("confirm_dunningrun", "Can confirm dunning runs")]


class DunningLine(CompanyBound, AuditedModel):
    """An overdue instalment that is reminded of; ``is_live`` while it stands.

    A level comes once.
    """

    run = CompanyForeignKey(DunningRun, related_name="lines", verbose_name=_("dunning run"))
    partner = CompanyForeignKey("masterdata.Partner", related_name="+", verbose_name=_("partner"))
    invoice = CompanyForeignKey("finance.Invoice", related_name="+", verbose_name=_("invoice"))
    due_date = models.DateField(_("due date"))
    level = models.PositiveSmallIntegerField(_("level"))
    amount = MoneyField(_("open"))
    fee_invoice = CompanyForeignKey(
        "finance.Invoice",
        related_name="+",
        null=True,
        editable=False,
        verbose_name=_("invoice of the fee"),
    )
    is_live = models.BooleanField(_("is sent"), default=True)

    class Meta(CompanyBound.Meta):
        ordering = ("run", "partner", "due_date", "id")
        verbose_name = _("overdue instalment")
        verbose_name_plural = _("overdue instalments")
        constraints = [
            *CompanyBound.Meta.constraints,
            CheckConstraint(
                condition=Q(level__range=(1, LAST_LEVEL)), name="finance_dunningline_level"
            ),
            UniqueConstraint(
                fields=["invoice", "due_date", "level"],
                condition=Q(is_live=True),
                name="finance_dunningline_level_once",
            ),
            *positive("finance_dunningline", "amount"),
            *company_references("finance_dunningline", "run", "partner", "invoice", "fee_invoice"),
        ]

    def __str__(self) -> str:
        return f"{self.invoice}: {self.level}"
