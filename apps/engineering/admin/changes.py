from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget

from apps.core.admin.base import CompanyStackedInline
from apps.core.admin.documents import Verb
from apps.core.admin.forms import LONGEST_REASON, ReasonForm, VerbForm
from apps.core.admin.lines import DocumentWithLinesAdmin
from apps.core.admin.links import Link
from apps.engineering.models import ChangeLine, EngineeringChange
from apps.engineering.services import changes as services

Status = EngineeringChange.Status
SUBMIT = "engineering.submit_engineeringchange"
APPROVE = "engineering.approve_engineeringchange"


class DecisionForm(VerbForm):
    """What to say with an approval, if anything."""

    decision = forms.CharField(
        label=_("Remark"),
        max_length=LONGEST_REASON,
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
    )


class ChangeLineInline(CompanyStackedInline):
    """The old design is filled in: the one in force on the day before."""

    model = ChangeLine
    fields = (
        ("position", "item"),
        ("from_bom", "to_bom"),
        ("from_routing", "to_routing"),
        ("stock_disposition", "wip_disposition"),
        ("effective_from", "note"),
    )
    readonly_fields = ("from_bom", "from_routing")
    extra = 1

    def has_add_permission(self, request: Any, obj: Any = None) -> bool:
        """No empty row under a document that is fixed."""
        is_fixed = obj is not None and obj.status != Status.DRAFT
        return not is_fixed and super().has_add_permission(request, obj)


@admin.register(EngineeringChange)
class EngineeringChangeAdmin(DocumentWithLinesAdmin):
    list_display = ("number", "status_label", "title", "created_by", "decided_by", "company")
    list_filter = ("status", "created_at")
    search_fields = ("number", "title", "lines__item__code")
    fields = ("company", "title", "why", ("submitted_by", "decided_by"), "decision")
    readonly_fields = ("submitted_by", "decided_by", "decision")
    inlines = (ChangeLineInline,)
    verbs = (
        Verb(
            "submit",
            _("Submit for approval"),
            SUBMIT,
            services.submit_engineering_change,
            (Status.DRAFT,),
            question=_("What it releases can't be changed during the review."),
        ),
        Verb(
            "approve",
            _("Approve"),
            APPROVE,
            services.approve_engineering_change,
            (Status.REVIEW,),
            form=DecisionForm,
        ),
        Verb(
            "implement",
            _("Implement"),
            "engineering.implement_engineeringchange",
            services.implement_engineering_change,
            (Status.APPROVED,),
            question=_("The new designs are released from their days on, the old ones end."),
        ),
        Verb(
            "reject",
            _("Reject"),
            APPROVE,
            services.reject_engineering_change,
            (Status.REVIEW,),
            form=ReasonForm,
            is_danger=True,
        ),
        Verb(
            "revise",
            _("Take back to draft"),
            SUBMIT,
            services.revise_engineering_change,
            (Status.REVIEW, Status.APPROVED, Status.REJECTED),
            form=ReasonForm,
        ),
        Verb(
            "cancel",
            _("Cancel the change"),
            SUBMIT,
            services.cancel_engineering_change,
            EngineeringChange.OPEN,
            form=ReasonForm,
            is_danger=True,
        ),
    )

    def links_of(self, request: Any, document: EngineeringChange) -> list[Link]:
        impact = f"{reverse('engineering-report', args=['change'])}"
        links = [
            Link(
                _("What it touches"),
                f"{impact}?company={document.company_id}&change={document.pk}",
                "hub",
            )
        ]
        for line in document.lines.select_related("to_bom__item"):
            if line.to_bom is not None and line.from_bom_id:
                url = reverse("engineering-report", args=["bills"])
                asked = f"company={document.company_id}&item={line.to_bom.item.code}"
                pair = f"old={line.from_bom_id}&new={line.to_bom_id}"
                label = _("Compare {bom}").format(bom=line.to_bom)
                links.append(Link(label, f"{url}?{asked}&{pair}", "difference"))
        return [*links, *super().links_of(request, document)]

    def write_new(
        self, request: Any, values: dict[str, Any], lines: list[dict[str, Any]]
    ) -> EngineeringChange:
        company = values.pop("company")
        changes = [services.Change(**line) for line in lines]
        return services.create_engineering_change(company, **values, lines=changes, by=request.user)

    def write_change(
        self,
        request: Any,
        row: EngineeringChange,
        values: dict[str, Any],
        lines: list[dict[str, Any]] | None,
        version: int | None,
    ) -> EngineeringChange:
        kept = None if lines is None else [services.Change(**line) for line in lines]
        return services.update_engineering_change(
            row, **values, lines=kept, version=version, by=request.user
        )
