from __future__ import annotations

from typing import Any

from apps.core.api.bases import DocumentViewSet
from apps.core.api.serializers import AUDIT_FIELDS, StrictModelSerializer
from apps.core.api.verbs import verb
from apps.core.api.views import CreateMixin, UpdateMixin
from apps.core.models import User
from apps.engineering.api.boms import ReasonInput
from apps.engineering.models import Routing, RoutingOperation
from apps.engineering.services.routings import (
    Operation,
    change_routing,
    create_routing,
    obsolete_routing,
    release_routing,
)


class RoutingOperationSerializer(StrictModelSerializer):
    class Meta:
        model = RoutingOperation
        fields = (
            "id",
            "sequence",
            "name",
            "work_centre",
            "setup_minutes",
            "run_minutes",
            "labour_factor",
            "is_counted",
            "tool",
            "instruction",
            "instructions",
            "inspection",
        )


class RoutingSerializer(StrictModelSerializer):
    operations = RoutingOperationSerializer(many=True, allow_empty=False)

    class Meta:
        model = Routing
        fields = (
            "id",
            "company",
            "status",
            "item",
            "revision",
            "effective_from",
            "effective_until",
            "note",
            "operations",
            *AUDIT_FIELDS,
        )
        read_only_fields = ("status",)


class RoutingViewSet(CreateMixin, UpdateMixin, DocumentViewSet):
    """How items are made: operations in sequence."""

    serializer_class = RoutingSerializer
    prefetch_related = ("operations__work_centre", "operations__instruction")
    filterset_fields = ("item", "revision", "status")
    search_fields = ("item__code", "note")

    def perform_create(self, values: dict[str, Any], *, by: User, reason: str) -> Routing:
        operations = [Operation(**line) for line in values.pop("operations")]
        return create_routing(values.pop("company"), operations=operations, by=by, **values)

    def perform_update(
        self,
        row: Routing,
        values: dict[str, Any],
        *,
        version: int | None,
        by: User,
        reason: str,
    ) -> Routing:
        given = values.pop("operations", None)
        operations = None if given is None else [Operation(**line) for line in given]
        return change_routing(
            row, operations=operations, version=version, by=by, reason=reason, **values
        )

    @verb(permission="engineering.release_routing")
    def release(self, routing: Routing, *, by: User) -> Routing:
        return release_routing(routing, by=by)

    @verb(permission="engineering.release_routing", serializer=ReasonInput)
    def obsolete(self, routing: Routing, *, reason: str, by: User) -> Routing:
        return obsolete_routing(routing, reason=reason, by=by)
