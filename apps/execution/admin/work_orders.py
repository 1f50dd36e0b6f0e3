from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from apps.core.admin.base import CompanyInline
from apps.core.admin.documents import DocumentAdmin, Verb
from apps.core.admin.forms import DateForm, DateReasonForm, ReasonForm
from apps.core.admin.links import Link, admin_list_url, admin_row_link
from apps.core.admin.printouts import Printout
from apps.execution.admin.forms import IssueForm, ReportForm
from apps.execution.models import (
    MaterialIssue,
    ProductionReport,
    WorkOrder,
    WorkOrderComponent,
    WorkOrderOperation,
)
from apps.execution.printouts import PRINTABLE, traveler_pdf
from apps.execution.services import work_orders as services
from apps.execution.services.closing import close_work_order, reopen_work_order
from apps.execution.services.material_issues import issue_material
from apps.execution.services.production import report_production
from apps.finance.models import JournalLine

Status = WorkOrder.Status


class _SnapshotInline(CompanyInline):
    """Frozen at release: shown, never edited here."""

    can_delete = False

    def has_add_permission(self, request: Any, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return False


class OperationInline(_SnapshotInline):
    model = WorkOrderOperation
    fields = (
        "sequence",
        "name",
        "work_centre",
        "machine",
        "status",
        "setup_minutes",
        "run_minutes",
        "labour_factor",
        "instruction_revision",
    )
    readonly_fields = ("instruction_revision",)


class ComponentInline(_SnapshotInline):
    model = WorkOrderComponent
    fields = ("position", "item", "quantity", "operation", "issue_method")

    def get_queryset(self, request: Any) -> Any:
        return super().get_queryset(request).select_related("operation__work_order")


@admin.register(WorkOrder)
class WorkOrderAdmin(DocumentAdmin):
    can_add = True
    create_service = staticmethod(services.create_work_order)
    update_service = staticmethod(services.update_work_order)
    list_display = (
        "number",
        "status_label",
        "item",
        "quantity",
        "start_date",
        "due_date",
        "site",
        "customer_reference",
        "company",
    )
    list_filter = ("status", "site", "due_date")
    search_fields = ("number", "item__code", "item__name", "customer_reference")
    autocomplete_fields = ("item",)
    inlines = (OperationInline, ComponentInline)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "company",
                    ("item", "quantity"),
                    ("start_date", "due_date"),
                    ("bom", "routing"),
                    ("site", "customer_reference"),
                    ("component_location", "output_location"),
                )
            },
        ),
    )
    printouts = Printout.on_both_papers("traveler", _("Traveler"), traveler_pdf, PRINTABLE)
    verbs = (
        Verb(
            "release",
            _("Release"),
            "execution.release_workorder",
            services.release_work_order,
            (Status.DRAFT,),
        ),
        Verb(
            "report",
            _("Report production"),
            "execution.add_productionreport",
            report_production,
            WorkOrder.OPEN_FOR_POSTING,
            form=ReportForm,
        ),
        Verb(
            "issue",
            _("Issue material"),
            "execution.add_materialissue",
            issue_material,
            WorkOrder.OPEN_FOR_POSTING,
            form=IssueForm,
        ),
        Verb(
            "complete",
            _("Complete"),
            "execution.close_workorder",
            services.complete_work_order,
            (Status.RUNNING,),
            question=_("No more will be made for this order?"),
        ),
        Verb(
            "close",
            _("Close"),
            "execution.close_workorder",
            close_work_order,
            (Status.COMPLETED,),
            form=DateForm,
        ),
        Verb(
            "hold",
            _("Hold"),
            "execution.hold_workorder",
            services.hold_work_order,
            (Status.RELEASED, Status.RUNNING),
            form=ReasonForm,
        ),
        Verb(
            "resume",
            _("Resume"),
            "execution.hold_workorder",
            services.resume_work_order,
            (Status.HELD,),
        ),
        Verb(
            "reopen",
            _("Reopen"),
            "execution.close_workorder",
            reopen_work_order,
            (Status.CLOSED,),
            form=DateReasonForm,
            is_danger=True,
        ),
        Verb(
            "cancel",
            _("Cancel order"),
            "execution.cancel_workorder",
            services.cancel_work_order,
            (Status.DRAFT, Status.RELEASED, Status.HELD),
            form=ReasonForm,
            is_danger=True,
        ),
    )

    def links_of(self, request: Any, document: WorkOrder) -> list[Link]:
        links = [admin_row_link(document.item, icon="category")]
        for model in (ProductionReport, MaterialIssue):
            url = f"{admin_list_url(model)}?work_order__id__exact={document.pk}"
            links.append(Link(model._meta.verbose_name_plural, url, "fact_check"))
        if document.cost_object_id:
            url = admin_url_of_lines(document)
            links.append(Link(_("Cost postings"), url, "account_balance"))
        return [*links, *super().links_of(request, document)]


def admin_url_of_lines(order: WorkOrder) -> str:
    """The journal lines on the order's cost object."""
    return f"{admin_list_url(JournalLine)}?cost_object__id__exact={order.cost_object_id}"
