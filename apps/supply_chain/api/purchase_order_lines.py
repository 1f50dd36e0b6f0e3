from __future__ import annotations

from apps.core.api.fields import DateField
from apps.core.api.imports import ImportActions
from apps.core.api.serializers import CodeOf, StrictModelSerializer
from apps.core.api.views import ReadViewSet
from apps.supply_chain.models import PurchaseOrderLine
from apps.supply_chain.resources import PurchaseOrderLineResource


class OrderedLineSerializer(StrictModelSerializer):
    order_status = CodeOf(source="order.status")
    partner_code = CodeOf(source="order.partner.code")
    order_date = DateField(source="order.order_date", read_only=True)

    class Meta:
        model = PurchaseOrderLine
        fields = (
            "id",
            "company",
            "order",
            "order_status",
            "order_date",
            "partner_code",
            "position",
            "item",
            "quantity",
            "unit",
            "stock_quantity",
            "unit_price",
            "due_date",
        )


class PurchaseOrderLineViewSet(ImportActions, ReadViewSet):
    """Lines of all orders. ``import/`` adds lines to drafts, and makes orders not there yet."""

    serializer_class = OrderedLineSerializer
    resource_class = PurchaseOrderLineResource
    select_related = ("order__partner",)
    list_fields = (
        "id",
        "company",
        "order",
        "order_number",
        "order_status",
        "partner_code",
        "position",
        "item",
        "item_code",
        "quantity",
        "unit",
        "unit_code",
        "stock_quantity",
        "unit_price",
        "due_date",
    )
    filterset_fields = {
        "order": ["exact"],
        "item": ["exact"],
        "order__partner": ["exact"],
        "order__status": ["exact"],
        "due_date": ["exact", "gte", "lte"],
    }
    search_fields = ("order__number", "item__code")
    ordering_fields = ("id", "due_date")
