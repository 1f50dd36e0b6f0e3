from __future__ import annotations

from django.contrib import admin

from apps.core.admin.master_data import MasterDataAdmin
from apps.masterdata.models import Unit
from apps.masterdata.resources import UnitResource


@admin.register(Unit)
class UnitAdmin(MasterDataAdmin):
    resource_class = UnitResource
    list_display = ("code", "name", "dimension", "numerator", "denominator", "company", "is_active")
    list_filter = ("dimension", "is_active")
