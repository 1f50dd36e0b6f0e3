from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references
from apps.core.fields import CompanyForeignKey
from apps.core.models import MasterData


class ReasonCode(MasterData):
    """Why something happened: the vocabulary of scrap, stops, adjustments and returns.

    A stop whose reason is *planned* costs nothing as a loss; scrap whose reason is *normal* stays
    in the cost of the good units (IAS 2 ¶16). A stop for a *breakdown* calls maintenance.
    """

    class Kind(models.TextChoices):
        SCRAP = "scrap", _("Scrap")
        DOWNTIME = "downtime", _("Downtime")
        ADJUSTMENT = "adjustment", _("Stock adjustment")
        RETURN = "return", _("Return")
        REVERSAL = "reversal", _("Reversal")

    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    parent = CompanyForeignKey(
        "self", related_name="children", null=True, blank=True, verbose_name=_("parent")
    )
    is_planned = models.BooleanField(_("planned"), default=False)
    is_normal_loss = models.BooleanField(_("normal loss"), default=False)
    is_breakdown = models.BooleanField(
        _("breakdown"),
        default=False,
        help_text=_("A stop for this reason opens a maintenance order by itself."),
    )

    class Meta(MasterData.Meta):
        verbose_name = _("reason code")
        verbose_name_plural = _("reason codes")
        constraints = [
            *MasterData.Meta.constraints,
            *company_references("masterdata_reasoncode", "parent"),
        ]
