from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Index, Q, Value
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, not_negative
from apps.core.fields import CompanyForeignKey, QuantityField
from apps.core.models.base import CompanyBound
from apps.execution.models.machine_states import Span


def _same(column: str) -> Func:
    """Equality for an exclusion constraint without the btree_gist extension."""
    return Func(F(column), F(column), Value("[]"), function="int8range")


class LabourSpan(CompanyBound):
    """Somebody at work on an operation, by badge, from when to when (open while it lasts).

    Once it has ended, ``minutes`` are his fair share of that time and ``report`` books them: who
    works at several jobs together divides each minute among them.
    """

    employee = CompanyForeignKey(
        "hr.Employee", related_name="labour_spans", verbose_name=_("employee"), db_index=False
    )
    operation = CompanyForeignKey(
        "execution.WorkOrderOperation", related_name="labour_spans", verbose_name=_("operation")
    )
    machine = CompanyForeignKey(
        "masterdata.Machine",
        related_name="+",
        null=True,
        db_index=False,
        verbose_name=_("machine"),
    )
    starts_at = models.DateTimeField(_("starts at"))
    ends_at = models.DateTimeField(_("ends at"), null=True)
    minutes = QuantityField(_("minutes"), null=True)
    report = models.OneToOneField(
        "execution.ProductionReport",
        on_delete=models.PROTECT,
        related_name="labour_span",
        null=True,
        verbose_name=_("report"),
    )

    class Meta(CompanyBound.Meta):
        ordering = ("-starts_at", "-id")
        verbose_name = _("labour by badge")
        verbose_name_plural = _("labour by badge")
        constraints = [
            *CompanyBound.Meta.constraints,
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
                name="execution_labourspan_span",
            ),
            *not_negative("execution_labourspan", "minutes"),
            ExclusionConstraint(
                name="execution_labourspan_no_overlap",
                expressions=[
                    (_same("employee_id"), RangeOperators.EQUAL),
                    (_same("operation_id"), RangeOperators.EQUAL),
                    (Span(F("starts_at"), F("ends_at")), RangeOperators.OVERLAPS),
                ],
            ),
            *company_references(
                "execution_labourspan", "employee", "operation", "machine", "report"
            ),
        ]
        indexes = [Index(fields=["employee", "starts_at"], name="execution_labourspan_time")]

    def __str__(self) -> str:
        return f"{self.employee} @ {self.operation}"
