from __future__ import annotations

from django.db import models
from django.db.models import Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references
from apps.core.fields import CompanyForeignKey
from apps.core.models import MasterData


class Asset(MasterData):
    """What is kept running: a plant, a line, a machine, an assembly in it, a tool.

    Assets form a tree. The one that stands for a machine is stopped when the machine is; cost is
    collected on its cost object.
    """

    class Kind(models.TextChoices):
        PLANT = "plant", _("Plant or line")
        MACHINE = "machine", _("Machine")
        ASSEMBLY = "assembly", _("Assembly")
        UTILITY = "utility", _("Utility")
        BUILDING = "building", _("Building")
        VEHICLE = "vehicle", _("Vehicle")
        TOOL = "tool", _("Tool")

    class Criticality(models.TextChoices):
        A = "A", _("A: stops the plant or endangers people")
        B = "B", _("B: stops a line")
        C = "C", _("C: can wait")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.MACHINE)
    parent = CompanyForeignKey(
        "self", related_name="children", null=True, blank=True, verbose_name=_("part of")
    )
    criticality = models.CharField(
        _("criticality"), max_length=1, choices=Criticality, default=Criticality.B
    )
    site = CompanyForeignKey("core.Site", related_name="assets", verbose_name=_("site"))
    machine = CompanyForeignKey(
        "masterdata.Machine",
        related_name="assets",
        null=True,
        blank=True,
        verbose_name=_("machine"),
    )
    work_centre = CompanyForeignKey(
        "masterdata.WorkCentre",
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("work centre"),
    )
    serial_number = models.CharField(_("serial number"), max_length=80, blank=True)
    maker = models.CharField(_("maker"), max_length=120, blank=True)
    model_name = models.CharField(_("model"), max_length=120, blank=True)
    commissioned_on = models.DateField(_("commissioned on"), null=True, blank=True)
    cost_object = CompanyForeignKey(
        "finance.CostObject", related_name="+", null=True, blank=True, verbose_name=_("cost object")
    )

    class Meta(MasterData.Meta):
        verbose_name = _("asset")
        verbose_name_plural = _("assets")
        constraints = [
            *MasterData.Meta.constraints,
            UniqueConstraint(
                fields=["machine"],
                condition=Q(is_active=True),
                name="maintenance_asset_one_per_machine",
            ),
            UniqueConstraint(fields=["cost_object"], name="maintenance_asset_own_cost_object"),
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(parent=models.F("id")),
                name="maintenance_asset_not_in_itself",
            ),
            *company_references(
                "maintenance_asset", "parent", "site", "machine", "work_centre", "cost_object"
            ),
        ]
