from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from apps.core.admin.base import LedgerAdmin
from apps.core.admin.documents import DocumentAdmin, Verb
from apps.core.admin.forms import ReasonForm
from apps.core.admin.master_data import MasterDataAdmin
from apps.hr.models import LeaveEntry, LeaveRequest, LeaveType
from apps.hr.resources import LeaveTypeResource
from apps.hr.services.leave import (
    approve_leave,
    ask_leave,
    cancel_leave,
    reject_leave,
    take_leave,
)

Status = LeaveRequest.Status


@admin.register(LeaveType)
class LeaveTypeAdmin(MasterDataAdmin):
    resource_class = LeaveTypeResource
    list_display = (
        "code",
        "name",
        "is_paid",
        "needs_balance",
        "days_per_month",
        "overdraft",
        "company",
        "is_active",
    )


@admin.register(LeaveRequest)
class LeaveRequestAdmin(DocumentAdmin):
    can_add = True
    editable_statuses = ()
    list_display = (
        "number",
        "employee",
        "leave_type",
        "status_label",
        "starts_on",
        "ends_on",
        "days",
        "company",
    )
    list_filter = ("status", "leave_type", "starts_on")
    search_fields = ("number", "employee__code", "employee__name")
    fields = ("company", "employee", "leave_type", ("starts_on", "ends_on"), "days", "note")
    verbs = (
        Verb("approve", _("Approve"), "hr.approve_leaverequest", approve_leave, (Status.ASKED,)),
        Verb(
            "reject",
            _("Reject"),
            "hr.approve_leaverequest",
            reject_leave,
            (Status.ASKED,),
            form=ReasonForm,
            is_danger=True,
        ),
        Verb("take", _("Taken"), "hr.approve_leaverequest", take_leave, (Status.APPROVED,)),
        Verb(
            "cancel",
            _("Cancel"),
            "hr.change_leaverequest",
            cancel_leave,
            (Status.ASKED, Status.APPROVED, Status.TAKEN),
            form=ReasonForm,
            is_danger=True,
        ),
    )

    def perform_create(self, request: Any, values: dict[str, Any], reason: str) -> LeaveRequest:
        return ask_leave(**values, by=request.user)


@admin.register(LeaveEntry)
class LeaveEntryAdmin(LedgerAdmin):
    sources = ("hr.leaverequest",)
    list_display = ("employee", "leave_type", "date", "kind", "days", "reason", "company")
    list_filter = ("leave_type", "kind", "date")
    search_fields = ("employee__code", "employee__name")
