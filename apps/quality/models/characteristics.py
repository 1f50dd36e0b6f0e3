from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references
from apps.core.fields import CompanyForeignKey
from apps.core.models import MasterData


class Characteristic(MasterData):
    """What is looked at: a measured value, a pass or fail, or a number of defects."""

    class Kind(models.TextChoices):
        NUMERIC = "numeric", _("Measured value")
        ATTRIBUTE = "attribute", _("Pass or fail")
        COUNT = "count", _("Number of defects")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.NUMERIC)
    unit = CompanyForeignKey(
        "masterdata.Unit", related_name="+", null=True, blank=True, verbose_name=_("unit")
    )
    decimals = models.PositiveSmallIntegerField(_("decimals"), default=3)
    description = models.TextField(_("how it is measured"), blank=True)

    class Meta(MasterData.Meta):
        verbose_name = _("characteristic")
        verbose_name_plural = _("characteristics")
        constraints = [
            *MasterData.Meta.constraints,
            models.CheckConstraint(
                condition=models.Q(decimals__lte=6), name="quality_characteristic_decimals"
            ),
            *company_references("quality_characteristic", "unit"),
        ]
