from __future__ import annotations

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.generics import get_object_or_404
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from apps.core.api.answers import shape_of, with_properties
from apps.core.api.fields import ChoiceField, DecimalField, IntegerField, TextField
from apps.core.api.permissions import ModelPermissions
from apps.core.api.requests import respond_once
from apps.core.api.serializers import StrictSerializer
from apps.execution.api.questions import Question
from apps.execution.queries.genealogy import Trace, TracedLot, trace
from apps.execution.queries.recalls import AffectedOrder, Customer, Recall, recall
from apps.execution.services.recalls import hold_affected_lots
from apps.inventory.models import Lot
from apps.inventory.queries.stock import OnHand

DEEPEST = 100
VIEW = "execution.view_genealogyedge"


class TraceQuestion(Question):
    direction = ChoiceField(["down", "up"], default="down")
    depth = IntegerField(required=False, min_value=1, max_value=DEEPEST)


class HoldInput(StrictSerializer):
    reason = TextField(max_length=500)


class HeldSchema(serializers.Serializer):
    held = serializers.IntegerField()
    lots = serializers.ListField(child=serializers.CharField())


class RecallOutput(serializers.Serializer):
    """What a lot reached. Values in company currency."""

    lots = shape_of(TracedLot)(many=True)
    customers = shape_of(Customer, "quantity", "value")(many=True)
    quantity_shipped = DecimalField()
    value_shipped = DecimalField()
    on_hand = shape_of(OnHand, "available")(many=True)
    value_on_hand = DecimalField()
    work_orders = shape_of(AffectedOrder)(many=True)


class TracedLotViewSet(ViewSet):
    """Where a lot went, what it came from, and how it is called back."""

    permission_classes = (ModelPermissions,)
    lookup_value_regex = "[0-9]{1,18}"

    @extend_schema(parameters=[TraceQuestion], responses=shape_of(Trace))
    @action(detail=True, methods=["get"])
    def trace(self, request: Any, pk: str) -> Response:
        """Lots made of this one (``down``) or that it was made of (``up``), with quantities."""
        asked = TraceQuestion.read(request)
        found = trace(self._lot(request, pk), asked["direction"], asked.get("depth"))
        return Response(_trace_body(found))

    trace.required_permissions = (VIEW,)  # type: ignore[attr-defined]

    @extend_schema(responses=RecallOutput)
    @action(detail=True, methods=["get"])
    def recall(self, request: Any, pk: str) -> Response:
        """Customers, stock and work orders that this lot reached, with their worth."""
        Question.read(request)
        return Response(_recall_body(recall(self._lot(request, pk))))

    recall.required_permissions = (  # type: ignore[attr-defined]
        VIEW,
        "inventory.view_stockmove",
    )

    @extend_schema(request=HoldInput, responses=HeldSchema)
    @action(detail=True, methods=["post"], url_path="hold-affected")
    def hold_affected(self, request: Any, pk: str) -> Response:
        """Put the lot and every lot made of it on hold."""

        def act() -> tuple[int, Any]:
            lot = self._lot(request, pk)
            body = HoldInput(data=request.data or {}, context={"request": request})
            body.is_valid(raise_exception=True)
            held = hold_affected_lots(lot, **body.validated_data, by=request.user)
            return 200, {"held": len(held), "lots": [one.code for one in held]}

        return respond_once(request, act)

    hold_affected.required_permissions = (  # type: ignore[attr-defined]
        VIEW,
        "inventory.change_lot_status",
    )

    @staticmethod
    def _lot(request: Any, key: str) -> Lot:
        lots = Lot.objects.visible_to(request.user).select_related("item__unit", "company")
        return get_object_or_404(lots, pk=key)


def _trace_body(found: Trace) -> dict[str, Any]:
    return {
        "direction": found.direction,
        "lots": [lot._asdict() for lot in found.lots],
        "edges": [edge._asdict() for edge in found.edges],
    }


def _recall_body(found: Recall) -> dict[str, Any]:
    return {
        "lots": [lot._asdict() for lot in found.trace.lots],
        "customers": [with_properties(one, "quantity", "value") for one in found.customers],
        "quantity_shipped": found.quantity_shipped,
        "value_shipped": found.value_shipped,
        "on_hand": [with_properties(row, "available") for row in found.on_hand],
        "value_on_hand": found.value_on_hand,
        "work_orders": [asdict(order) for order in found.work_orders],
    }
