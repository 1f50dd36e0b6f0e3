"""The plant below its site (ISA-95 role-based equipment hierarchy): area, work centre, machine."""

from __future__ import annotations

from django.db import models
from django.db.models import UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, not_negative, positive
from apps.core.fields import CompanyForeignKey, QuantityField
from apps.core.models import AuditedModel, MasterData
from apps.core.models.base import CompanyBound


class Area(MasterData):
    site = CompanyForeignKey("core.Site", related_name="areas", verbose_name=_("site"))

    class Meta(MasterData.Meta):
        verbose_name = _("area")
        verbose_name_plural = _("areas")
        constraints = [
            *MasterData.Meta.constraints,
            *company_references("masterdata_area", "site"),
        ]


class WorkCentre(MasterData):
    """Where an operation is done; its rates turn time into cost."""

    site = CompanyForeignKey("core.Site", related_name="work_centres", verbose_name=_("site"))
    area = CompanyForeignKey(
        Area, related_name="work_centres", null=True, blank=True, verbose_name=_("area")
    )
    labour_by_badge = models.BooleanField(
        _("labour by badge"),
        default=False,
        help_text=_(
            "Labour is the time that people are badged on, shared by what they do together;"
            " otherwise each report takes the standard."
        ),
    )

    needs_material = models.BooleanField(
        _("starts with material only"),
        default=False,
        help_text=_("Nothing is started here before the material for the rest of it is there."),
    )

    class Meta(MasterData.Meta):
        verbose_name = _("work centre")
        verbose_name_plural = _("work centres")
        constraints = [
            *MasterData.Meta.constraints,
            *company_references("masterdata_workcentre", "site", "area"),
        ]


class WorkCentreRate(CompanyBound, AuditedModel):
    """Cost per hour of a work centre from ``effective_from`` on, in functional currency."""

    work_centre = CompanyForeignKey(
        WorkCentre, on_delete=models.CASCADE, related_name="rates", verbose_name=_("work centre")
    )
    effective_from = models.DateField(_("effective from"))
    labour_rate = QuantityField(_("labour rate per hour"), default=0)
    machine_rate = QuantityField(_("machine rate per hour"), default=0)

    class Meta(CompanyBound.Meta):
        ordering = ("work_centre", "-effective_from")
        verbose_name = _("work centre rate")
        verbose_name_plural = _("work centre rates")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(
                fields=["work_centre", "effective_from"], name="masterdata_workcentrerate_day"
            ),
            *company_references("masterdata_workcentrerate", "work_centre"),
            *not_negative("masterdata_workcentrerate", "labour_rate", "machine_rate"),
        ]

    def __str__(self) -> str:
        return f"{self.work_centre} · {self.effective_from}"


class Machine(MasterData):
    """A machine that reports its states and counts."""

    site = CompanyForeignKey("core.Site", related_name="machines", verbose_name=_("site"))
    work_centre = CompanyForeignKey(
        WorkCentre, related_name="machines", verbose_name=_("work centre")
    )
    ideal_cycle_seconds = QuantityField(_("ideal cycle time (s)"), default=1)

    class Meta(MasterData.Meta):
        verbose_name = _("machine")
        verbose_name_plural = _("machines")
        constraints = [
            *MasterData.Meta.constraints,
            *company_references("masterdata_machine", "site", "work_centre"),
            *positive("masterdata_machine", "ideal_cycle_seconds"),
        ]
