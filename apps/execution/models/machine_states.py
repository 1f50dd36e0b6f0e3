from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import Deferrable, F, Func, Index, Q, Value
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, not_negative
from apps.core.fields import CompanyForeignKey, QuantityField
from apps.core.models.base import CompanyBound
from apps.execution.models.machine_events import MachineState


class Span(Func):
    function = "tstzrange"
    output_field = DateTimeRangeField()


_Span = Span  # as the first migration calls it


def _no_overlap(name: str) -> ExclusionConstraint:
    """One thing at a time on a machine. ``int8range`` spares the btree_gist extension.

    Deferred: a late event moves the ends of neighbours in one statement, in any order.
    """
    return ExclusionConstraint(
        name=name,
        expressions=[
            (
                Func(F("machine_id"), F("machine_id"), Value("[]"), function="int8range"),
                RangeOperators.EQUAL,
            ),
            (Span(F("starts_at"), F("ends_at")), RangeOperators.OVERLAPS),
        ],
        deferrable=Deferrable.DEFERRED,
    )


class MachineInterval(CompanyBound):
    """A machine in one state from ``starts_at`` to ``ends_at`` (open while it lasts).

    Made from state events; ``event`` is the one that began it. An unplanned stop that ended has
    the minutes it took from planned time, the machine's hourly rate of that day, and the ``entry``
    that posted the two (none when they come to nothing).
    """

    machine = CompanyForeignKey("masterdata.Machine", related_name="intervals", db_index=False)
    state = models.CharField(_("state"), max_length=8, choices=MachineState)
    reason = CompanyForeignKey(
        "masterdata.ReasonCode", related_name="+", null=True, blank=True, verbose_name=_("reason")
    )
    starts_at = models.DateTimeField(_("starts at"))
    ends_at = models.DateTimeField(_("ends at"), null=True)
    operation = CompanyForeignKey(
        "execution.WorkOrderOperation", related_name="intervals", null=True
    )
    event = CompanyForeignKey("execution.MachineEvent", related_name="intervals", null=True)
    lost_minutes = QuantityField(_("lost (min)"), null=True)
    hourly_rate = QuantityField(_("rate per hour"), null=True)
    entry = CompanyForeignKey("finance.JournalEntry", related_name="+", null=True)

    class Meta(CompanyBound.Meta):
        ordering = ("machine", "starts_at")
        verbose_name = _("machine state interval")
        verbose_name_plural = _("machine state intervals")
        constraints = [
            *CompanyBound.Meta.constraints,
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
                name="execution_machineinterval_span",
            ),
            _no_overlap("execution_machineinterval_no_overlap"),
            *not_negative("execution_machineinterval", "lost_minutes", "hourly_rate"),
            *company_references(
                "execution_machineinterval", "machine", "reason", "operation", "event", "entry"
            ),
        ]
        indexes = [
            Index(fields=["machine", "starts_at"], name="execution_machineinterval_time"),
            Index(
                fields=["machine", "starts_at"],
                condition=Q(state="setup"),
                name="execution_interval_setup",
            ),
        ]
        permissions = [("classify_machineinterval", "Can give stops their reason")]

    def __str__(self) -> str:
        return f"{self.machine.code} {self.get_state_display()} {self.starts_at:%Y-%m-%d %H:%M}"


class OperationRun(CompanyBound):
    """An operation that runs on a machine: what the machine's counts in that time belong to."""

    machine = CompanyForeignKey("masterdata.Machine", related_name="runs", db_index=False)
    operation = CompanyForeignKey("execution.WorkOrderOperation", related_name="runs")
    employee = CompanyForeignKey("hr.Employee", related_name="+", null=True, db_index=False)
    starts_at = models.DateTimeField(_("starts at"))
    ends_at = models.DateTimeField(_("ends at"), null=True)

    class Meta(CompanyBound.Meta):
        ordering = ("machine", "starts_at")
        verbose_name = _("operation run")
        verbose_name_plural = _("operation runs")
        constraints = [
            *CompanyBound.Meta.constraints,
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
                name="execution_operationrun_span",
            ),
            _no_overlap("execution_operationrun_no_overlap"),
            *company_references("execution_operationrun", "machine", "operation", "employee"),
        ]
        indexes = [Index(fields=["machine", "starts_at"], name="execution_operationrun_time")]

    def __str__(self) -> str:
        return f"{self.operation} @ {self.machine.code}"
