from __future__ import annotations

from django.contrib import admin

from apps.core.admin.base import CompanyModelAdmin
from apps.core.admin.master_data import MasterDataAdmin
from apps.masterdata.models import Holiday, Shift
from apps.masterdata.resources import ShiftResource


@admin.register(Shift)
class ShiftAdmin(MasterDataAdmin):
    resource_class = ShiftResource
    list_display = ("code", "name", "site", "starts_at", "ends_at", "company", "is_active")
    list_filter = ("site", "is_active")


@admin.register(Holiday)
class HolidayAdmin(CompanyModelAdmin):
    list_display = ("date", "name", "site", "company")
    list_filter = ("site",)
    search_fields = ("name",)
    ordering = ("-date",)
