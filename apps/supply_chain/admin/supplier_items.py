from __future__ import annotations

from typing import Any

from django.contrib import admin

from apps.core.admin.base import CompanyForm, CompanyInline, CompanyModelAdmin
from apps.core.admin.imports import ImportExportMixin
from apps.supply_chain.models import (
    PurchasingPolicy,
    SupplierCalendar,
    SupplierClosure,
    SupplierItem,
    SupplierPrice,
)
from apps.supply_chain.services.supplier_calendars import (
    create_closure,
    create_supplier_calendar,
    update_closure,
    update_supplier_calendar,
)
from apps.supply_chain.services.supplier_items import (
    create_supplier_item,
    create_supplier_price,
    update_supplier_item,
    update_supplier_price,
)
from apps.supply_chain.supplier_resources import SupplierItemResource


class SupplierPriceInline(CompanyInline):
    model = SupplierPrice
    fields = ("from_quantity", "unit_price")
    extra = 1


class SupplierItemForm(CompanyForm):
    """Without unit, currency and day, those of the item, the supplier and today apply."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("unit", "currency", "valid_from", "minimum_quantity", "order_multiple"):
            if name in self.fields:
                self.fields[name].required = False


@admin.register(SupplierItem)
class SupplierItemAdmin(ImportExportMixin, CompanyModelAdmin):
    """Terms of suppliers with their price breaks; both come in by one file."""

    form = SupplierItemForm
    resource_class = SupplierItemResource
    create_service = staticmethod(create_supplier_item)
    update_service = staticmethod(update_supplier_item)
    list_display = (
        "item",
        "partner",
        "supplier_code",
        "unit",
        "minimum_quantity",
        "order_multiple",
        "lead_time_days",
        "is_preferred",
        "valid_from",
        "valid_until",
        "company",
    )
    list_filter = ("partner", "is_preferred", "is_subcontracted", "valid_from")
    search_fields = ("supplier_code", "item__code", "item__name", "partner__code", "partner__name")
    autocomplete_fields = ("item", "partner")
    inlines = (SupplierPriceInline,)
    ordering = ("item", "partner", "valid_from")
    fields = (
        "company",
        ("item", "partner"),
        ("supplier_code", "unit", "currency"),
        ("minimum_quantity", "order_multiple"),
        ("lead_time_days", "is_preferred", "is_subcontracted"),
        ("over_receipt_percent", "under_receipt_percent"),
        ("valid_from", "valid_until"),
    )

    def get_urls(self) -> Any:
        return [*self.import_urls(), *super().get_urls()]

    def save_line(self, request: Any, row: SupplierPrice) -> None:
        given = {"from_quantity": row.from_quantity, "unit_price": row.unit_price}
        if row.pk is None:
            create_supplier_price(
                row.supplier_item.company,
                supplier_item=row.supplier_item,
                by=request.user,
                **given,
            )
        else:
            stored = SupplierPrice.objects.get(pk=row.pk)
            update_supplier_price(stored, by=request.user, **given)


@admin.register(SupplierPrice)
class SupplierPriceAdmin(CompanyModelAdmin):
    """All price breaks, to search; they are changed with their supplier item."""

    list_display = ("supplier_item", "from_quantity", "unit_price", "company")
    list_select_related = ("supplier_item__item", "supplier_item__partner", "company")
    search_fields = ("supplier_item__item__code", "supplier_item__partner__code")
    ordering = ("supplier_item", "from_quantity")

    def has_add_permission(self, request: Any) -> bool:
        return False

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return False


@admin.register(SupplierCalendar)
class SupplierCalendarAdmin(CompanyModelAdmin):
    create_service = staticmethod(create_supplier_calendar)
    update_service = staticmethod(update_supplier_calendar)
    list_display = ("partner", "weekdays", "company")
    search_fields = ("partner__code", "partner__name")
    autocomplete_fields = ("partner",)


@admin.register(SupplierClosure)
class SupplierClosureAdmin(CompanyModelAdmin):
    create_service = staticmethod(create_closure)
    update_service = staticmethod(update_closure)
    list_display = ("partner", "first_day", "last_day", "name", "company")
    list_filter = ("partner", "first_day")
    search_fields = ("partner__code", "partner__name", "name")
    autocomplete_fields = ("partner",)
    ordering = ("-first_day",)


@admin.register(PurchasingPolicy)
class PurchasingPolicyAdmin(CompanyModelAdmin):
    list_display = ("company", "over_receipt_percent", "under_receipt_percent", "cross_docks")
