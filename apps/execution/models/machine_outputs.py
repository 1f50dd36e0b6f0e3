from __future__ import annotations

from django.db import models
from django.db.models import UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, not_negative
from apps.core.fields import CompanyForeignKey, QuantityField
from apps.core.models.base import CompanyBound


class MachineOutput(CompanyBound):
    """What a machine counted in a quarter of an hour, by operation; edges lie on UTC quarters.

    Summed from count events by the transaction that writes them, so that long spans of time need
    not read each event.
    """

    machine = CompanyForeignKey("masterdata.Machine", related_name="outputs", db_index=False)
    starts_at = models.DateTimeField(_("starts at"))
    operation = CompanyForeignKey(
        "execution.WorkOrderOperation", related_name="+", null=True, db_index=False
    )
    quantity_good = QuantityField(_("good"), default=0)
    quantity_scrap = QuantityField(_("scrap"), default=0)

    class Meta(CompanyBound.Meta):
        ordering = ("machine", "starts_at")
        verbose_name = _("machine output")
        verbose_name_plural = _("machine outputs")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(
                fields=["machine", "starts_at", "operation"],
                nulls_distinct=False,
                name="execution_machineoutput_once",
            ),
            *not_negative("execution_machineoutput", "quantity_good", "quantity_scrap"),
            *company_references("execution_machineoutput", "machine", "operation"),
        ]

    def __str__(self) -> str:
        return f"{self.machine.code} {self.starts_at:%Y-%m-%d %H:%M}"
