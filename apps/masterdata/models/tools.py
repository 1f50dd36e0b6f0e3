from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, positive
from apps.core.fields import CompanyForeignKey, QuantityField
from apps.core.models import MasterData


class Tool(MasterData):
    """A tool, mould or fixture that operations need: how many pieces a shot makes, and how long
    it lasts."""

    site = CompanyForeignKey("core.Site", related_name="tools", verbose_name=_("site"))
    cavities = models.PositiveIntegerField(
        _("cavities"), default=1, help_text=_("Pieces that one shot makes.")
    )
    life_shots = QuantityField(
        _("life (shots)"),
        null=True,
        blank=True,
        help_text=_("At so many shots nothing more is started with it. Empty: no limit."),
    )
    warning_shots = QuantityField(
        _("warning at (shots)"),
        null=True,
        blank=True,
        help_text=_("From so many shots on the terminal warns."),
    )
    calibrated_until = models.DateField(
        _("calibrated until"),
        null=True,
        blank=True,
        help_text=_("After this day nothing is started with it. Empty: needs no calibration."),
    )

    class Meta(MasterData.Meta):
        verbose_name = _("tool")
        verbose_name_plural = _("tools")
        constraints = [
            *MasterData.Meta.constraints,
            *positive("masterdata_tool", "cavities", "life_shots", "warning_shots"),
            *company_references("masterdata_tool", "site"),
        ]
