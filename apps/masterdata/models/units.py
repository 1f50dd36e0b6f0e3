from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import positive
from apps.core.models import MasterData


class Unit(MasterData):
    """A unit of measure. One of it is exactly ``numerator / denominator`` of its dimension's base.

    Codes follow UN/ECE Recommendation 20 where one exists (EA, KGM, MTR, LTR, HUR).
    """

    class Dimension(models.TextChoices):
        COUNT = "count", _("Count")
        MASS = "mass", _("Mass")
        LENGTH = "length", _("Length")
        AREA = "area", _("Area")
        VOLUME = "volume", _("Volume")
        TIME = "time", _("Time")

    dimension = models.CharField(_("dimension"), max_length=10, choices=Dimension)
    numerator = models.PositiveBigIntegerField(_("numerator"), default=1)
    denominator = models.PositiveBigIntegerField(_("denominator"), default=1)
    decimal_places = models.PositiveSmallIntegerField(_("decimal places"), default=0)

    unece_code = models.CharField(
        _("code of UN/ECE Recommendation 20"),
        max_length=3,
        blank=True,
        help_text=_("For electronic invoices, where the code is another."),
    )

    class Meta(MasterData.Meta):
        verbose_name = _("unit of measure")
        verbose_name_plural = _("units of measure")
        constraints = [
            *MasterData.Meta.constraints,
            *positive("masterdata_unit", "numerator", "denominator"),
        ]

    def __str__(self) -> str:
        return self.code
