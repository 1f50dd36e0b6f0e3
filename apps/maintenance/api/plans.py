from __future__ import annotations

from typing import Any

from django.utils import timezone
from rest_framework import serializers

from apps.core.api.bases import MasterDataViewSet
from apps.core.api.fields import TimestampField
from apps.core.api.serializers import (
    AUDIT_FIELDS,
    MASTER_DATA_FIELDS,
    CompanyField,
    StrictModelSerializer,
    StrictSerializer,
)
from apps.core.api.verbs import verb
from apps.core.models import Company, User
from apps.maintenance.api.answers import PlanDueOutput
from apps.maintenance.api.inputs import PartLineSerializer, TaskLineSerializer
from apps.maintenance.api.spans import asking
from apps.maintenance.models import MaintenancePlan
from apps.maintenance.queries.plans import outlook
from apps.maintenance.resources import MaintenancePlanResource
from apps.maintenance.services.due_orders import generate_due_orders
from apps.maintenance.services.plans import PartLine, TaskLine, create_plan, update_plan


class MaintenancePlanSerializer(StrictModelSerializer):
    tasks = TaskLineSerializer(many=True, required=False)
    parts = PartLineSerializer(many=True, required=False)

    class Meta:
        model = MaintenancePlan
        fields = (
            *MASTER_DATA_FIELDS,
            "asset",
            "description",
            "basis",
            "interval_days",
            "starts_on",
            "meter",
            "interval_units",
            "starts_at_total",
            "suppressed_by",
            "planned_minutes",
            "lead_days",
            "stops_machine",
            "tasks",
            "parts",
            *AUDIT_FIELDS,
        )


class GenerateInput(StrictSerializer):
    company = CompanyField()
    at = TimestampField(required=False)


class OrderMade(serializers.Serializer):
    id = serializers.IntegerField()
    number = serializers.CharField()


class GenerateOutput(serializers.Serializer):
    orders = OrderMade(many=True)


class OutlookQuery(StrictSerializer):
    company = CompanyField()
    at = TimestampField(required=False)


class MaintenancePlanViewSet(MasterDataViewSet):
    """Work that comes back. ``due/`` tells when; ``generate/`` orders what is due, once."""

    serializer_class = MaintenancePlanSerializer
    resource_class = MaintenancePlanResource
    prefetch_related = ("tasks", "parts__item")
    filterset_fields = ("code", "is_active", "asset", "meter", "suppressed_by", "basis")

    def perform_create(self, values: dict[str, Any], *, by: User, reason: str) -> MaintenancePlan:
        return create_plan(by=by, reason=reason, **plan_lines(values))

    def perform_update(
        self,
        row: MaintenancePlan,
        values: dict[str, Any],
        *,
        version: int | None,
        by: User,
        reason: str,
    ) -> MaintenancePlan:
        return update_plan(row, version=version, by=by, reason=reason, **plan_lines(values))

    @verb(
        permission="maintenance.add_maintenanceorder",
        serializer=GenerateInput,
        response=GenerateOutput,
        detail=False,
        status=201,
    )
    def generate(self, *, company: Company, by: User, at: Any = None) -> dict[str, Any]:
        made = generate_due_orders(company, at=at, by=by)
        return {"orders": [{"id": order.pk, "number": order.number} for order in made]}

    @asking("due", OutlookQuery, "maintenance.view_maintenanceplan", row=PlanDueOutput)
    def due(self, *, company: Company, at: Any = None) -> list[dict[str, Any]]:
        """When each plan is due next, the first first; what a larger plan includes says so."""
        rows = MaintenancePlan.objects.visible_to(self.request.user).filter(company=company)
        codes = dict(rows.values_list("pk", "code"))
        return [
            {
                "plan": one.due.plan_id,
                "plan_code": codes[one.due.plan_id],
                "on": one.due.on,
                "meter_total": one.due.total,
                "by_meter": one.due.by_meter,
                "is_due": one.due.is_due,
                "included_in": codes.get(one.due.suppressed_by or 0),
                "has_open_order": one.has_open_order,
            }
            for one in outlook(company, at or timezone.now(), plan_ids=codes)
        ]


def plan_lines(values: dict[str, Any]) -> dict[str, Any]:
    """The input with tasks and parts as the services take them."""
    kinds: dict[str, Any] = {"tasks": TaskLine, "parts": PartLine}
    return {
        name: [kinds[name](**line) for line in value] if name in kinds else value
        for name, value in values.items()
    }
