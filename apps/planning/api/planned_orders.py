from __future__ import annotations

import datetime
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from apps.core.api.fields import BooleanField, DateField, DecimalField, TextField
from apps.core.api.references import ReferenceField
from apps.core.api.serializers import StrictModelSerializer, StrictSerializer
from apps.core.api.verbs import verb
from apps.core.api.views import ReadViewSet
from apps.core.models import User
from apps.inventory.models import Location
from apps.masterdata.models import Item
from apps.planning.models import Pegging, PlannedOrder
from apps.planning.queries.pegging import PegMap, Served, demands_of, end_demands, supplies_of
from apps.planning.services import planned_orders as services

MOST_ORDERS = 500


class PlannedOrderSerializer(StrictModelSerializer):
    class Meta:
        model = PlannedOrder
        fields = (
            "id",
            "company",
            "run",
            "item",
            "site",
            "source_site",
            "kind",
            "status",
            "quantity",
            "quantity_good",
            "start_date",
            "due_date",
            "need_date",
            "schedule_line",
            "work_order",
            "purchase_order",
            "stock_document",
            "changed_at",
            "change_reason",
        )
        read_only_fields = fields


class ChangeInput(StrictSerializer):
    quantity = DecimalField(required=False, positive=True)
    start_date = DateField(required=False)
    due_date = DateField(required=False)
    reason = TextField(max_length=200, required=False)


class ReasonInput(StrictSerializer):
    reason = TextField(max_length=200, required=False)


class OrderInput(StrictSerializer):
    orders = serializers.ListField(child=ReferenceField(PlannedOrder), max_length=MOST_ORDERS)
    release = BooleanField(required=False)
    component_location = ReferenceField(Location, required=False, allow_null=True)
    output_location = ReferenceField(Location, required=False, allow_null=True)


class FirmInput(StrictSerializer):
    orders = serializers.ListField(child=ReferenceField(PlannedOrder), max_length=MOST_ORDERS)
    reason = TextField(max_length=200, required=False)


class OrderMade(serializers.Serializer):
    id = serializers.IntegerField()
    number = serializers.CharField(allow_blank=True, allow_null=True)
    status = serializers.CharField()


class OrdersMade(serializers.Serializer):
    work_orders = OrderMade(many=True)
    purchase_orders = OrderMade(many=True)
    stock_documents = OrderMade(many=True)


class ServedOutput(serializers.Serializer):
    """The other side of a peg: what is planned, forecast or ordered of ``item``."""

    kind = serializers.CharField()
    quantity = DecimalField()
    date = serializers.DateField(allow_null=True)
    item = serializers.IntegerField()
    item_code = serializers.CharField(allow_blank=True)
    planned_order = serializers.IntegerField(allow_null=True)
    forecast = serializers.IntegerField(allow_null=True)
    document = serializers.CharField(allow_null=True)
    document_id = serializers.IntegerField(allow_null=True)
    number = serializers.CharField(allow_blank=True)
    partner = serializers.CharField(allow_blank=True)


class PeggedOrderOutput(serializers.Serializer):
    order = serializers.IntegerField()
    serves = ServedOutput(many=True)
    needs = ServedOutput(many=True)
    end_demands = ServedOutput(many=True)


class PlannedOrderViewSet(ReadViewSet):
    """What the plan says to make, buy or move."""

    serializer_class = PlannedOrderSerializer
    filterset_fields = {
        "run": ["exact"],
        "item": ["exact"],
        "site": ["exact"],
        "kind": ["exact"],
        "status": ["exact", "in"],
        "start_date": ["exact", "gte", "lte"],
        "due_date": ["exact", "gte", "lte"],
    }
    ordering = "start_date"
    ordering_fields = ("id", "start_date", "due_date")

    @verb(permission="planning.firm_plannedorder", serializer=ChangeInput)
    def change(self, order: PlannedOrder, *, by: User, **given: Any) -> PlannedOrder:
        """Change quantity or dates by hand; that makes the order firm."""
        return services.change_planned_order(order, by=by, **given)

    @verb(permission="planning.firm_plannedorder", serializer=ReasonInput)
    def firm(self, order: PlannedOrder, *, by: User, reason: str = "") -> PlannedOrder:
        """Keep it as it is, whatever the next runs find."""
        return services.firm_planned_orders([order], by=by, reason=reason)[0]

    @verb(permission="planning.firm_plannedorder", serializer=ReasonInput)
    def hand_back(self, order: PlannedOrder, *, by: User, reason: str = "") -> PlannedOrder:
        """Let the next run change it again."""
        return services.release_firm_order(order, by=by, reason=reason)

    @verb(
        permission="planning.firm_plannedorder",
        serializer=OrderInput,
        response=OrdersMade,
        detail=False,
        status=201,
    )
    def order(self, *, orders: list[PlannedOrder], by: User, **given: Any) -> dict[str, Any]:
        """Turn planned orders into work orders, purchase orders and transfers, all or none."""
        made = services.order_planned_orders(orders, by=by, **given)
        return {
            "work_orders": [_named(row) for row in made.work_orders],
            "purchase_orders": [_named(row) for row in made.purchase_orders],
            "stock_documents": [_named(row) for row in made.stock_documents],
        }

    @extend_schema(responses=PeggedOrderOutput, filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def pegging(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """What the order is for, what it needs, and which demand stands at the end of it all."""
        order = self.get_object()
        pegs = PegMap(order.company_id)
        up, down = demands_of(order, pegs), supplies_of(order, pegs)
        ends = end_demands(order, pegs)
        ids = {one.item_id for one in (*up, *down, *ends)}
        codes = dict(Item.objects.filter(pk__in=ids).values_list("pk", "code"))
        return Response(
            {
                "order": order.pk,
                "serves": [_told(one, codes) for one in up],
                "needs": [_told(one, codes) for one in down],
                "end_demands": [_told(one, codes) for one in ends],
            }
        )

    pegging.required_permissions = ("view", "planning.view_pegging")


def _named(row: Any) -> dict[str, Any]:
    return {"id": row.pk, "number": row.number, "status": row.status}


def _told(one: Served, codes: dict[int, str]) -> dict[str, Any]:
    document = one.document
    return {
        "kind": one.kind,
        "quantity": one.quantity,
        "date": one.date if isinstance(one.date, datetime.date) else None,
        "item": one.item_id,
        "item_code": codes.get(one.item_id, ""),
        "planned_order": one.order_id,
        "forecast": one.forecast_id,
        "document": document.kind if document else None,
        "document_id": document.document_id if document else None,
        "number": document.number if document else "",
        "partner": document.partner if document else "",
    }


class PeggingSerializer(StrictModelSerializer):
    class Meta:
        model = Pegging
        fields = (
            "id",
            "company",
            "run",
            "item",
            "site",
            "supply",
            "planned_order",
            "supply_move",
            "demand",
            "demand_move",
            "demand_forecast",
            "demand_date",
            "quantity",
        )
        read_only_fields = fields


class PeggingViewSet(ReadViewSet):
    """Supply against demand, row by row."""

    serializer_class = PeggingSerializer
    filterset_fields = ("item", "site", "run", "planned_order", "supply", "demand")
    ordering = "id"
    ordering_fields = ("id",)
