from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from apps.core.admin.base import CompanyInline
from apps.core.admin.master_data import MasterDataAdmin
from apps.masterdata.models import Item, ItemBarcode, ItemCategory, ItemUnit
from apps.masterdata.resources import ItemCategoryResource, ItemResource
from apps.masterdata.services.barcodes import create_item_barcode, update_item_barcode
from apps.masterdata.services.items import (
    create_item,
    create_item_unit,
    update_item,
    update_item_unit,
)


@admin.register(ItemCategory)
class ItemCategoryAdmin(MasterDataAdmin):
    resource_class = ItemCategoryResource
    list_display = ("code", "name", "costing", "company", "is_active")
    list_filter = ("costing", "is_active")


class ItemUnitInline(CompanyInline):
    model = ItemUnit
    fields = ("unit", "numerator", "denominator", "gtin", "is_catch_weight", "catch_tolerance")


class ItemBarcodeInline(CompanyInline):
    model = ItemBarcode
    fields = ("kind", "code", "unit")


@admin.register(Item)
class ItemAdmin(MasterDataAdmin):
    resource_class = ItemResource
    create_service = staticmethod(create_item)
    update_service = staticmethod(update_item)
    list_display = ("code", "name", "category", "kind", "tracking", "unit", "company", "is_active")
    list_filter = ("kind", "tracking", "category", "is_active")
    inlines = (ItemUnitInline, ItemBarcodeInline)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "company",
                    ("code", "revision"),
                    "name",
                    ("category", "kind"),
                    ("unit", "tracking"),
                    "description",
                    "is_active",
                )
            },
        ),
        (
            _("Buying and selling"),
            {
                "classes": ("tab",),
                "fields": (
                    "default_supplier",
                    ("purchase_price", "sales_price"),
                    "lead_time_days",
                    "requires_supplier_lot",
                    "shelf_life_days",
                ),
            },
        ),
    )

    def save_line(self, request: Any, row: ItemUnit | ItemBarcode) -> None:
        if isinstance(row, ItemBarcode):
            _save_barcode(request, row)
            return
        given = {
            "item": row.item,
            "unit": row.unit,
            "numerator": row.numerator,
            "denominator": row.denominator,
            "gtin": row.gtin,
            "is_catch_weight": row.is_catch_weight,
            "catch_tolerance": row.catch_tolerance or 0,
        }
        if row.pk is None:
            create_item_unit(company=row.item.company, by=request.user, **given)
        else:
            update_item_unit(ItemUnit.objects.get(pk=row.pk), by=request.user, **given)


def _save_barcode(request: Any, row: ItemBarcode) -> None:
    given = {"item": row.item, "kind": row.kind, "code": row.code, "unit": row.unit}
    if row.pk is None:
        create_item_barcode(company=row.item.company, by=request.user, **given)
    else:
        update_item_barcode(ItemBarcode.objects.get(pk=row.pk), by=request.user, **given)
