from __future__ import annotations

from django.db import models
from django.db.models import Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, not_negative, positive
from apps.core.fields import CompanyForeignKey, QuantityField
from apps.core.models import MasterData
from apps.core.models.base import CompanyBound


class MaintenancePlan(MasterData):
    """Work that comes back: after so many days, after so much on a meter, whichever is first.

    *Fixed* counts from ``starts_on`` and ``starts_at_total`` on a grid, *floating* from the last
    time it was done. A plan that is ``suppressed_by`` a larger one is not done when that one is
    due by then: the larger one includes it.
    """

    class Basis(models.TextChoices):
        FIXED = "fixed", _("Fixed grid")
        FLOATING = "floating", _("From the last time")

    asset = CompanyForeignKey("maintenance.Asset", related_name="plans", verbose_name=_("asset"))
    description = models.TextField(_("description"), blank=True)
    basis = models.CharField(_("basis"), max_length=8, choices=Basis, default=Basis.FIXED)
    interval_days = models.PositiveIntegerField(_("every (days)"), null=True, blank=True)
    starts_on = models.DateField(_("counts from (day)"), null=True, blank=True)
    meter = CompanyForeignKey(
        "maintenance.Meter", related_name="plans", null=True, blank=True, verbose_name=_("meter")
    )
    interval_units = QuantityField(_("every (on the meter)"), null=True, blank=True)
    starts_at_total = QuantityField(_("counts from (on the meter)"), default=0)
    suppressed_by = CompanyForeignKey(
        "self",
        related_name="suppresses",
        null=True,
        blank=True,
        verbose_name=_("included in"),
    )
    planned_minutes = models.PositiveIntegerField(_("planned (min)"), default=60)
    lead_days = models.PositiveSmallIntegerField(_("ordered ahead (days)"), default=7)
    stops_machine = models.BooleanField(
        _("stops the machine"), default=True, help_text=_("Takes capacity from the schedule.")
    )

    class Meta(MasterData.Meta):
        verbose_name = _("maintenance plan")
        verbose_name_plural = _("maintenance plans")
        constraints = [
            *MasterData.Meta.constraints,
            models.CheckConstraint(
                condition=Q(interval_days__isnull=False) | Q(interval_units__isnull=False),
                name="maintenance_maintenanceplan_trigger",
            ),
            models.CheckConstraint(
                condition=Q(interval_days__isnull=True) | Q(starts_on__isnull=False),
                name="maintenance_maintenanceplan_starts_on",
            ),
            models.CheckConstraint(
                condition=Q(interval_units__isnull=True, meter__isnull=True)
                | Q(interval_units__isnull=False, meter__isnull=False),
                name="maintenance_maintenanceplan_meter",
            ),
            *positive(
                "maintenance_maintenanceplan", "interval_days", "interval_units", "planned_minutes"
            ),
            *not_negative("maintenance_maintenanceplan", "starts_at_total"),
            *company_references("maintenance_maintenanceplan", "asset", "meter", "suppressed_by"),
        ]


class TaskKind(models.TextChoices):
    CHECK = "check", _("Check")
    MEASURE = "measure", _("Measure")
    SAFETY = "safety", _("Lock-out or permit")


class PlanTask(CompanyBound):
    """One line of the list that is worked through. Safety steps come before all others."""

    plan = CompanyForeignKey(
        MaintenancePlan, on_delete=models.CASCADE, related_name="tasks", verbose_name=_("plan")
    )
    position = models.PositiveSmallIntegerField(_("position"), default=10)
    text = models.CharField(_("what to do"), max_length=300)
    kind = models.CharField(_("kind"), max_length=8, choices=TaskKind, default=TaskKind.CHECK)
    is_required = models.BooleanField(_("required"), default=True)
    unit = models.CharField(_("unit"), max_length=20, blank=True)
    lower_limit = QuantityField(_("lower limit"), null=True, blank=True)
    upper_limit = QuantityField(_("upper limit"), null=True, blank=True)

    class Meta(CompanyBound.Meta):
        ordering = ("position", "id")
        verbose_name = _("task of a plan")
        verbose_name_plural = _("tasks of plans")
        constraints = [
            *CompanyBound.Meta.constraints,
            *company_references("maintenance_plantask", "plan"),
        ]

    def __str__(self) -> str:
        return self.text


class PlanPart(CompanyBound):
    """A part that the work needs each time, in stock units."""

    plan = CompanyForeignKey(
        MaintenancePlan, on_delete=models.CASCADE, related_name="parts", verbose_name=_("plan")
    )
    item = CompanyForeignKey("masterdata.Item", related_name="+", verbose_name=_("item"))
    quantity = QuantityField(_("quantity"))

    class Meta(CompanyBound.Meta):
        ordering = ("id",)
        verbose_name = _("part of a plan")
        verbose_name_plural = _("parts of plans")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(fields=["plan", "item"], name="maintenance_planpart_item"),
            *positive("maintenance_planpart", "quantity"),
            *company_references("maintenance_planpart", "plan", "item"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity.normalize():f} {self.item.code}"
