from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Index, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, not_negative, positive
from apps.core.fields import CompanyForeignKey, MoneyField, QuantityField
from apps.core.models import Document, MasterData
from apps.core.models.base import CompanyBound


class OpportunityStage(MasterData):
    """A step of the pipeline, and how likely an order is from there."""

    position = models.PositiveSmallIntegerField(_("position"), default=10)
    probability = models.DecimalField(_("probability (%)"), max_digits=5, decimal_places=2)

    class Meta(MasterData.Meta):
        ordering = ("position", "code")  # type: ignore[assignment]
        verbose_name = _("opportunity stage")
        verbose_name_plural = _("opportunity stages")
        constraints = [
            *MasterData.Meta.constraints,
            models.CheckConstraint(
                condition=Q(probability__gte=0, probability__lte=100),
                name="crm_opportunitystage_probability",
            ),
        ]


class Opportunity(Document):
    """Business that may come: its value counts by the probability of its stage."""

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        WON = "won", _("Won")
        LOST = "lost", _("Lost")

    TRANSITIONS = {
        Status.OPEN: {Status.WON, Status.LOST},
        Status.WON: {Status.OPEN},
        Status.LOST: {Status.OPEN},
    }

    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.OPEN, editable=False
    )
    name = models.CharField(_("name"), max_length=200)
    partner = CompanyForeignKey("masterdata.Partner", related_name="+", verbose_name=_("customer"))
    contact = CompanyForeignKey(
        "crm.Contact", related_name="+", null=True, blank=True, verbose_name=_("contact")
    )
    lead = CompanyForeignKey(
        "crm.Lead",
        related_name="opportunities",
        null=True,
        editable=False,
        verbose_name=_("lead"),
    )
    stage = CompanyForeignKey(
        OpportunityStage, related_name="opportunities", verbose_name=_("stage")
    )
    probability = models.DecimalField(
        _("probability (%)"), max_digits=5, decimal_places=2, editable=False
    )
    value = MoneyField(_("value"), default=0)
    currency = models.ForeignKey(
        "core.Currency", on_delete=models.PROTECT, related_name="+", verbose_name=_("currency")
    )
    expected_close = models.DateField(_("expected close"), null=True, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("owner"),
    )
    note = models.TextField(_("note"), blank=True)
    outcome_reason = CompanyForeignKey(
        "crm.OutcomeReason", related_name="+", null=True, editable=False, verbose_name=_("reason")
    )
    closed_on = models.DateField(_("closed on"), null=True, editable=False)

    class Meta(Document.Meta):
        verbose_name = _("opportunity")
        verbose_name_plural = _("opportunities")
        constraints = [
            *Document.Meta.constraints,
            *not_negative("crm_opportunity", "value"),
            models.CheckConstraint(
                condition=Q(probability__gte=0, probability__lte=100),
                name="crm_opportunity_probability",
            ),
            models.CheckConstraint(
                condition=Q(status="open", closed_on__isnull=True)
                | Q(status__in=("won", "lost"), closed_on__isnull=False),
                name="crm_opportunity_closed_on",
            ),
            *company_references(
                "crm_opportunity", "partner", "contact", "lead", "stage", "outcome_reason"
            ),
        ]
        indexes = [Index(fields=["company", "status", "stage"], name="crm_opportunity_pipeline")]
        permissions = [("close_opportunity", "Can win, lose and reopen opportunities")]

    def __str__(self) -> str:
        return f"{self.number} {self.name}"

    @property
    def weighted_value(self) -> Decimal:
        return self.value * self.probability / 100


class OpportunityItem(CompanyBound):
    """What the customer may buy: it flows to the quotation."""

    opportunity = CompanyForeignKey(Opportunity, on_delete=models.CASCADE, related_name="items")
    position = models.PositiveIntegerField(_("position"), default=10)
    item = CompanyForeignKey("masterdata.Item", related_name="+", verbose_name=_("item"))
    quantity = QuantityField(_("quantity"))
    unit = CompanyForeignKey(
        "masterdata.Unit", related_name="+", null=True, blank=True, verbose_name=_("unit")
    )

    class Meta(CompanyBound.Meta):
        ordering = ("opportunity", "position", "id")
        verbose_name = _("item of interest")
        verbose_name_plural = _("items of interest")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(
                fields=["opportunity", "position"], name="crm_opportunityitem_position"
            ),
            *positive("crm_opportunityitem", "quantity"),
            *company_references("crm_opportunityitem", "opportunity", "item", "unit"),
        ]

    def __str__(self) -> str:
        return f"{self.position} {self.item.code}"


class StageChange(CompanyBound):
    """When an opportunity came to a stage, with what value: written once, never changed."""

    opportunity = CompanyForeignKey(Opportunity, related_name="stage_changes")
    from_stage = CompanyForeignKey(
        OpportunityStage, related_name="+", null=True, verbose_name=_("from stage")
    )
    to_stage = CompanyForeignKey(OpportunityStage, related_name="+", verbose_name=_("to stage"))
    probability = models.DecimalField(_("probability (%)"), max_digits=5, decimal_places=2)
    value = MoneyField(_("value"))
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("created by"),
    )

    class Meta(CompanyBound.Meta):
        ordering = ("-id",)
        verbose_name = _("stage change")
        verbose_name_plural = _("stage changes")
        constraints = [
            *CompanyBound.Meta.constraints,
            *company_references("crm_stagechange", "opportunity", "from_stage", "to_stage"),
        ]

    def __str__(self) -> str:
        return f"{self.opportunity_id}: {self.to_stage_id}"
