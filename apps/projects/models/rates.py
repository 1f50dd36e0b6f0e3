from __future__ import annotations

from django.db import models
from django.db.models import Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, not_negative
from apps.core.fields import CompanyForeignKey, QuantityField
from apps.core.models import AuditedModel
from apps.core.models.base import CompanyBound


class HourlyRate(CompanyBound, AuditedModel):
    """What an hour costs and is billed at, from a day on: of an employee, on a project, or of all.

    The most exact row that says something holds: employee and project, then project, then employee,
    then neither. Without a cost rate the labour rate of the employee's work centre applies. The
    cost rate is in company currency, the billing rate in the project's billing currency.
    """

    employee = CompanyForeignKey(
        "hr.Employee", related_name="+", null=True, blank=True, verbose_name=_("employee")
    )
    project = CompanyForeignKey(
        "projects.Project", related_name="rates", null=True, blank=True, verbose_name=_("project")
    )
    effective_from = models.DateField(_("effective from"))
    cost_rate = QuantityField(_("cost per hour"), null=True, blank=True)
    billing_rate = QuantityField(_("billed per hour"), null=True, blank=True)

    class Meta(CompanyBound.Meta):
        ordering = ("employee", "project", "-effective_from")
        verbose_name = _("hourly rate")
        verbose_name_plural = _("hourly rates")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(
                fields=["company", "employee", "project", "effective_from"],
                nulls_distinct=False,
                name="projects_hourlyrate_key",
            ),
            models.CheckConstraint(
                condition=Q(cost_rate__isnull=False) | Q(billing_rate__isnull=False),
                name="projects_hourlyrate_says_something",
            ),
            *not_negative("projects_hourlyrate", "cost_rate", "billing_rate"),
            *company_references("projects_hourlyrate", "employee", "project"),
        ]

    def __str__(self) -> str:
        return f"{self.employee or self.project or '*'} {self.effective_from}"
