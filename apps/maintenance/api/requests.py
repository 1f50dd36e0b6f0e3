from __future__ import annotations

from typing import Any

from apps.core.api.bases import DocumentViewSet
from apps.core.api.fields import ChoiceField, IntegerField, TimestampField
from apps.core.api.serializers import AUDIT_FIELDS, StrictModelSerializer, StrictSerializer
from apps.core.api.verbs import verb
from apps.core.api.views import CreateMixin
from apps.core.models import User
from apps.maintenance.api.inputs import ReasonInput
from apps.maintenance.models import MaintenanceOrder, MaintenanceRequest
from apps.maintenance.services.requests import (
    approve_request,
    create_request,
    order_request,
    reconsider_request,
    reject_request,
)


class MaintenanceRequestSerializer(StrictModelSerializer):
    noticed_at = TimestampField(required=False)

    class Meta:
        model = MaintenanceRequest
        fields = (
            "id",
            "company",
            "number",
            "status",
            "asset",
            "site",
            "title",
            "description",
            "priority",
            "is_down",
            "noticed_at",
            "employee",
            *AUDIT_FIELDS,
        )
        read_only_fields = ("number", "status", "site")


class OrderInput(StrictSerializer):
    kind = ChoiceField(MaintenanceOrder.Kind.choices, required=False)
    planned_start = TimestampField(required=False)
    planned_minutes = IntegerField(min_value=1, max_value=100_000, required=False)


class OrderMade(StrictModelSerializer):
    class Meta:
        model = MaintenanceOrder
        fields = ("id", "number", "status", "kind", "asset", "title", "request")


class MaintenanceRequestViewSet(CreateMixin, DocumentViewSet):
    """What somebody noticed. Photos are its attachments; its order shows them too."""

    serializer_class = MaintenanceRequestSerializer
    filterset_fields = {
        "number": ["exact"],
        "status": ["exact"],
        "asset": ["exact"],
        "site": ["exact"],
        "priority": ["exact"],
        "is_down": ["exact"],
        "noticed_at": ["gte", "lt"],
    }
    ordering_fields = ("id", "noticed_at")
    search_fields = ("number", "title", "description")

    def perform_create(
        self, values: dict[str, Any], *, by: User, reason: str
    ) -> MaintenanceRequest:
        return create_request(values.pop("company"), by=by, reason=reason, **values)

    @verb(permission="maintenance.approve_maintenancerequest")
    def approve(self, request: MaintenanceRequest, *, by: User) -> MaintenanceRequest:
        return approve_request(request, by=by)

    @verb(permission="maintenance.approve_maintenancerequest", serializer=ReasonInput)
    def reject(self, request: MaintenanceRequest, *, reason: str, by: User) -> MaintenanceRequest:
        return reject_request(request, reason=reason, by=by)

    @verb(permission="maintenance.approve_maintenancerequest")
    def reconsider(self, request: MaintenanceRequest, *, by: User) -> MaintenanceRequest:
        return reconsider_request(request, by=by)

    @verb(
        permission="maintenance.add_maintenanceorder",
        serializer=OrderInput,
        response=OrderMade,
        status=201,
    )
    def order(self, request: MaintenanceRequest, *, by: User, **given: Any) -> MaintenanceOrder:
        return order_request(request, by=by, **given)
