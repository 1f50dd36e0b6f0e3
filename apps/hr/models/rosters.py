from __future__ import annotations

from django.db import models
from django.db.models import UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references
from apps.core.fields import CompanyForeignKey
from apps.core.models import AuditedModel
from apps.core.models.base import CompanyBound


class RosterEntry(CompanyBound, AuditedModel):
    """The shift that an employee is planned for on a day; without one he is free."""

    employee = CompanyForeignKey("hr.Employee", related_name="roster", verbose_name=_("employee"))
    date = models.DateField(_("date"))
    shift = CompanyForeignKey(
        "masterdata.Shift", related_name="+", null=True, blank=True, verbose_name=_("shift")
    )
    note = models.CharField(_("note"), max_length=100, blank=True)

    class Meta(CompanyBound.Meta):
        ordering = ("date", "employee")
        verbose_name = _("roster entry")
        verbose_name_plural = _("roster")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(fields=["employee", "date"], name="hr_rosterentry_day"),
            *company_references("hr_rosterentry", "employee", "shift"),
        ]

    def __str__(self) -> str:
        return f"{self.employee} · {self.date}"
