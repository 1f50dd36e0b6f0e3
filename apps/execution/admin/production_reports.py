from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from apps.core.admin.documents import DocumentAdmin, Verb
from apps.core.admin.forms import DateReasonForm
from apps.core.admin.links import Link, admin_row_link
from apps.execution.models import ProductionReport
from apps.execution.services.reversals import reverse_production_report

Status = ProductionReport.Status


@admin.register(ProductionReport)
class ProductionReportAdmin(DocumentAdmin):
    list_display = (
        "number",
        "status_label",
        "work_order",
        "operation",
        "date",
        "quantity_good",
        "quantity_scrap",
        "scrap_reason",
        "employee",
        "company",
    )
    list_select_related = (
        "work_order",
        "operation__work_order",
        "scrap_reason",
        "employee",
        "company",
    )
    list_filter = ("status", "date", "scrap_reason", "machine", "shift")
    list_totals = ("quantity_good", "quantity_scrap")
    search_fields = ("number", "work_order__number")
    verbs = (
        Verb(
            "reverse",
            _("Reverse"),
            "execution.reverse_productionreport",
            reverse_production_report,
            (Status.POSTED,),
            form=DateReasonForm,
            is_danger=True,
        ),
    )

    def links_of(self, request: Any, document: ProductionReport) -> list[Link]:
        return [admin_row_link(document.work_order), *super().links_of(request, document)]
