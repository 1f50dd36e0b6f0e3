from __future__ import annotations

from typing import Any

from apps.core.api.bases import DocumentViewSet, LedgerViewSet
from apps.core.api.serializers import AUDIT_FIELDS, StrictModelSerializer
from apps.core.api.verbs import verb
from apps.core.api.views import CreateMixin
from apps.core.models import User
from apps.engineering.models import CostRollup, StandardCost
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


class CostRollupViewSet(CreateMixin, DocumentViewSet):
    """Calculated costs of all items; ``standard-costs`` has the rows."""

    serializer_class = CostRollupSerializer
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
