from __future__ import annotations

from django.contrib import admin

from apps.core.admin.base import CompanyInline
from apps.core.admin.master_data import MasterDataAdmin
from apps.masterdata.models import Area, Machine, WorkCentre, WorkCentreRate
from apps.masterdata.resources import AreaResource, MachineResource, WorkCentreResource


@admin.register(Area)
class AreaAdmin(MasterDataAdmin):
    resource_class = AreaResource
    list_display = ("code", "name", "site", "company", "is_active")
    list_filter = ("site", "is_active")


class WorkCentreRateInline(CompanyInline):
    model = WorkCentreRate
    fields = ("effective_from", "labour_rate", "machine_rate")


@admin.register(WorkCentre)
class WorkCentreAdmin(MasterDataAdmin):
    resource_class = WorkCentreResource
    list_display = ("code", "name", "site", "area", "company", "is_active")
    list_filter = ("site", "area", "is_active")
    inlines = (WorkCentreRateInline,)


@admin.register(Machine)
class MachineAdmin(MasterDataAdmin):
    resource_class = MachineResource
    list_display = ("code", "name", "work_centre", "site", "company", "is_active")
    list_filter = ("site", "work_centre", "is_active")
