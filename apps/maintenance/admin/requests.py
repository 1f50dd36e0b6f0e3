from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSplitDateTimeWidget

from apps.core.admin.documents import DocumentAdmin, Verb
from apps.core.admin.forms import ReasonForm, VerbForm
from apps.core.admin.links import Link, admin_row_link
from apps.maintenance.models import MaintenanceRequest
from apps.maintenance.services.requests import (
    approve_request,
    create_request,
    order_request,
    reconsider_request,
    reject_request,
)

Status = MaintenanceRequest.Status
_APPROVE = "maintenance.approve_maintenancerequest"


class OrderForm(VerbForm):
    """When, and for how long."""

    planned_start = forms.SplitDateTimeField(
        label=_("Planned start"), required=False, widget=UnfoldAdminSplitDateTimeWidget
    )
    planned_minutes = forms.IntegerField(
        label=_("Planned (min)"),
        initial=60,
        min_value=1,
        max_value=100_000,
        widget=UnfoldAdminIntegerFieldWidget,
    )


@admin.register(MaintenanceRequest)
class MaintenanceRequestAdmin(DocumentAdmin):
    can_add = True
    editable_statuses = ()
    list_display = (
        "number",
        "title",
        "asset",
        "status_label",
        "priority",
        "is_down",
        "noticed_at",
        "company",
    )
    list_filter = ("status", "priority", "is_down", "site")
    search_fields = ("number", "title", "asset__code")
    fields = (
        "company",
        "title",
        ("asset", "priority"),
        "description",
        ("is_down", "employee"),
        "noticed_at",
    )
    verbs = (
        Verb("approve", _("Approve"), _APPROVE, approve_request, (Status.NEW,)),
        Verb(
            "order",
            _("Make an order"),
            "maintenance.add_maintenanceorder",
            order_request,
            (Status.APPROVED,),
            form=OrderForm,
        ),
        Verb(
            "reject",
            _("Reject"),
            _APPROVE,
            reject_request,
            (Status.NEW, Status.APPROVED),
            form=ReasonForm,
            is_danger=True,
        ),
        Verb("reconsider", _("Look at it again"), _APPROVE, reconsider_request, (Status.REJECTED,)),
    )

    def get_changeform_initial_data(self, request: Any) -> dict[str, Any]:
        return {"noticed_at": timezone.now()} | super().get_changeform_initial_data(request)

    def perform_create(
        self, request: Any, values: dict[str, Any], reason: str
    ) -> MaintenanceRequest:
        return create_request(values.pop("company"), **values, by=request.user, reason=reason)

    def links_of(self, request: Any, document: MaintenanceRequest) -> list[Link]:
        orders = document.orders.order_by("pk")
        return [
            admin_row_link(document.asset),
            *(admin_row_link(order, icon="build") for order in orders),
            *super().links_of(request, document),
        ]
