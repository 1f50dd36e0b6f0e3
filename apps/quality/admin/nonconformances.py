from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from apps.core.admin.base import CompanyInline
from apps.core.admin.documents import Verb
from apps.core.admin.forms import ReasonForm
from apps.core.admin.lines import DocumentWithLinesAdmin
from apps.core.admin.links import Link, admin_row_link
from apps.quality.admin.forms import ContainForm, DispositionForm, ReopenForm
from apps.quality.models import Disposition, Nonconformance, NonconformingLot
from apps.quality.services.dispositions import (
    disposition_nonconformance,
    reopen_nonconformance,
)
from apps.quality.services.nonconformances import (
    Held,
    cancel_nonconformance,
    close_nonconformance,
    contain_nonconformance,
    open_nonconformance,
    review_nonconformance,
)

Status = Nonconformance.Status


class NonconformingLotInline(CompanyInline):
    """Said when it is reported; fixed from then on."""

    model = NonconformingLot
    fields = ("lot", "location", "quantity")
    extra = 1

    def has_add_permission(self, request: Any, obj: Any = None) -> bool:
        return obj is None and super().has_add_permission(request, obj)


class DispositionInline(CompanyInline):
    """What was decided; decisions are taken by the button."""

    model = Disposition
    fields = (
        "nonconforming_lot",
        "kind",
        "quantity",
        "reason",
        "value",
        "note",
        "decided_by",
        "decided_at",
        "is_reversed",
    )
    max_num = 0
    can_delete = False

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return False

    def has_add_permission(self, request: Any, obj: Any = None) -> bool:
        return False


@admin.register(Nonconformance)
class NonconformanceAdmin(DocumentWithLinesAdmin):
    editable_statuses = ()
    list_display = (
        "number",
        "status_label",
        "title",
        "item",
        "quantity",
        "partner",
        "origin",
        "created_at",
        "company",
    )
    list_filter = ("status", "origin", "blocks_start", "partner")
    search_fields = ("number", "title", "item__code")
    list_totals = ("quantity",)
    inlines = (NonconformingLotInline, DispositionInline)
    verbs = (
        Verb(
            "contain",
            _("Contain"),
            "quality.contain_nonconformance",
            contain_nonconformance,
            (Status.OPEN,),
            form=ContainForm,
        ),
        Verb(
            "review",
            _("Call the review board"),
            "quality.review_nonconformance",
            review_nonconformance,
            (Status.OPEN, Status.CONTAINED),
        ),
        Verb(
            "disposition",
            _("Decide"),
            "quality.disposition_nonconformance",
            disposition_nonconformance,
            (Status.REVIEW,),
            form=DispositionForm,
        ),
        Verb(
            "close",
            _("Close"),
            "quality.close_nonconformance",
            close_nonconformance,
            (Status.DISPOSITIONED,),
        ),
        Verb(
            "reopen",
            _("Reopen"),
            "quality.reopen_nonconformance",
            reopen_nonconformance,
            (Status.DISPOSITIONED, Status.CLOSED),
            form=ReopenForm,
            is_danger=True,
        ),
        Verb(
            "cancel",
            _("Cancel"),
            "quality.reopen_nonconformance",
            cancel_nonconformance,
            Nonconformance.UNDECIDED,
            form=ReasonForm,
            is_danger=True,
        ),
    )

    def get_inlines(self, request: Any, obj: Any = None) -> Any:
        return (NonconformingLotInline,) if obj is None else self.inlines

    def get_fieldsets(self, request: Any, obj: Any = None) -> Any:
        fields: list[Any] = [
            "company",
            "title",
            ("item", "partner"),
            ("reason", "operation_sequence"),
            "blocks_start",
            "description",
        ]
        if obj is not None:
            fields += [("quantity", "origin", "inspection"), "containment", "conclusion"]
        if self._hides_company(request, obj):
            fields = fields[1:]
        return ((None, {"fields": tuple(fields)}),)

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        fixed = tuple(super().get_readonly_fields(request, obj))
        return (*fixed, "quantity", "origin", "inspection", "containment", "conclusion")

    def links_of(self, request: Any, document: Nonconformance) -> list[Link]:
        parents = [document.inspection] if document.inspection else []
        actions = document.corrective_actions.order_by("pk")
        return [
            admin_row_link(document.item),
            *(admin_row_link(row) for row in parents),
            *(admin_row_link(row, icon="arrow_downward") for row in actions),
            *super().links_of(request, document),
        ]

    def write_new(
        self, request: Any, values: dict[str, Any], lines: list[dict[str, Any]]
    ) -> Nonconformance:
        company = values.pop("company")
        held = [Held(**line) for line in lines]
        return open_nonconformance(company, held=held, by=request.user, **values)
