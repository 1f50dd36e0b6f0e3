from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Index, Q, Value
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, not_negative
from apps.core.fields import CompanyForeignKey, QuantityField
from apps.core.models.base import AuditedModel, CompanyBound
from apps.execution.models.machine_states import Span


class ToolMounting(CompanyBound, AuditedModel):
    """A tool on a machine from when to when: what the machine makes meanwhile wears the tool."""

    tool = CompanyForeignKey(
        "masterdata.Tool", related_name="mountings", verbose_name=_("tool"), db_index=False
    )
    machine = CompanyForeignKey(
        "masterdata.Machine",
        related_name="mountings",
        verbose_name=_("machine"),
        db_index=False,
    )
    starts_at = models.DateTimeField(_("on the machine since"))
    ends_at = models.DateTimeField(_("until"), null=True, blank=True)

    class Meta(CompanyBound.Meta):
        ordering = ("-starts_at", "-id")
        verbose_name = _("tool on a machine")
        verbose_name_plural = _("tools on machines")
        constraints = [
            *CompanyBound.Meta.constraints,
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
                name="execution_toolmounting_span",
            ),
            ExclusionConstraint(
                name="execution_toolmounting_no_overlap",
                expressions=[
                    (
                        Func(F("tool_id"), F("tool_id"), Value("[]"), function="int8range"),
                        RangeOperators.EQUAL,
                    ),
                    (Span(F("starts_at"), F("ends_at")), RangeOperators.OVERLAPS),
                ],
            ),
            *company_references("execution_toolmounting", "tool", "machine"),
        ]
        indexes = [
            Index(fields=["machine", "starts_at"], name="execution_toolmounting_machine"),
        ]
        permissions = [("mount_tool", "Can put tools on machines and renew them")]

    def __str__(self) -> str:
        return f"{self.tool.code} @ {self.machine.code}"


class ToolLife(CompanyBound):
    """What a tool has made, all in all, and when it was last as new: pieces of stock."""

    tool = models.OneToOneField("masterdata.Tool", on_delete=models.CASCADE, related_name="life")
    pieces = QuantityField(_("pieces made"), default=0)
    pieces_renewed = QuantityField(_("pieces when it was renewed"), default=0)

    class Meta(CompanyBound.Meta):
        ordering = ("tool",)
        verbose_name = _("life of a tool")
        verbose_name_plural = _("lives of tools")
        constraints = [
            *CompanyBound.Meta.constraints,
            *not_negative("execution_toollife", "pieces_renewed"),
            *company_references("execution_toollife", "tool"),
        ]

    def __str__(self) -> str:
        return f"{self.tool.code} {self.pieces.normalize():f}"
