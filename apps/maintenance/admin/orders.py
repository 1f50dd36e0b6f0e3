from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from apps.core.admin.documents import DocumentAdmin, Verb
from apps.core.admin.forms import ReasonForm
from apps.core.admin.links import Link, admin_list_url, admin_row_link
from apps.core.admin.printouts import Printout
from apps.maintenance.admin.forms import (
    AnswersForm,
    ChargeForm,
    CompleteForm,
    IssuePartsForm,
    LabourForm,
)
from apps.maintenance.admin.lines import ListsMixin, OrderPartInline, OrderTaskInline
from apps.maintenance.models import (
    MaintenanceCharge,
    MaintenanceLabour,
    MaintenanceOrder,
    PartsIssue,
)
from apps.maintenance.printouts import job_card_pdf
from apps.maintenance.services.breakdowns import end_downtime
from apps.maintenance.services.charges import charge_order
from apps.maintenance.services.labour import book_labour
from apps.maintenance.services.order_tasks import answer_tasks
from apps.maintenance.services.orders import (
    cancel_order,
    change_order,
    close_order,
    complete_order,
    create_order,
    release_order,
    reopen_order,
    start_order,
    wait_for_parts,
)
from apps.maintenance.services.parts import issue_parts

Status = MaintenanceOrder.Status
_WORK = "maintenance.work_maintenanceorder"
_CLOSE = "maintenance.close_maintenanceorder"
_AT_WORK = (Status.IN_PROGRESS, Status.WAITING_PARTS)
_VERBS = (
    Verb(
        "release",
        _("Release"),
        "maintenance.release_maintenanceorder",
        release_order,
        (Status.PLANNED,),
    ),
    Verb("start", _("Start"), _WORK, start_order, (Status.RELEASED, Status.WAITING_PARTS)),
    Verb("answer", _("Fill in the list"), _WORK, answer_tasks, _AT_WORK, form=AnswersForm),
    Verb(
        "issue-parts",
        _("Take parts"),
        "maintenance.add_partsissue",
        issue_parts,
        MaintenanceOrder.POSTABLE,
        form=IssuePartsForm,
    ),
    Verb(
        "labour",
        _("Book time"),
        "maintenance.add_maintenancelabour",
        book_labour,
        MaintenanceOrder.POSTABLE,
        form=LabourForm,
    ),
    Verb(
        "charge",
        _("Enter a supplier's bill"),
        "maintenance.add_maintenancecharge",
        charge_order,
        MaintenanceOrder.POSTABLE,
        form=ChargeForm,
    ),
    Verb("wait", _("Wait for parts"), _WORK, wait_for_parts, (Status.IN_PROGRESS,)),
    Verb("end-downtime", _("It runs again"), _WORK, end_downtime, MaintenanceOrder.POSTABLE),
    Verb("complete", _("Done"), _WORK, complete_order, (Status.IN_PROGRESS,), form=CompleteForm),
    Verb("close", _("Close"), _CLOSE, close_order, (Status.DONE,)),
    Verb(
        "reopen",
        _("Reopen"),
        _CLOSE,
        reopen_order,
        (Status.DONE, Status.CLOSED),
        form=ReasonForm,
        is_danger=True,
    ),
    Verb(
        "cancel",
        _("Cancel"),
        "maintenance.cancel_maintenanceorder",
        cancel_order,
        MaintenanceOrder.OPEN,
        form=ReasonForm,
        is_danger=True,
    ),
)


@admin.register(MaintenanceOrder)
class MaintenanceOrderAdmin(ListsMixin, DocumentAdmin):
    can_add = True
    editable_statuses = MaintenanceOrder.OPEN
    list_display = (
        "number",
        "title",
        "asset",
        "kind",
        "status_label",
        "priority",
        "due_on",
        "planned_start",
        "company",
    )
    list_filter = ("status", "kind", "priority", "site", "due_on")
    search_fields = ("number", "title", "asset__code")
    fields = (
        "company",
        "title",
        "asset",
        ("kind", "priority"),
        "description",
        ("due_on", "planned_minutes"),
        "planned_start",
        ("employee", "is_capitalised"),
        ("failure_mode", "failure_cause"),
        "failure_remedy",
        ("downtime_starts_at", "downtime_ends_at"),
        "work_done",
    )
    inlines = (OrderTaskInline, OrderPartInline)
    printouts = Printout.on_both_papers("job-card", _("Job card"), job_card_pdf)
    verbs = _VERBS
    actions_list = ("open_board", "open_calendar")

    @action(description=_("Board"), url_path="board")
    def open_board(self, request: Any) -> HttpResponse:
        return HttpResponseRedirect(reverse("maintenance"))

    @action(description=_("Calendar"), url_path="calendar")
    def open_calendar(self, request: Any) -> HttpResponse:
        return HttpResponseRedirect(reverse("maintenance-calendar"))

    def verbs_for(self, request: Any, document: MaintenanceOrder) -> list[Verb]:
        is_down = (
            document.downtime_starts_at is not None
            and document.downtime_ends_at is None
            and document.stop_id is None
        )
        verbs = super().verbs_for(request, document)
        return [verb for verb in verbs if verb.name != "end-downtime" or is_down]

    def links_of(self, request: Any, document: MaintenanceOrder) -> list[Link]:
        above = [document.asset, document.plan, document.request]
        query = f"?order__id__exact={document.pk}"
        costs = [
            Link(model._meta.verbose_name_plural, admin_list_url(model) + query, "payments")
            for model in (PartsIssue, MaintenanceLabour, MaintenanceCharge)
            if self.admin_site._registry[model].has_view_permission(request)
        ]
        return [
            *(admin_row_link(row) for row in above if row is not None),
            *costs,
            *super().links_of(request, document),
        ]

    def write_new(self, values: dict[str, Any], *, by: Any, reason: str) -> MaintenanceOrder:
        return create_order(
            values.pop("company"), **values, by=by, reason=reason or _t("Entered by hand")
        )

    def write_change(
        self,
        row: MaintenanceOrder,
        values: dict[str, Any],
        *,
        version: int | None,
        by: Any,
        reason: str,
    ) -> MaintenanceOrder:
        return change_order(row, **values, version=version, by=by, reason=reason)
