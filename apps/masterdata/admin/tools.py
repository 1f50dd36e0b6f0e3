from __future__ import annotations

from django.contrib import admin

from apps.core.admin.master_data import MasterDataAdmin
from apps.masterdata.models import Tool
from apps.masterdata.resources import ToolResource


@admin.register(Tool)
class ToolAdmin(MasterDataAdmin):
    resource_class = ToolResource
    list_display = (
        "code",
        "name",
        "site",
        "cavities",
        "life_shots",
        "calibrated_until",
        "company",
        "is_active",
    )
    list_filter = ("site", "is_active")
