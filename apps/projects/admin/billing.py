from __future__ import annotations

from typing import Any

from django.contrib import admin

from apps.core.admin.base import CompanyModelAdmin
from apps.projects.models import BillingMilestone, HourlyRate, ProjectBilling
from apps.projects.services.milestones import create_milestone, update_milestone
from apps.projects.services.rates import create_rate, update_rate


@admin.register(BillingMilestone)
class BillingMilestoneAdmin(CompanyModelAdmin):
    create_service = staticmethod(create_milestone)
    update_service = staticmethod(update_milestone)
    list_display = ("project", "name", "node", "amount", "due_on", "task", "company")
    list_filter = ("project", "due_on")
    search_fields = ("name", "project__number")
    fields = ("company", "project", ("node", "name"), ("amount", "due_on"), "task")

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        fixed = tuple(super().get_readonly_fields(request, obj))
        return fixed if obj is None else (*fixed, "project")


@admin.register(ProjectBilling)
class ProjectBillingAdmin(CompanyModelAdmin):
    """What invoices bill of projects, to look at."""

    list_display = ("project", "milestone", "timesheet_line", "invoice_line", "is_live", "company")
    list_filter = ("project", "is_live")
    search_fields = ("project__number",)
    fields = ("company", "project", ("milestone", "timesheet_line"), ("invoice_line", "is_live"))

    def has_add_permission(self, request: Any) -> bool:
        return False

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return False


@admin.register(HourlyRate)
class HourlyRateAdmin(CompanyModelAdmin):
    """New terms are a new row from a day on."""

    create_service = staticmethod(create_rate)
    update_service = staticmethod(update_rate)
    list_display = (
        "employee",
        "project",
        "effective_from",
        "cost_rate",
        "billing_rate",
        "company",
    )
    list_filter = ("project", "effective_from")
    search_fields = ("employee__code", "employee__name", "project__number")
    fields = (
        "company",
        ("employee", "project"),
        "effective_from",
        ("cost_rate", "billing_rate"),
    )
