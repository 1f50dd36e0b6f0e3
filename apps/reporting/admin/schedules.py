from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from apps.core.admin.base import LedgerAdmin
from apps.core.errors import BusinessError
from apps.reporting.admin.reports import KeptAdmin
from apps.reporting.models import ReportDelivery, ReportSchedule
from apps.reporting.services.schedules import create_schedule, retry_delivery, update_schedule


@admin.register(ReportSchedule)
class ReportScheduleAdmin(KeptAdmin):
    create_service = staticmethod(create_schedule)
    update_service = staticmethod(update_schedule)
    list_display = (
        "code",
        "name",
        "report",
        "frequency",
        "at",
        "next_due_at",
        "owner",
        "company",
        "is_active",
    )
    list_filter = ("frequency", "is_active")
    fields = (
        "company",
        "code",
        "name",
        "report",
        "frequency",
        "at",
        "weekday",
        "day",
        "site",
        "ends_on",
        "file_format",
        "recipients",
        "is_active",
        "next_due_at",
    )
    readonly_fields = ("next_due_at",)


@admin.register(ReportDelivery)
class ReportDeliveryAdmin(LedgerAdmin):
    list_display = (
        "due_at",
        "schedule",
        "state",
        "sent_at",
        "file_name",
        "message",
        "company",
    )
    list_select_related = ("schedule", "job", "company")
    list_filter = ("schedule",)
    ordering = ("-id",)
    actions = ("retry_selected",)

    @display(description=_("state"), label=True)
    def state(self, delivery: ReportDelivery) -> Any:
        if delivery.sent_at is not None:
            return _("Sent")
        return delivery.job.get_status_display() if delivery.job else _("Waiting")

    @action(description=_("Send again what failed"))
    def retry_selected(self, request: Any, queryset: Any) -> None:
        if not request.user.has_perm("reporting.retry_reportdelivery"):
            raise PermissionDenied
        for delivery in queryset.select_related("schedule"):
            try:
                retry_delivery(delivery, by=request.user)
            except BusinessError as error:
                messages.error(request, f"{delivery}: {error}")
