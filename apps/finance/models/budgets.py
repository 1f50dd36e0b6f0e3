"""Budgets: versions of a year, their lines, and what was ordered beyond them."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, Index, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references
from apps.core.fields import CompanyForeignKey, MoneyField
from apps.core.models import Document, LedgerRow
from apps.core.models.base import CompanyBound


class Dimension(models.TextChoices):
    """What the lines of a budget tell amounts of an account apart by, as journal lines do."""

    SITE = "site", _("Site")
    COST_OBJECT = "cost_object", _("Cost object")
    WORK_CENTRE = "work_centre", _("Work centre")
    MACHINE = "machine", _("Machine")
    SHIFT = "shift", _("Shift")
    REASON = "reason", _("Reason")
    ITEM = "item", _("Item")
    PARTNER = "partner", _("Partner")


def _value(model: str, verbose_name: Any) -> CompanyForeignKey:
    return CompanyForeignKey(
        model, related_name="+", null=True, blank=True, verbose_name=verbose_name
    )


class OfDimension(models.Model):
    """A value of one dimension, which the budget names, or of none."""

    site = _value("core.Site", _("site"))
    cost_object = _value("finance.CostObject", _("cost object"))
    work_centre = _value("masterdata.WorkCentre", _("work centre"))
    machine = _value("masterdata.Machine", _("machine"))
    shift = _value("masterdata.Shift", _("shift"))
    reason = _value("masterdata.ReasonCode", _("reason"))
    item = _value("masterdata.Item", _("item"))
    partner = _value("masterdata.Partner", _("partner"))

    class Meta:
        abstract = True


class BudgetVersion(Document):
    """A budget of one fiscal year by one dimension. At most one version of both is approved.

    ``policy`` says what happens when an order asks for more than is left; ``span`` over which
    days a line's rest is counted.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        APPROVED = "approved", _("Approved")
        SUPERSEDED = "superseded", _("Superseded")
        CANCELLED = "cancelled", _("Cancelled")

    class Policy(models.TextChoices):
        IGNORE = "ignore", _("Orders are not checked")
        WARN = "warn", _("Orders beyond it are noted")
        REFUSE = "refuse", _("Orders beyond it are refused")

    class Span(models.TextChoices):
        PERIOD = "period", _("The period alone")
        TO_DATE = "to_date", _("The year up to the period")
        YEAR = "year", _("The whole year")

    TRANSITIONS = {
        Status.DRAFT: {Status.APPROVED, Status.CANCELLED},
        Status.APPROVED: {Status.SUPERSEDED},
        Status.SUPERSEDED: set(),
        Status.CANCELLED: set(),
    }

    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.DRAFT, editable=False
    )
    name = models.CharField(_("name"), max_length=200)
    fiscal_year = CompanyForeignKey(
        "finance.FiscalYear", related_name="+", verbose_name=_("fiscal year")
    )
    policy = models.CharField(
        _("check of orders"), max_length=8, choices=Policy, default=Policy.WARN
    )
    span = models.CharField(_("rest counted over"), max_length=8, choices=Span, default=Span.YEAR)
    dimension = models.CharField(
        _("by"), max_length=12, choices=Dimension, default=Dimension.COST_OBJECT
    )
    revises = CompanyForeignKey(
        "self",
        related_name="revisions",
        null=True,
        editable=False,
        verbose_name=_("revises"),
    )

    class Meta(Document.Meta):
        verbose_name = _("budget")
        verbose_name_plural = _("budgets")
        constraints = [
            *Document.Meta.constraints,
            UniqueConstraint(
                fields=["fiscal_year", "dimension"],
                condition=Q(status="approved"),
                name="finance_budgetversion_active",
            ),
            *company_references("finance_budgetversion", "fiscal_year", "revises"),
        ]
        permissions = [("approve_budgetversion", "Can approve budgets")]

    def __str__(self) -> str:
        return f"{self.number} {self.name}"


class BudgetLine(OfDimension, CompanyBound):
    """The amount of one account in one period, for one value of the budget's dimension (a cost
    object, say) or for all that have no line of their own.

    ``amount`` stands on the account's own side: cost and assets as debits, income, liabilities
    and equity as credits. What is posted belongs to the line of its value; without such a line to
    the account's line without one.
    """

    budget = CompanyForeignKey(
        BudgetVersion, on_delete=models.CASCADE, related_name="lines", verbose_name=_("budget")
    )
    account = CompanyForeignKey("finance.Account", related_name="+", verbose_name=_("account"))
    period = CompanyForeignKey("finance.Period", related_name="+", verbose_name=_("period"))
    amount = MoneyField(_("amount"))

    class Meta(CompanyBound.Meta):
        ordering = ("budget", "account", "period", "id")
        verbose_name = _("budget line")
        verbose_name_plural = _("budget lines")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(
                fields=["budget", "account", *Dimension.values, "period"],
                nulls_distinct=False,
                name="finance_budgetline_cell",
            ),
            *company_references(
                "finance_budgetline", "budget", "account", *Dimension.values, "period"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account.code} {self.period}: {self.amount}"


class BudgetOverrun(OfDimension, LedgerRow):
    """A document that asked for more than its budget had left, and was let through with a note."""

    budget = CompanyForeignKey(BudgetVersion, related_name="overruns", verbose_name=_("budget"))
    account = CompanyForeignKey("finance.Account", related_name="+", verbose_name=_("account"))
    period = CompanyForeignKey("finance.Period", related_name="+", verbose_name=_("period"))
    planned = MoneyField(_("budgeted"))
    posted = MoneyField(_("posted"))
    ordered = MoneyField(_("ordered"))
    wanted = MoneyField(_("asked for"))

    class Meta(LedgerRow.Meta):
        ordering = ("-id",)
        verbose_name = _("budget overrun")
        verbose_name_plural = _("budget overruns")
        constraints = [
            *LedgerRow.Meta.constraints,
            models.CheckConstraint(
                condition=Q(planned__lt=F("posted") + F("ordered") + F("wanted")),
                name="finance_budgetoverrun_is_one",
            ),
            *company_references(
                "finance_budgetoverrun", "budget", "account", *Dimension.values, "period"
            ),
        ]
        indexes = [Index(fields=["source_type", "source_id"], name="finance_budgetoverrun_source")]

    def __str__(self) -> str:
        return f"{self.account} {self.period}: {self.wanted}"
