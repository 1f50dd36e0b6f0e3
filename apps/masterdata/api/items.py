from __future__ import annotations

from apps.core.api.bases import MasterDataViewSet
from apps.core.api.imports import ImportActions
from apps.core.api.serializers import AUDIT_FIELDS, MASTER_DATA_FIELDS, StrictModelSerializer
from apps.core.api.views import CompanyViewSet, CreateMixin, UpdateMixin
from apps.masterdata.models import Item, ItemBarcode, ItemCategory, ItemUnit
from apps.masterdata.resources import ItemBarcodeResource, ItemCategoryResource, ItemResource
from apps.masterdata.services.barcodes import create_item_barcode, update_item_barcode
from apps.masterdata.services.items import (
    create_item,
    create_item_unit,
    update_item,
    update_item_unit,
)


class ItemCategorySerializer(StrictModelSerializer):
    class Meta:
        model = ItemCategory
        fields = (*MASTER_DATA_FIELDS, "costing", *AUDIT_FIELDS)


class ItemCategoryViewSet(MasterDataViewSet):
    serializer_class = ItemCategorySerializer
    resource_class = ItemCategoryResource
    filterset_fields = ("code", "is_active", "costing")


class ItemSerializer(StrictModelSerializer):
    class Meta:
        model = Item
        fields = (
            *MASTER_DATA_FIELDS,
            "category",
            "unit",
            "kind",
            "tracking",
            "revision",
            "description",
            "requires_supplier_lot",
            "shelf_life_days",
            "purchase_price",
            "sales_price",
            "lead_time_days",
            "default_supplier",
            *AUDIT_FIELDS,
        )


class ItemViewSet(MasterDataViewSet):
    serializer_class = ItemSerializer
    resource_class = ItemResource
    create_service = staticmethod(create_item)
    update_service = staticmethod(update_item)
    filterset_fields = ("code", "is_active", "kind", "tracking", "category", "default_supplier")


class ItemUnitSerializer(StrictModelSerializer):
    class Meta:
        model = ItemUnit
        fields = (
            "id",
            "company",
            "item",
            "unit",
            "numerator",
            "denominator",
            "gtin",
            "is_catch_weight",
            "catch_tolerance",
            *AUDIT_FIELDS,
        )


class ItemUnitViewSet(CreateMixin, UpdateMixin, CompanyViewSet):
    """One ``unit`` is exactly ``numerator / denominator`` stock units of the item.

    Of a catch weight, about: each piece is weighed, and differs by ``catch_tolerance`` percent at
    most.
    """

    serializer_class = ItemUnitSerializer
    create_service = staticmethod(create_item_unit)
    update_service = staticmethod(update_item_unit)
    takes_reason = True
    filterset_fields = ("item", "unit", "gtin")
    ordering = "id"
    ordering_fields = ("id",)


class ItemBarcodeSerializer(StrictModelSerializer):
    class Meta:
        model = ItemBarcode
        fields = ("id", "company", "item", "kind", "code", "unit", *AUDIT_FIELDS)


class ItemBarcodeViewSet(CreateMixin, UpdateMixin, ImportActions, CompanyViewSet):
    """What scanners read off items: GTINs with 14 digits, and other texts."""

    serializer_class = ItemBarcodeSerializer
    resource_class = ItemBarcodeResource
    create_service = staticmethod(create_item_barcode)
    update_service = staticmethod(update_item_barcode)
    takes_reason = True
    filterset_fields = ("item", "unit", "code", "kind")
    ordering = "id"
    ordering_fields = ("id", "code")
