from __future__ import annotations

import datetime
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.core.api.answers import LinkOutput
from apps.core.api.bases import LedgerViewSet
from apps.core.api.fields import IntegerField, TimestampField
from apps.core.api.serializers import StrictModelSerializer, StrictSerializer
from apps.core.api.verbs import verb
from apps.core.links import link_to
from apps.core.models import User
from apps.inventory.models import (
    CostLayer,
    ExpectedMove,
    ItemValuation,
    Reservation,
    StockBalance,
    StockMove,
    ValuationAdjustment,
)
from apps.inventory.services.reservation_terms import FIRST, LAST, change_reservation


class _WithSource(StrictModelSerializer):
    """A row with the document or event behind it; lists leave it out."""

    source = serializers.SerializerMethodField()  # type: ignore[assignment]

    @extend_schema_field(LinkOutput)
    def get_source(self, row: Any) -> dict[str, Any]:
        return link_to(row.source_type_id, row.source_id).as_dict()


class StockBalanceSerializer(StrictModelSerializer):
    class Meta:
        model = StockBalance
        fields = ("id", "company", "item", "location", "lot", "quantity", "reserved")


class StockBalanceViewSet(LedgerViewSet):
    """What lies where, in stock units."""

    serializer_class = StockBalanceSerializer
    filterset_fields = {
        "item": ["exact"],
        "location": ["exact"],
        "lot": ["exact"],
        "quantity": ["gt"],
    }


class ReservationSerializer(_WithSource):
    class Meta:
        model = Reservation
        fields = (
            "id",
            "company",
            "item",
            "location",
            "lot",
            "quantity",
            "priority",
            "held_until",
            "source_id",
            "source",
            "created_at",
        )


class ReservationTermsInput(StrictSerializer):
    """``priority`` 1 goes first, 9 last; what is left out stays."""

    priority = IntegerField(required=False, min_value=FIRST, max_value=LAST)
    held_until = TimestampField(required=False)


class ReservationViewSet(LedgerViewSet):
    """What is set aside, for what, how important that is and how long it holds."""

    serializer_class = ReservationSerializer
    filterset_fields = ("item", "location", "lot", "source_id", "priority")

    @verb(permission="inventory.change_reservation", serializer=ReservationTermsInput)
    def change_terms(
        self,
        reservation: Reservation,
        *,
        by: User,
        priority: int | None = None,
        held_until: datetime.datetime | None = None,
    ) -> Reservation:
        """Say how important it is, or until when it holds."""
        return change_reservation(reservation, priority=priority, held_until=held_until, by=by)


class ExpectedMoveSerializer(_WithSource):
    class Meta:
        model = ExpectedMove
        fields = (
            "id",
            "company",
            "direction",
            "item",
            "site",
            "partner",
            "quantity",
            "quantity_done",
            "due_date",
            "is_open",
            "source_id",
            "source",
        )


class ExpectedMoveViewSet(LedgerViewSet):
    """What is expected to come and go, and how much of it has."""

    serializer_class = ExpectedMoveSerializer
    filterset_fields = {
        "direction": ["exact"],
        "item": ["exact"],
        "site": ["exact"],
        "partner": ["exact"],
        "is_open": ["exact"],
        "due_date": ["exact", "gte", "lte"],
    }
    ordering_fields = ("id", "due_date")


class StockMoveSerializer(_WithSource):
    class Meta:
        model = StockMove
        fields = (
            "id",
            "company",
            "date",
            "item",
            "lot",
            "from_location",
            "to_location",
            "quantity",
            "value",
            "counter_value",
            "cost_object",
            "partner",
            "reason",
            "entry",
            "reverses",
            "expected_move",
            "source_id",
            "source",
            "created_at",
            "created_by",
        )


class StockMoveViewSet(LedgerViewSet):
    """Every move, with its value and the entry behind it."""

    serializer_class = StockMoveSerializer
    filterset_fields = {
        "item": ["exact"],
        "lot": ["exact"],
        "from_location": ["exact"],
        "to_location": ["exact"],
        "cost_object": ["exact"],
        "partner": ["exact"],
        "reason": ["exact"],
        "entry": ["exact"],
        "source_id": ["exact"],
        "date": ["exact", "gte", "lte"],
    }


class ItemValuationSerializer(StrictModelSerializer):
    class Meta:
        model = ItemValuation
        fields = ("id", "company", "item", "quantity", "value", "standard_cost")


class ItemValuationViewSet(LedgerViewSet):
    """Quantity and value of each item, in company currency."""

    serializer_class = ItemValuationSerializer
    filterset_fields = ("item",)


class CostLayerSerializer(StrictModelSerializer):
    class Meta:
        model = CostLayer
        fields = ("id", "company", "item", "lot", "move", "quantity", "quantity_left", "value_left")


class CostLayerViewSet(LedgerViewSet):
    """What is left of each receipt."""

    serializer_class = CostLayerSerializer
    filterset_fields = {
        "item": ["exact"],
        "lot": ["exact"],
        "move": ["exact"],
        "quantity_left": ["gt"],
    }


class ValuationAdjustmentSerializer(_WithSource):
    class Meta:
        model = ValuationAdjustment
        fields = (
            "id",
            "company",
            "kind",
            "date",
            "item",
            "layer",
            "amount",
            "quantity",
            "entry",
            "source_id",
            "source",
            "created_at",
        )


class ValuationAdjustmentViewSet(LedgerViewSet):
    """Value that changed without a move: late cost, new standard costs, write-downs."""

    serializer_class = ValuationAdjustmentSerializer
    filterset_fields = {
        "kind": ["exact"],
        "item": ["exact"],
        "date": ["exact", "gte", "lte"],
    }
