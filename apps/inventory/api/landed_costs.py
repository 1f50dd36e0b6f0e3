from __future__ import annotations

import datetime
from typing import Any

from apps.core.api.bases import DocumentViewSet
from apps.core.api.serializers import AUDIT_FIELDS, StrictModelSerializer
from apps.core.api.verbs import verb
from apps.core.api.views import CreateMixin, UpdateMixin
from apps.core.models import User
from apps.inventory.api.stock_documents import ReverseInput
from apps.inventory.models import LandedCost, LandedCostLine
from apps.inventory.services.landed_costs import (
    cancel_landed_cost,
    change_landed_cost,
    draft_landed_cost,
    post_landed_cost,
    reverse_landed_cost,
)


class LandedCostLineSerializer(StrictModelSerializer):
    """A receipt; what it weighs in the split and bears is there once it is posted."""

    class Meta:
        model = LandedCostLine
        fields = ("id", "move", "measure", "amount")
        read_only_fields = ("measure", "amount")


class LandedCostSerializer(StrictModelSerializer):
    lines = LandedCostLineSerializer(many=True, allow_empty=False)

    class Meta:
        model = LandedCost
        fields = (
            "id",
            "company",
            "number",
            "status",
            "date",
            "basis",
            "amount",
            "partner",
            "note",
            "lines",
            *AUDIT_FIELDS,
        )
        read_only_fields = ("number", "status")


class LandedCostViewSet(CreateMixin, UpdateMixin, DocumentViewSet):
    """Charges that receipts bear by quantity, value, weight or volume, also when they come late."""

    serializer_class = LandedCostSerializer
    prefetch_related = ("lines",)
    filterset_fields = {
        "number": ["exact"],
        "status": ["exact"],
        "basis": ["exact"],
        "partner": ["exact"],
        "date": ["exact", "gte", "lte"],
    }
    ordering_fields = ("id", "date")
    search_fields = ("number", "note")

    def perform_create(self, values: dict[str, Any], *, by: User, reason: str) -> LandedCost:
        moves = [line["move"] for line in values.pop("lines")]
        return draft_landed_cost(moves=moves, by=by, **values)

    def perform_update(
        self,
        row: LandedCost,
        values: dict[str, Any],
        *,
        version: int | None,
        by: User,
        reason: str,
    ) -> LandedCost:
        given = values.pop("lines", None)
        moves = None if given is None else [line["move"] for line in given]
        return change_landed_cost(row, moves=moves, version=version, by=by, **values)

    @verb(permission="inventory.post_landedcost")
    def post(self, landed: LandedCost, *, by: User) -> LandedCost:
        return post_landed_cost(landed, by=by)

    @verb(permission="inventory.reverse_landedcost", serializer=ReverseInput)
    def reverse(
        self, landed: LandedCost, *, date: datetime.date, reason: str, by: User
    ) -> LandedCost:
        return reverse_landed_cost(landed, date=date, reason=reason, by=by)

    @verb(permission="inventory.change_landedcost")
    def cancel(self, landed: LandedCost, *, by: User) -> LandedCost:
        return cancel_landed_cost(landed, by=by)
