from __future__ import annotations

from typing import Any

from django.contrib import admin

from apps.core.admin.base import CompanyModelAdmin
from apps.supply_chain.models import SupplierAccess
from apps.supply_chain.services.supplier_access import (
    grant_supplier_access,
    update_supplier_access,
)


@admin.register(SupplierAccess)
class SupplierAccessAdmin(CompanyModelAdmin):
    """Who of a supplier sees its orders; shut it instead of deleting it."""

    create_service = staticmethod(grant_supplier_access)
    update_service = staticmethod(update_supplier_access)
    list_display = ("user", "partner", "is_active", "company")
    list_filter = ("is_active", "partner")
    search_fields = ("user__username", "user__last_name", "partner__code", "partner__name")
    autocomplete_fields = ("user", "partner")
    fields = ("company", "user", "partner", "is_active")

    def get_readonly_fields(self, request: Any, obj: SupplierAccess | None = None) -> Any:
        return ("company", "user", "partner") if obj is not None else ()

    def has_delete_permission(self, request: Any, obj: SupplierAccess | None = None) -> bool:
        return False
