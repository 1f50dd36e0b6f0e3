from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, not_negative, positive
from apps.core.fields import CompanyForeignKey, QuantityField
from apps.core.models import AuditedModel
from apps.core.models.base import CompanyBound
from apps.hr.models.spans import one_at_a_time


class Contract(CompanyBound, AuditedModel):
    """The terms of an employee from one day to another; new terms are a new row."""

    class Basis(models.TextChoices):
        HOURLY = "hourly", _("Per hour")
        MONTHLY = "monthly", _("Per month")

    employee = CompanyForeignKey(
        "hr.Employee", related_name="contracts", verbose_name=_("employee")
    )
    effective_from = models.DateField(_("effective from"))
    effective_to = models.DateField(_("effective to"), null=True, blank=True)
    basis = models.CharField(_("pay basis"), max_length=8, choices=Basis)
    rate = QuantityField(_("rate"))
    hours_per_week = QuantityField(_("hours per week"), default=40)
    structure = CompanyForeignKey(
        "hr.PayStructure", related_name="contracts", verbose_name=_("pay structure")
    )
    cost_centre = CompanyForeignKey(
        "finance.CostObject", related_name="+", verbose_name=_("cost centre")
    )

    class Meta(CompanyBound.Meta):
        ordering = ("employee", "-effective_from")
        verbose_name = _("contract")
        verbose_name_plural = _("contracts")
        constraints = [
            *CompanyBound.Meta.constraints,
            *one_at_a_time("hr_contract", "employee", "effective_from", "effective_to"),
            *not_negative("hr_contract", "rate"),
            *positive("hr_contract", "hours_per_week"),
            *company_references("hr_contract", "employee", "structure", "cost_centre"),
        ]

    def __str__(self) -> str:
        return f"{self.employee} · {self.effective_from}"
