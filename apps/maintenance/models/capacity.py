from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references
from apps.core.fields import CompanyForeignKey
from apps.core.models.base import CompanyBound


class _Span(Func):
    function = "tstzrange"
    output_field = DateTimeRangeField()


class CapacityReservation(CompanyBound):
    """A machine that maintenance takes from ``starts_at`` to ``ends_at``: no work is planned then.

    Gone when its order is cancelled, cut short when the work is done earlier. Two never overlap
    on one machine; ``int8range`` spares the btree_gist extension.
    """

    machine = CompanyForeignKey(
        "masterdata.Machine", related_name="reservations", verbose_name=_("machine")
    )
    order = CompanyForeignKey(
        "maintenance.MaintenanceOrder",
        on_delete=models.CASCADE,
        related_name="reservations",
        verbose_name=_("maintenance order"),
    )
    starts_at = models.DateTimeField(_("starts at"))
    ends_at = models.DateTimeField(_("ends at"))

    class Meta(CompanyBound.Meta):
        ordering = ("starts_at",)
        verbose_name = _("reserved capacity")
        verbose_name_plural = _("reserved capacity")
        constraints = [
            *CompanyBound.Meta.constraints,
            models.UniqueConstraint(fields=["order"], name="maintenance_capacityreservation_order"),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="maintenance_capacityreservation_span",
            ),
            ExclusionConstraint(
                name="maintenance_capacityreservation_no_overlap",
                expressions=[
                    (
                        Func(F("machine_id"), F("machine_id"), Value("[]"), function="int8range"),
                        RangeOperators.EQUAL,
                    ),
                    (_Span(F("starts_at"), F("ends_at")), RangeOperators.OVERLAPS),
                ],
            ),
            *company_references("maintenance_capacityreservation", "machine", "order"),
        ]

    def __str__(self) -> str:
        return f"{self.machine.code} {self.starts_at:%Y-%m-%d %H:%M}"
