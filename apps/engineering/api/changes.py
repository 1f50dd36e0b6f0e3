from __future__ import annotations

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.response import Response

from apps.core.api.answers import shape_of
from apps.core.api.bases import DocumentViewSet
from apps.core.api.fields import TextField
from apps.core.api.serializers import AUDIT_FIELDS, StrictModelSerializer, StrictSerializer
from apps.core.api.verbs import verb
from apps.core.api.views import CreateMixin, UpdateMixin
from apps.core.models import User
from apps.engineering.api.boms import ReasonInput
from apps.engineering.models import ChangeLine, EngineeringChange
from apps.engineering.queries.change_impact import ChangeImpact, change_impact
from apps.engineering.services import changes as services

SUBMIT = "engineering.submit_engineeringchange"
APPROVE = "engineering.approve_engineeringchange"


class DecisionInput(StrictSerializer):
    decision = TextField(max_length=500, required=False)


class ChangeLineSerializer(StrictModelSerializer):
    class Meta:
        model = ChangeLine
        fields = (
            "id",
            "position",
            "item",
            "from_bom",
            "to_bom",
            "from_routing",
            "to_routing",
            "effective_from",
            "stock_disposition",
            "wip_disposition",
            "note",
        )


class EngineeringChangeSerializer(StrictModelSerializer):
    lines = ChangeLineSerializer(many=True, allow_empty=False)

    class Meta:
        model = EngineeringChange
        fields = (
            "id",
            "company",
            "number",
            "status",
            "title",
            "why",
            "submitted_by",
            "decided_by",
            "decided_at",
            "decision",
            "implemented_at",
            "lines",
            *AUDIT_FIELDS,
        )
        read_only_fields = (
            "number",
            "status",
            "submitted_by",
            "decided_by",
            "decided_at",
            "decision",
            "implemented_at",
        )


class EngineeringChangeViewSet(CreateMixin, UpdateMixin, DocumentViewSet):
    """Engineering change orders: new bills and routings in place of old ones, from a day on."""

    serializer_class = EngineeringChangeSerializer
    prefetch_related = ("lines",)
    filterset_fields = {
        "number": ["exact"],
        "status": ["exact", "in"],
        "lines__item": ["exact"],
    }
    search_fields = ("number", "title", "lines__item__code")

    def perform_create(self, values: dict[str, Any], *, by: User, reason: str) -> EngineeringChange:
        lines = [services.Change(**line) for line in values.pop("lines")]
        return services.create_engineering_change(
            values.pop("company"), lines=lines, by=by, **values
        )

    def perform_update(
        self,
        row: EngineeringChange,
        values: dict[str, Any],
        *,
        version: int | None,
        by: User,
        reason: str,
    ) -> EngineeringChange:
        given = values.pop("lines", None)
        lines = None if given is None else [services.Change(**line) for line in given]
        return services.update_engineering_change(
            row, lines=lines, version=version, by=by, reason=reason, **values
        )

    @verb(permission=SUBMIT)
    def submit(self, change: EngineeringChange, *, by: User) -> EngineeringChange:
        """Ask for approval; what it releases is frozen."""
        return services.submit_engineering_change(change, by=by)

    @verb(permission=APPROVE, serializer=DecisionInput)
    def approve(
        self, change: EngineeringChange, *, by: User, decision: str = ""
    ) -> EngineeringChange:
        """Agree to a change of somebody else."""
        return services.approve_engineering_change(change, decision=decision, by=by)

    @verb(permission=APPROVE, serializer=ReasonInput)
    def reject(self, change: EngineeringChange, *, reason: str, by: User) -> EngineeringChange:
        return services.reject_engineering_change(change, reason=reason, by=by)

    @verb(permission=SUBMIT, serializer=ReasonInput)
    def revise(self, change: EngineeringChange, *, reason: str, by: User) -> EngineeringChange:
        """Take it back to a draft; an approval is void."""
        return services.revise_engineering_change(change, reason=reason, by=by)

    @verb(permission="engineering.implement_engineeringchange")
    def implement(self, change: EngineeringChange, *, by: User) -> EngineeringChange:
        """Release the new, end the old: all of it or nothing."""
        return services.implement_engineering_change(change, by=by)

    @verb(permission=SUBMIT, serializer=ReasonInput)
    def cancel(self, change: EngineeringChange, *, reason: str, by: User) -> EngineeringChange:
        return services.cancel_engineering_change(change, reason=reason, by=by)

    @extend_schema(responses=shape_of(ChangeImpact))
    @action(detail=True, methods=["get"], pagination_class=None)
    def impact(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Open orders and stock that it touches."""
        found = change_impact(self.get_object())
        return Response(
            {
                "orders": [asdict(one) for one in found.orders],
                "stock": [asdict(one) for one in found.stock],
                "is_complete": found.is_complete,
            }
        )

    impact.required_permissions = ("view",)
