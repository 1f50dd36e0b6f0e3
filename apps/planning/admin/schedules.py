from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.core.admin.base import LedgerAdmin
from apps.core.admin.documents import DocumentAdmin, Verb
from apps.core.admin.links import Link
from apps.planning.jobs import start_schedule
from apps.planning.models import Schedule, ScheduledOperation
from apps.planning.services import schedules as services

Status = Schedule.Status


@admin.register(Schedule)
class ScheduleAdmin(DocumentAdmin):
    can_add = True
    create_service = staticmethod(services.create_schedule)
    editable_statuses = ()
    list_display = (
        "number",
        "status_label",
        "site",
        "starts_at",
        "objective",
        "operation_count",
        "late_count",
        "makespan_minutes",
        "proved_optimal",
        "seconds",
        "company",
    )
    list_filter = ("status", "site", "objective")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "company",
                    ("site", "starts_at"),
                    ("objective", "horizon_days"),
                    ("time_limit_seconds", "ignores_calendar"),
                )
            },
        ),
        (
            _("Result"),
            {
                "fields": (
                    ("operation_count", "late_count"),
                    ("makespan_minutes", "bound", "proved_optimal"),
                    ("tardy_minutes", "seconds"),
                    "message",
                )
            },
        ),
    )
    readonly_fields = (
        "operation_count",
        "late_count",
        "makespan_minutes",
        "bound",
        "proved_optimal",
        "tardy_minutes",
        "seconds",
        "message",
    )
    verbs = (
        Verb(
            "calculate",
            _("Calculate now"),
            "planning.run_schedule",
            services.calculate_schedule,
            (Status.QUEUED, Status.FAILED),
        ),
        Verb(
            "start",
            _("Calculate in the background"),
            "planning.run_schedule",
            start_schedule,
            (Status.QUEUED, Status.FAILED),
        ),
        Verb(
            "publish",
            _("Publish"),
            "planning.publish_schedule",
            services.publish_schedule,
            (Status.READY,),
        ),
        Verb(
            "discard",
            _("Discard"),
            "planning.publish_schedule",
            services.discard_schedule,
            (Status.QUEUED, Status.READY, Status.FAILED, Status.PUBLISHED),
            question=_("This schedule will not be used."),
            is_danger=True,
        ),
    )

    def links_of(self, request: Any, document: Schedule) -> list[Link]:
        board = Link(_("Board"), f"{reverse('schedule')}?schedule={document.pk}", "view_timeline")
        return [board, *super().links_of(request, document)]


@admin.register(ScheduledOperation)
class ScheduledOperationAdmin(LedgerAdmin):
    list_display = (
        "operation",
        "machine",
        "starts_at",
        "ends_at",
        "late_minutes",
        "cause",
        "is_pinned",
        "schedule",
        "company",
    )
    list_filter = ("schedule", "machine", "cause")
    list_select_related = ("operation__work_order", "machine", "schedule", "company")
    ordering = ("starts_at", "id")
