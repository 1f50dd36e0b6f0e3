from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references
from apps.core.fields import CompanyForeignKey
from apps.core.models import MasterData


class FailureCode(MasterData):
    """The vocabulary of failures (ISO 14224): how it failed, why, and what was done about it.

    Causes may stand below a mode, remedies below a cause; those without a parent fit anywhere.
    """

    class Kind(models.TextChoices):
        MODE = "mode", _("Failure mode")
        CAUSE = "cause", _("Cause")
        REMEDY = "remedy", _("Remedy")

    #: The kind that may stand above, beside the kind itself.
    ABOVE = {Kind.MODE: Kind.MODE, Kind.CAUSE: Kind.MODE, Kind.REMEDY: Kind.CAUSE}

    kind = models.CharField(_("kind"), max_length=6, choices=Kind)
    parent = CompanyForeignKey(
        "self", related_name="children", null=True, blank=True, verbose_name=_("below")
    )

    class Meta(MasterData.Meta):
        verbose_name = _("failure code")
        verbose_name_plural = _("failure codes")
        constraints = [
            *MasterData.Meta.constraints,
            *company_references("maintenance_failurecode", "parent"),
        ]
