from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from apps.core.api.answers import shape_of, with_properties
from apps.core.api.bases import DocumentViewSet, LedgerViewSet
from apps.core.api.fields import DecimalField
from apps.core.api.references import ReferenceField
from apps.core.api.serializers import AUDIT_FIELDS, StrictModelSerializer, StrictSerializer
from apps.core.api.verbs import verb
from apps.core.api.views import CreateMixin
from apps.core.models import User
from apps.core.money import ZERO
from apps.engineering.models import CostRollup, StandardCost
from apps.engineering.queries.comparison import CostDifference, compare_rollups
from apps.engineering.services.cost_rollup import (
    cancel_cost_rollup,
    create_cost_rollup,
    recalculate_cost_rollup,
    release_cost_rollup,
)


class CostRollupSerializer(StrictModelSerializer):
    class Meta:
        model = CostRollup
        fields = (
            "id",
            "company",
            "number",
            "status",
            "date",
            "lot_size",
            "note",
            *AUDIT_FIELDS,
        )
        read_only_fields = ("number", "status")


#: What differs, element by element, and what that makes of the stock there is.
_DIFFERENCES = ("kind", "material", "labour", "machine", "total", "revaluation")


class CompareQuery(StrictSerializer):
    to = ReferenceField(CostRollup)


class RollupComparison(serializers.Serializer):
    results = shape_of(CostDifference, *_DIFFERENCES)(many=True)
    revaluation = DecimalField()


class CostRollupViewSet(CreateMixin, DocumentViewSet):
    """Versions of calculated costs of all items; ``standard-costs`` has the rows."""

    serializer_class = CostRollupSerializer
    query_parameters = ("to",)
    filterset_fields = ("number", "status", "date")

    def perform_create(self, values: dict[str, Any], *, by: User, reason: str) -> CostRollup:
        return create_cost_rollup(values.pop("company"), by=by, **values)

    @verb(permission="engineering.release_costrollup")
    def release(self, rollup: CostRollup, *, by: User) -> CostRollup:
        return release_cost_rollup(rollup, by=by)

    @verb(permission="engineering.change_costrollup")
    def recalculate(self, rollup: CostRollup, *, by: User) -> CostRollup:
        return recalculate_cost_rollup(rollup, by=by)

    @verb(permission="engineering.change_costrollup")
    def cancel(self, rollup: CostRollup, *, by: User) -> CostRollup:
        return cancel_cost_rollup(rollup, by=by)

    @extend_schema(
        parameters=[OpenApiParameter("to", OpenApiTypes.STR, required=True)],
        responses=RollupComparison,
    )
    @action(detail=True, methods=["get"], pagination_class=None)
    def compare(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """This version against ``to``: what differs by item and element; stock's revaluation."""
        rollup = self.get_object()
        data = request.query_params.dict()
        if data.get("to", "").isdigit():
            data["to"] = int(data["to"])
        parser = CompareQuery(data=data, context={"request": request, "view": self})
        parser.is_valid(raise_exception=True)
        rows = compare_rollups(rollup, parser.validated_data["to"])
        return Response(
            {
                "results": [with_properties(row, *_DIFFERENCES) for row in rows],
                "revaluation": sum((row.revaluation for row in rows), ZERO),
            }
        )

    compare.required_permissions = ("view",)


class StandardCostSerializer(StrictModelSerializer):
    class Meta:
        model = StandardCost
        fields = (
            "id",
            "company",
            "rollup",
            "item",
            "level",
            "material",
            "labour",
            "machine",
            "total",
        )


class StandardCostViewSet(LedgerViewSet):
    """What one stock unit costs by element, in company currency."""

    serializer_class = StandardCostSerializer
    filterset_fields = ("rollup", "item", "level")
