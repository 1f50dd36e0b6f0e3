from __future__ import annotations

from django.db import models
from django.db.models import F, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references
from apps.core.fields import CompanyForeignKey
from apps.core.models import AuditedModel
from apps.core.models.base import CompanyBound
from apps.finance.models.accounts import Module


class FiscalYear(CompanyBound, AuditedModel):
    """A year of the books; its ``code`` is part of every number given in it."""

    code = models.CharField(_("code"), max_length=10)
    starts_on = models.DateField(_("starts on"))
    ends_on = models.DateField(_("ends on"))

    class Meta(CompanyBound.Meta):
        ordering = ("-starts_on",)
        verbose_name = _("fiscal year")
        verbose_name_plural = _("fiscal years")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(fields=["company", "code"], name="finance_fiscalyear_code"),
            models.CheckConstraint(
                condition=Q(ends_on__gt=F("starts_on")), name="finance_fiscalyear_span"
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Period(CompanyBound, AuditedModel):
    """A month of a fiscal year, or the closing period on its last day (``is_closing``)."""

    fiscal_year = CompanyForeignKey(
        FiscalYear, on_delete=models.CASCADE, related_name="periods", verbose_name=_("fiscal year")
    )
    number = models.PositiveSmallIntegerField(_("number"))
    starts_on = models.DateField(_("starts on"))
    ends_on = models.DateField(_("ends on"))
    is_closing = models.BooleanField(_("closing period"), default=False)

    class Meta(CompanyBound.Meta):
        ordering = ("-starts_on", "-number")
        verbose_name = _("period")
        verbose_name_plural = _("periods")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(fields=["fiscal_year", "number"], name="finance_period_number"),
            *company_references("finance_period", "fiscal_year"),
        ]

    def __str__(self) -> str:
        return f"{self.fiscal_year.code}-{self.number:02d}"


class PeriodLock(CompanyBound, AuditedModel):
    """The state of a period for one module. Every posting locks this row in share mode."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        SOFT = "soft", _("Closed, accountants may post")
        CLOSED = "closed", _("Closed")

    period = CompanyForeignKey(
        Period, on_delete=models.CASCADE, related_name="locks", verbose_name=_("period")
    )
    module = models.CharField(_("module"), max_length=12, choices=Module)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.OPEN)

    class Meta(CompanyBound.Meta):
        ordering = ("period", "module")
        verbose_name = _("period state")
        verbose_name_plural = _("period states")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(fields=["period", "module"], name="finance_periodlock_module"),
            *company_references("finance_periodlock", "period"),
        ]
        permissions = [
            ("close_period", "Can open and close periods"),
            ("post_in_soft_closed_period", "Can post in a softly closed period"),
        ]

    def __str__(self) -> str:
        return f"{self.period} {self.get_module_display()}: {self.get_state_display()}"
