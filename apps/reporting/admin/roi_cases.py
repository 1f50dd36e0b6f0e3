from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.admin.base import CompanyInline, LedgerAdmin
from apps.core.admin.documents import Verb
from apps.core.admin.lines import DocumentWithLinesAdmin
from apps.core.admin.links import Link
from apps.core.admin.printouts import Printout
from apps.reporting.admin.reports import dataset_field
from apps.reporting.models import RoiCase, RoiFlow, RoiMonth
from apps.reporting.printouts import roi_case_pdf
from apps.reporting.services.roi_cases import (
    Flow,
    approve_roi_case,
    cancel_roi_case,
    change_roi_case,
    close_roi_case,
    draft_roi_case,
    measure_roi_case,
    start_roi_case,
)

RUN = "reporting.run_roicase"


class RoiFlowInline(CompanyInline):
    model = RoiFlow
    fields = ("period", "amount")
    extra = 6


@admin.register(RoiCase)
class RoiCaseAdmin(DocumentWithLinesAdmin):
    list_display = ("number", "status_label", "title", "starts_on", "rate", "baseline", "company")
    search_fields = ("number", "title")
    fields = (
        "company",
        "title",
        "rate",
        "period_months",
        "starts_on",
        "dataset",
        "value",
        "question",
        "good",
        "baseline_from",
        "baseline_to",
        "note",
    )
    inlines = (RoiFlowInline,)
    printouts = Printout.on_both_papers(
        "appraisal", gettext_lazy("Planned and measured"), roi_case_pdf
    )
    verbs = (
        Verb(
            "approve",
            gettext_lazy("Approve"),
            "reporting.approve_roicase",
            approve_roi_case,
            ("draft",),
            question=gettext_lazy("The baseline is measured now; then nothing changes any more."),
        ),
        Verb("start", gettext_lazy("Start measuring"), RUN, start_roi_case, ("approved",)),
        Verb("measure", gettext_lazy("Measure now"), RUN, measure_roi_case, ("running",)),
        Verb(
            "close",
            gettext_lazy("Close"),
            RUN,
            close_roi_case,
            ("running",),
            question=gettext_lazy("It is measured a last time; then its figures stand."),
        ),
        Verb(
            "cancel",
            gettext_lazy("Cancel"),
            "reporting.change_roicase",
            cancel_roi_case,
            ("draft", "approved"),
            question=gettext_lazy("It is kept, but will not be measured."),
            is_danger=True,
        ),
    )

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        if db_field.name == "dataset":
            return dataset_field()
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def links_of(self, request: Any, document: RoiCase) -> list[Link]:
        page = reverse("reporting-roi", args=[document.pk])
        return [Link(_("Planned and measured"), page, "query_stats"), *super().links_of(
            request, document
        )]  # fmt: skip

    def write_new(
        self, request: Any, values: dict[str, Any], lines: list[dict[str, Any]]
    ) -> RoiCase:
        return draft_roi_case(**values, flows=[Flow(**line) for line in lines], by=request.user)

    def write_change(
        self,
        request: Any,
        row: RoiCase,
        values: dict[str, Any],
        lines: list[dict[str, Any]] | None,
        version: int | None,
    ) -> RoiCase:
        flows = None if lines is None else [Flow(**line) for line in lines]
        return change_roi_case(row, **values, flows=flows, version=version, by=request.user)


@admin.register(RoiMonth)
class RoiMonthAdmin(LedgerAdmin):
    list_display = ("case", "month", "baseline", "actual", "benefit", "company")
    list_select_related = ("case", "company")
    list_filter = ("case",)
    ordering = ("case", "month")
