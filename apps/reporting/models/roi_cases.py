from __future__ import annotations

from django.db import models
from django.db.models import Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references
from apps.core.fields import CompanyForeignKey, MoneyField, QuantityField
from apps.core.models import AuditedModel, Document
from apps.core.models.base import CompanyBound


class RoiCase(Document):
    """An improvement: what it should cost and bring, and what it brings as the ledger tells.

    The stored question (a dataset, its filters, one value) is asked of the baseline's months when
    the case is approved, and of each full month from ``starts_on`` while it runs. The benefit of
    a month is what the figure moved from the baseline, in the direction that is good.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        APPROVED = "approved", _("Approved")
        RUNNING = "running", _("Running")
        CLOSED = "closed", _("Closed")
        CANCELLED = "cancelled", _("Cancelled")

    class Period(models.IntegerChoices):
        MONTH = 1, _("Month")
        QUARTER = 3, _("Quarter")
        YEAR = 12, _("Year")

    class Good(models.TextChoices):
        LESS = "less", _("Less is better")
        MORE = "more", _("More is better")

    TRANSITIONS = {
        Status.DRAFT: {Status.APPROVED, Status.CANCELLED},
        Status.APPROVED: {Status.RUNNING, Status.CANCELLED},
        Status.RUNNING: {Status.CLOSED},
        Status.CLOSED: set(),
        Status.CANCELLED: set(),
    }

    status = models.CharField(
        _("status"), max_length=9, choices=Status, default=Status.DRAFT, editable=False
    )
    title = models.CharField(_("title"), max_length=200)
    rate = QuantityField(_("rate per period (%)"))
    period_months = models.PositiveSmallIntegerField(
        _("period"), choices=Period, default=Period.YEAR
    )
    starts_on = models.DateField(_("benefit from"))
    dataset = models.CharField(_("dataset"), max_length=60)
    question = models.TextField(_("filters"), max_length=2000, blank=True)
    value = models.CharField(_("value"), max_length=60)
    good = models.CharField(_("good is"), max_length=4, choices=Good)
    baseline_from = models.DateField(_("baseline from"))
    baseline_to = models.DateField(_("baseline to"))
    baseline = MoneyField(_("baseline per month"), null=True, editable=False)
    note = models.TextField(_("note"), max_length=2000, blank=True)

    class Meta(Document.Meta):
        verbose_name = _("return on investment")
        verbose_name_plural = _("returns on investment")
        constraints = [
            *Document.Meta.constraints,
            models.CheckConstraint(
                condition=Q(rate__gt=-100, rate__lte=1000), name="reporting_roicase_rate_range"
            ),
        ]
        permissions = [
            ("approve_roicase", "Can approve investments"),
            ("run_roicase", "Can start, measure and close investments"),
        ]


class RoiFlow(CompanyBound):
    """Money at the end of ``period``; 0 is now. What goes out is below zero."""

    case = CompanyForeignKey(RoiCase, on_delete=models.CASCADE, related_name="flows")
    period = models.PositiveSmallIntegerField(_("period"))
    amount = MoneyField(_("amount"))

    class Meta(CompanyBound.Meta):
        ordering = ("period",)
        verbose_name = _("cash flow")
        verbose_name_plural = _("cash flows")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(fields=["case", "period"], name="reporting_roiflow_period"),
            *company_references("reporting_roiflow", "case"),
        ]

    def __str__(self) -> str:
        return f"{self.period}: {self.amount}"


class RoiMonth(CompanyBound, AuditedModel):
    """What the stored question said of one month, and the benefit; asked again while running."""

    case = CompanyForeignKey(RoiCase, related_name="months", verbose_name=_("investment"))
    month = models.DateField(_("month"))
    actual = MoneyField(_("actual"))
    baseline = MoneyField(_("baseline"))
    benefit = MoneyField(_("benefit"))

    class Meta(CompanyBound.Meta):
        ordering = ("case", "month")
        verbose_name = _("measured month")
        verbose_name_plural = _("measured months")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(fields=["case", "month"], name="reporting_roimonth_once"),
            *company_references("reporting_roimonth", "case"),
        ]

    def __str__(self) -> str:
        return f"{self.case} {self.month:%Y-%m}"
