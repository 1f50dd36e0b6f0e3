from __future__ import annotations

from datetime import datetime
from typing import Any

from rest_framework import serializers

from apps.core.api.bases import LedgerViewSet
from apps.core.api.fields import TimestampField
from apps.core.api.references import ReferenceField
from apps.core.api.serializers import StrictModelSerializer, StrictSerializer
from apps.core.api.verbs import verb
from apps.core.models import User
from apps.execution.models import MachineInterval, OperationRun, StopClassification
from apps.execution.services.stop_reasons import LONGEST_NOTE, classify_stop, split_stop
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
    note = serializers.CharField(max_length=LONGEST_NOTE, allow_blank=True, default="")


class SplitInput(StrictSerializer):
    """From ``at`` on the stop has ``reason_after``, before it ``reason_before``; null is none."""

    at = TimestampField()
    reason_before = ReferenceField(ReasonCode, filters={"kind": "downtime"}, allow_null=True)
    reason_after = ReferenceField(ReasonCode, filters={"kind": "downtime"}, allow_null=True)
    note = serializers.CharField(max_length=LONGEST_NOTE, allow_blank=True, default="")


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
    def classify(
        self, interval: Any, *, reason: ReasonCode | None, by: User, note: str = ""
    ) -> Any:
        """Say why the machine stood still; the cost is posted anew under the reason."""
        return classify_stop(interval, reason=reason, note=note, by=by)

    @verb(permission="execution.classify_machineinterval", serializer=SplitInput)
    def split(
        self,
        interval: Any,
        *,
        at: datetime,
        reason_before: ReasonCode | None,
        reason_after: ReasonCode | None,
        by: User,
        note: str = "",
    ) -> Any:
        """Tell a stop apart at an instant; the answer is its first part."""
        reasons = (reason_before, reason_after)
        return split_stop(interval, at=at, reasons=reasons, note=note, by=by)[0]


class StopClassificationSerializer(StrictModelSerializer):
    class Meta:
        model = StopClassification
        fields = (
            "id",
            "company",
            "machine",
            "at",
            "source_id",
            "old_reason",
            "new_reason",
            "note",
            "created_at",
            "created_by",
        )


class StopClassificationViewSet(LedgerViewSet):
    """Who gave which stop which reason, and why. ``source_id`` is the interval."""

    serializer_class = StopClassificationSerializer
    filterset_fields = {
        "machine": ["exact"],
        "new_reason": ["exact", "isnull"],
        "created_by": ["exact"],
        "at": ["gte", "lt"],
        "created_at": ["gte", "lt"],
    }
    ordering = "-id"
    ordering_fields = ("id", "at")


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
