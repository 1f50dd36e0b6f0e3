from __future__ import annotations

from typing import Any

from apps.core.api.bases import LedgerViewSet
from apps.core.api.references import ReferenceField
from apps.core.api.serializers import StrictModelSerializer, StrictSerializer
from apps.core.api.verbs import verb
from apps.core.models import User
from apps.execution.models import MachineInterval, OperationRun
from apps.execution.services.machine_states import classify_stop
from apps.masterdata.models import ReasonCode


class MachineIntervalSerializer(StrictModelSerializer):
    class Meta:
        model = MachineInterval
        fields = (
            "id",
            "company",
            "machine",
            "state",
            "reason",
            "starts_at",
            "ends_at",
            "operation",
            "event",
            "lost_minutes",
            "hourly_rate",
            "entry",
        )


class ClassifyInput(StrictSerializer):
    """Why the machine stood still; null takes the reason away."""

    reason = ReferenceField(ReasonCode, filters={"kind": "downtime"}, allow_null=True)


class MachineIntervalViewSet(LedgerViewSet):
    """The states machines were in, without gaps; stops with what they cost."""

    serializer_class = MachineIntervalSerializer
    filterset_fields = {
        "machine": ["exact"],
        "state": ["exact"],
        "reason": ["exact", "isnull"],
        "operation": ["exact"],
        "starts_at": ["gte", "lt"],
        "ends_at": ["gte", "lt", "isnull"],
    }
    ordering = "-starts_at"
    ordering_fields = ("id", "starts_at")

    @verb(permission="execution.classify_machineinterval", serializer=ClassifyInput)
    def classify(self, interval: Any, *, reason: ReasonCode | None, by: User) -> Any:
        """Say why the machine stood still; the cost is posted anew under the reason."""
        return classify_stop(interval, reason=reason, by=by)


class OperationRunSerializer(StrictModelSerializer):
    class Meta:
        model = OperationRun
        fields = ("id", "company", "machine", "operation", "employee", "starts_at", "ends_at")


class OperationRunViewSet(LedgerViewSet):
    """Which operation ran on which machine, from when to when, and who started it."""

    serializer_class = OperationRunSerializer
    filterset_fields = {
        "machine": ["exact"],
        "operation": ["exact"],
        "employee": ["exact"],
        "starts_at": ["gte", "lt"],
        "ends_at": ["gte", "lt", "isnull"],
    }
    ordering = "-starts_at"
    ordering_fields = ("id", "starts_at")
