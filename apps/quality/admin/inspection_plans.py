from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from apps.core.admin.base import CompanyInline
from apps.core.admin.documents import Verb
from apps.core.admin.forms import ReasonForm
from apps.core.admin.lines import DocumentWithLinesAdmin
from apps.core.admin.links import Link, admin_row_link
from apps.quality.models import InspectionPlan, InspectionPlanLine
from apps.quality.services.inspection_plans import (
    PlanLine,
    change_plan,
    create_plan,
    obsolete_plan,
    release_plan,
    revise_plan,
)

Status = InspectionPlan.Status
RELEASE = "quality.release_inspectionplan"


class InspectionPlanLineInline(CompanyInline):
    model = InspectionPlanLine
    fields = (
        "position",
        "characteristic",
        "nominal",
        "lower",
        "upper",
        "needs_gauge",
        "instructions",
    )
    extra = 1


@admin.register(InspectionPlan)
class InspectionPlanAdmin(DocumentWithLinesAdmin):
    list_display = (
        "number",
        "revision",
        "status_label",
        "name",
        "stage",
        "item",
        "category",
        "sampling",
        "company",
    )
    list_filter = ("status", "stage", "sampling")
    search_fields = ("number", "name", "item__code", "item__name")
    inlines = (InspectionPlanLineInline,)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "company",
                    ("name", "stage"),
                    ("item", "category"),
                    ("partner", "operation_sequence"),
                    "note",
                )
            },
        ),
        (
            _("How many"),
            {"fields": (("sampling", "sample_size"), ("level", "aql"), "may_reduce")},
        ),
    )
    verbs = (
        Verb("release", _("Release"), RELEASE, release_plan, (Status.DRAFT,)),
        Verb(
            "revise",
            _("New revision"),
            "quality.add_inspectionplan",
            revise_plan,
            (Status.RELEASED, Status.OBSOLETE),
        ),
        Verb(
            "obsolete",
            _("Make obsolete"),
            RELEASE,
            obsolete_plan,
            (Status.DRAFT, Status.RELEASED),
            form=ReasonForm,
            is_danger=True,
        ),
    )

    def links_of(self, request: Any, document: InspectionPlan) -> list[Link]:
        others = InspectionPlan.objects.filter(
            company=document.company_id, number=document.number
        ).exclude(pk=document.pk)
        return [
            *([admin_row_link(document.item)] if document.item else []),
            *(admin_row_link(row, icon="history_edu") for row in others.order_by("revision")),
            *super().links_of(request, document),
        ]

    def write_new(
        self, request: Any, values: dict[str, Any], lines: list[dict[str, Any]]
    ) -> InspectionPlan:
        company = values.pop("company")
        return create_plan(
            company, lines=[PlanLine(**line) for line in lines], by=request.user, **values
        )

    def write_change(
        self,
        request: Any,
        row: InspectionPlan,
        values: dict[str, Any],
        lines: list[dict[str, Any]] | None,
        version: int | None,
    ) -> InspectionPlan:
        kept = None if lines is None else [PlanLine(**line) for line in lines]
        return change_plan(row, lines=kept, version=version, by=request.user, **values)
