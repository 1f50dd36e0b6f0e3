from __future__ import annotations

from apps.core.api.imports import ImportActions
from apps.core.api.serializers import AUDIT_FIELDS, StrictModelSerializer
from apps.core.api.views import CompanyViewSet, CreateMixin, UpdateMixin
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


class SupplierItemSerializer(StrictModelSerializer):
    class Meta:
        model = SupplierItem
        fields = (
            "id",
            "company",
            "item",
            "partner",
            "supplier_code",
            "unit",
            "currency",
            "minimum_quantity",
            "order_multiple",
            "lead_time_days",
            "over_receipt_percent",
            "under_receipt_percent",
            "is_preferred",
            "is_subcontracted",
            "valid_from",
            "valid_until",
            *AUDIT_FIELDS,
        )
        extra_kwargs = {name: {"required": False} for name in ("unit", "currency", "valid_from")}


class SupplierItemViewSet(CreateMixin, UpdateMixin, ImportActions, CompanyViewSet):
    """How suppliers sell our items: their codes, units, lots and lead times.

    Without unit, currency and first day those of the item, the supplier and today apply.
    """

    serializer_class = SupplierItemSerializer
    resource_class = SupplierItemResource
    create_service = staticmethod(create_supplier_item)
    update_service = staticmethod(update_supplier_item)
    takes_reason = True
    filterset_fields = {
        "item": ["exact"],
        "partner": ["exact"],
        "is_preferred": ["exact"],
        "is_subcontracted": ["exact"],
        "valid_from": ["gte", "lte"],
    }
    search_fields = ("supplier_code", "item__code", "item__name", "partner__code")
    ordering = "id"
    ordering_fields = ("id", "valid_from")


class SupplierPriceSerializer(StrictModelSerializer):
    class Meta:
        model = SupplierPrice
        fields = ("id", "company", "supplier_item", "from_quantity", "unit_price", *AUDIT_FIELDS)


class SupplierPriceViewSet(CreateMixin, UpdateMixin, CompanyViewSet):
    """Price breaks: the net price per unit of a supplier item, from a quantity on."""

    serializer_class = SupplierPriceSerializer
    create_service = staticmethod(create_supplier_price)
    update_service = staticmethod(update_supplier_price)
    takes_reason = True
    filterset_fields = ("supplier_item",)
    ordering = "id"


class SupplierCalendarSerializer(StrictModelSerializer):
    class Meta:
        model = SupplierCalendar
        fields = ("id", "company", "partner", "weekdays", *AUDIT_FIELDS)


class SupplierCalendarViewSet(CreateMixin, UpdateMixin, CompanyViewSet):
    """The weekdays suppliers work on, as a bit mask with Monday the lowest bit."""

    serializer_class = SupplierCalendarSerializer
    create_service = staticmethod(create_supplier_calendar)
    update_service = staticmethod(update_supplier_calendar)
    takes_reason = True
    filterset_fields = ("partner",)
    ordering = "id"


class SupplierClosureSerializer(StrictModelSerializer):
    class Meta:
        model = SupplierClosure
        fields = ("id", "company", "partner", "first_day", "last_day", "name", *AUDIT_FIELDS)


class SupplierClosureViewSet(CreateMixin, UpdateMixin, CompanyViewSet):
    """Days on which suppliers do not work."""

    serializer_class = SupplierClosureSerializer
    create_service = staticmethod(create_closure)
    update_service = staticmethod(update_closure)
    takes_reason = True
    filterset_fields = {"partner": ["exact"], "first_day": ["gte", "lte"]}
    ordering = "id"
    ordering_fields = ("id", "first_day")


class PurchasingPolicySerializer(StrictModelSerializer):
    class Meta:
        model = PurchasingPolicy
        fields = (
            "id",
            "company",
            "over_receipt_percent",
            "under_receipt_percent",
            "cross_docks",
            *AUDIT_FIELDS,
        )


class PurchasingPolicyViewSet(CreateMixin, UpdateMixin, CompanyViewSet):
    """By how many percent receipts may differ from orders, where a supplier item says nothing."""

    serializer_class = PurchasingPolicySerializer
    ordering = "id"
