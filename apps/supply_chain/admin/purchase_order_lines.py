from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from apps.core.admin.base import CompanyModelAdmin
from apps.core.admin.imports import ImportExportMixin
from apps.supply_chain.models import PurchaseOrderLine
from apps.supply_chain.resources import PurchaseOrderLineResource


@admin.register(PurchaseOrderLine)
class PurchaseOrderLineAdmin(ImportExportMixin, CompanyModelAdmin):
    """Lines of all orders, to search and to import; they are changed in their order."""

    resource_class = PurchaseOrderLineResource
    list_display = (
        "order",
        "status",
        "partner",
        "position",
        "item",
        "quantity",
        "unit",
        "unit_price",
        "due_date",
        "company",
    )
    list_select_related = ("order__partner", "item", "unit", "company")
    list_filter = ("order__status", "due_date")
    search_fields = ("order__number", "item__code", "item__name")
    ordering = ("-id",)

    @admin.display(description=_("status"))
    def status(self, line: PurchaseOrderLine) -> str:
        return line.order.get_status_display()

    @admin.display(description=_("supplier"))
    def partner(self, line: PurchaseOrderLine) -> str:
        return str(line.order.partner)

    def get_urls(self) -> Any:
        return [*self.import_urls(), *super().get_urls()]

    def has_import_permission(self, request: Any, obj: Any = None) -> bool:
        return bool(request.user.has_perm("supply_chain.add_purchaseorderline"))

    def has_add_permission(self, request: Any) -> bool:
        return False

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        return False
