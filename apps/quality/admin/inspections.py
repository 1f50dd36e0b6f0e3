from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.core.admin.base import CompanyModelAdmin, LedgerAdmin
from apps.core.admin.documents import DocumentAdmin, Verb
from apps.core.admin.forms import ReasonForm
from apps.core.admin.links import Link, admin_row_link
from apps.quality.admin.forms import DecideForm
from apps.quality.models import Inspection, InspectionResult, SamplingState
from apps.quality.services.deciding import decide_inspection
from apps.quality.services.inspections import cancel_inspection, open_inspection

Status = Inspection.Status
DECIDE = "quality.decide_inspection"


@admin.register(Inspection)
class InspectionAdmin(DocumentAdmin):
    """Measured at the bench (the link leads there), decided here or there."""

    can_add = True
    editable_statuses = ()
    list_display = (
        "number",
        "status_label",
        "item",
        "lot",
        "partner",
        "stage",
        "quantity",
        "sample_size",
        "company",
    )
    list_filter = ("status", "stage", "severity", "partner")
    search_fields = ("number", "item__code", "lot__code")
    list_totals = ("quantity", "quantity_rejected")
    verbs = (
        Verb(
            "decide",
            _("Decide"),
            DECIDE,
            decide_inspection,
            (Status.MEASURING,),
            form=DecideForm,
        ),
        Verb(
            "cancel",
            _("Cancel inspection"),
            DECIDE,
            cancel_inspection,
            (Status.OPEN, Status.MEASURING),
            form=ReasonForm,
            is_danger=True,
        ),
    )

    def get_fieldsets(self, request: Any, obj: Any = None) -> Any:
        asked = ("company", ("plan", "item"), ("lot", "quantity"), ("partner", "location"))
        if obj is None:
            return ((None, {"fields": self._shown(request, asked)}),)
        return (
            (None, {"fields": self._shown(request, asked)}),
            (
                _("Sample"),
                {
                    "fields": (
                        ("plan_revision", "severity", "code_letter"),
                        ("sample_size", "accept", "reject"),
                    )
                },
            ),
            (
                _("Decision"),
                {
                    "fields": (
                        ("nonconforming", "quantity_accepted", "quantity_rejected"),
                        "decided_at",
                    )
                },
            ),
        )

    def _shown(self, request: Any, fields: tuple[Any, ...]) -> tuple[Any, ...]:
        return fields[1:] if self._hides_company(request, None) else fields

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        fixed = tuple(super().get_readonly_fields(request, obj))
        return (
            *fixed,
            "plan_revision",
            "severity",
            "code_letter",
            "nonconforming",
            "quantity_accepted",
            "quantity_rejected",
            "decided_at",
        )

    def links_of(self, request: Any, document: Inspection) -> list[Link]:
        links = [
            Link(_("Measure"), reverse("quality-inspection", args=[document.pk]), "straighten"),
            admin_row_link(document.plan),
            *([admin_row_link(document.lot)] if document.lot else []),
            *(admin_row_link(row) for row in document.nonconformances.order_by("pk")),
        ]
        return [*links, *super().links_of(request, document)]

    def perform_create(self, request: Any, values: dict[str, Any], reason: str) -> Inspection:
        return open_inspection(values.pop("company"), by=request.user, **values)


@admin.register(InspectionResult)
class InspectionResultAdmin(LedgerAdmin):
    sources = ("quality.inspection",)
    list_display = (
        "inspection",
        "characteristic",
        "sample",
        "value",
        "is_conforming",
        "gauge",
        "measured_at",
        "created_by",
        "company",
    )
    list_filter = ("is_conforming", "characteristic", "gauge")
    search_fields = ("inspection__number", "lot__code")


@admin.register(SamplingState)
class SamplingStateAdmin(CompanyModelAdmin):
    """Kept by decisions; looked at here."""

    list_display = (
        "plan_number",
        "item",
        "partner",
        "severity",
        "recent",
        "score",
        "is_stopped",
        "company",
    )
    list_filter = ("severity", "is_stopped")
    search_fields = ("plan_number", "item__code")

    def has_add_permission(self, request: Any) -> bool:
        return False

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return False
