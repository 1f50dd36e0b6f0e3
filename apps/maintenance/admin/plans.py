from __future__ import annotations

from typing import Any

from django.contrib import admin

from apps.core.admin.master_data import MasterDataAdmin
from apps.maintenance.admin.lines import (
    ListsMixin,
    PlanPartInline,
    PlanTaskInline,
    ServiceJudgesForm,
)
from apps.maintenance.models import MaintenancePlan
from apps.maintenance.resources import MaintenancePlanResource
from apps.maintenance.services.plans import create_plan, update_plan


@admin.register(MaintenancePlan)
class MaintenancePlanAdmin(ListsMixin, MasterDataAdmin):
    form = ServiceJudgesForm
    resource_class = MaintenancePlanResource
    list_display = (
        "code",
        "name",
        "asset",
        "interval_days",
        "interval_units",
        "meter",
        "suppressed_by",
        "planned_minutes",
        "company",
        "is_active",
    )
    list_filter = ("basis", "is_active")
    fields = (
        "company",
        ("code", "name"),
        ("asset", "basis"),
        ("interval_days", "starts_on"),
        "meter",
        ("interval_units", "starts_at_total"),
        "suppressed_by",
        ("planned_minutes", "lead_days"),
        "stops_machine",
        "description",
        "is_active",
    )
    inlines = (PlanTaskInline, PlanPartInline)

    def write_new(self, values: dict[str, Any], *, by: Any, reason: str) -> MaintenancePlan:
        return create_plan(**values, by=by, reason=reason)

    def write_change(
        self,
        row: MaintenancePlan,
        values: dict[str, Any],
        *,
        version: int | None,
        by: Any,
        reason: str,
    ) -> MaintenancePlan:
        return update_plan(row, **values, version=version, by=by, reason=reason)
