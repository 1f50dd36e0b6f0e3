from __future__ import annotations

from django.db import models
from django.db.models import Index, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references
from apps.core.fields import CompanyForeignKey, QuantityField
from apps.core.models.base import CompanyBound


class MachineState(models.TextChoices):
    """ISO 22400-2's time elements, as far as a machine can tell them."""

    RUNNING = "running", _("Running")
    SETUP = "setup", _("Set-up")
    STOPPED = "stopped", _("Stopped")
    IDLE = "idle", _("Idle")
    OFF = "off", _("Off")


class MachineEvent(CompanyBound):
    """What a machine said, once: ``event_id`` is the device's own and unique for the machine.

    A *split* is said by a person: from there on the stop has another reason.
    """

    IS_REGISTER = True

    class Kind(models.TextChoices):
        STATE = "state", _("State")
        COUNT = "count", _("Count")
        SPLIT = "split", _("Split")

    machine = CompanyForeignKey("masterdata.Machine", related_name="events", db_index=False)
    event_id = models.CharField(_("event id"), max_length=100)
    kind = models.CharField(_("kind"), max_length=5, choices=Kind)
    occurred_at = models.DateTimeField(_("occurred at"))
    received_at = models.DateTimeField(_("received at"))
    state = models.CharField(_("state"), max_length=8, choices=MachineState, blank=True)
    reason = CompanyForeignKey("masterdata.ReasonCode", related_name="+", null=True, db_index=False)
    quantity_good = QuantityField(_("good"), default=0)
    quantity_scrap = QuantityField(_("scrap"), default=0)
    operation = CompanyForeignKey(
        "execution.WorkOrderOperation", related_name="+", null=True, db_index=False
    )

    class Meta(CompanyBound.Meta):
        ordering = ("-occurred_at", "-id")
        verbose_name = _("machine event")
        verbose_name_plural = _("machine events")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(fields=["machine", "event_id"], name="execution_machineevent_once"),
            models.CheckConstraint(
                condition=Q(kind="state") & ~Q(state="")
                | Q(kind="split", state="stopped")
                | Q(kind="count") & (Q(quantity_good__gte=0) & Q(quantity_scrap__gte=0)),
                name="execution_machineevent_kind",
            ),
            *company_references("execution_machineevent", "machine", "reason", "operation"),
        ]
        indexes = [
            Index(fields=["machine", "occurred_at", "id"], name="execution_machineevent_time"),
            Index(
                fields=["machine", "occurred_at"],
                condition=Q(quantity_scrap__gt=0),
                name="execution_machineevent_scrap",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.machine.code} {self.event_id}"
