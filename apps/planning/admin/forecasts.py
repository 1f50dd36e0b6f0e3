from __future__ import annotations

from typing import Any

from django.contrib import admin

from apps.core.admin.base import CompanyModelAdmin
from apps.planning.models import Forecast, MasterScheduleLine
from apps.planning.services import forecasts as services


@admin.register(Forecast)
class ForecastAdmin(CompanyModelAdmin):
    create_service = staticmethod(services.create_forecast)
    update_service = staticmethod(services.update_forecast)
    list_display = (
        "item",
        "site",
        "starts_on",
        "ends_on",
        "quantity",
        "method",
        "error",
        "revision",
        "is_current",
        "company",
    )
    list_filter = ("is_current", "site", "method", "starts_on")
    search_fields = ("item__code", "item__name")
    autocomplete_fields = ("item",)
    fields = (
        "company",
        ("item", "site"),
        ("starts_on", "ends_on"),
        "quantity",
        ("method", "error", "revision", "is_current"),
    )
    readonly_fields = ("method", "error", "revision", "is_current")

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        if obj is not None and not obj.is_current:
            return False
        return super().has_change_permission(request, obj)


@admin.register(MasterScheduleLine)
class MasterScheduleLineAdmin(CompanyModelAdmin):
    create_service = staticmethod(services.create_schedule_line)
    update_service = staticmethod(services.update_schedule_line)
    list_display = ("item", "site", "due_date", "quantity", "note", "is_active", "company")
    list_filter = ("is_active", "site", "due_date")
    search_fields = ("item__code", "item__name")
    autocomplete_fields = ("item",)
    fields = ("company", ("item", "site"), ("due_date", "quantity"), "note", "is_active")
