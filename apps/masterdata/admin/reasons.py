from __future__ import annotations

from django.contrib import admin

from apps.core.admin.master_data import MasterDataAdmin
from apps.masterdata.models import ReasonCode
from apps.masterdata.resources import ReasonCodeResource
from apps.masterdata.services.reasons import create_reason_code, update_reason_code


@admin.register(ReasonCode)
class ReasonCodeAdmin(MasterDataAdmin):
    resource_class = ReasonCodeResource
    create_service = staticmethod(create_reason_code)
    update_service = staticmethod(update_reason_code)
    list_display = ("code", "name", "kind", "parent", "is_planned", "company", "is_active")
    list_filter = ("kind", "is_planned", "is_active")
