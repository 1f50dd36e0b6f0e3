from __future__ import annotations

from django.db import models
from django.db.models import Index, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references
from apps.core.fields import CompanyForeignKey
from apps.core.models.base import CompanyBound


class MachineAlarm(CompanyBound):
    """What a machine complained of, once per signal and time, and the reason that it gives to a
    stop it comes with."""

    IS_REGISTER = True

    machine = CompanyForeignKey("masterdata.Machine", related_name="alarms", db_index=False)
    signal = models.CharField(_("signal"), max_length=300)
    text = models.CharField(_("alarm"), max_length=200)
    occurred_at = models.DateTimeField(_("occurred at"))
    reason = CompanyForeignKey("masterdata.ReasonCode", related_name="+", null=True, db_index=False)

    class Meta(CompanyBound.Meta):
        ordering = ("-occurred_at", "-id")
        verbose_name = _("machine alarm")
        verbose_name_plural = _("machine alarms")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(
                fields=["machine", "signal", "occurred_at"], name="execution_machinealarm_once"
            ),
            *company_references("execution_machinealarm", "machine", "reason"),
        ]
        indexes = [
            Index(fields=["machine", "occurred_at", "id"], name="execution_machinealarm_time")
        ]

    def __str__(self) -> str:
        return f"{self.machine.code} {self.text}"
