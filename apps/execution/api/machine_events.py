from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from apps.core.api.bases import LedgerViewSet
from apps.core.api.renderers import to_plain
from apps.core.api.serializers import CompanyField, StrictModelSerializer, StrictSerializer
from apps.execution.models import MachineEvent
from apps.execution.services.event_rows import EventResult
from apps.execution.services.machine_events import MOST_EVENTS, record_events


class MachineEventSerializer(StrictModelSerializer):
    class Meta:
        model = MachineEvent
        fields = (
            "id",
            "company",
            "machine",
            "event_id",
            "kind",
            "occurred_at",
            "received_at",
            "state",
            "reason",
            "quantity_good",
            "quantity_scrap",
            "operation",
        )


class EventInput(serializers.Serializer):
    """One event, as the documentation shows it; each is judged by itself."""

    event_id = serializers.CharField(max_length=100)
    machine = serializers.CharField()
    occurred_at = serializers.DateTimeField()
    kind = serializers.ChoiceField(MachineEvent.Kind.choices, required=False)
    state = serializers.CharField(required=False)
    quantity_good = serializers.DecimalField(20, 6, required=False)
    quantity_scrap = serializers.DecimalField(20, 6, required=False)
    reason = serializers.CharField(required=False)


class BatchInput(StrictSerializer):
    company = CompanyField()
    events = serializers.ListField(max_length=MOST_EVENTS, allow_empty=False)


class BatchSchema(serializers.Serializer):
    company = serializers.CharField(required=False)
    events = EventInput(many=True)


class EventErrorSchema(serializers.Serializer):
    code = serializers.CharField()
    field = serializers.CharField(allow_null=True)
    detail = serializers.CharField()


class EventResultSchema(serializers.Serializer):
    event_id = serializers.CharField()
    status = serializers.ChoiceField(["created", "duplicate", "rejected"])
    error = EventErrorSchema(allow_null=True)


class BatchAnswerSchema(serializers.Serializer):
    results = EventResultSchema(many=True)


class MachineEventViewSet(LedgerViewSet):
    """What machines said. ``POST`` takes a batch and answers each event (207).

    The event id is the key of idempotence: send a batch again until it was answered.
    """

    serializer_class = MachineEventSerializer
    filterset_fields = {
        "machine": ["exact"],
        "kind": ["exact"],
        "operation": ["exact"],
        "event_id": ["exact"],
        "occurred_at": ["gte", "lt"],
    }
    ordering = "-occurred_at"
    ordering_fields = ("id", "occurred_at")

    @extend_schema(
        request=BatchSchema,
        responses={207: BatchAnswerSchema},
        parameters=[OpenApiParameter("Idempotency-Key", location="header", exclude=True)],
    )
    def create(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Record up to 1,000 events; one answer each, in order."""
        batch = BatchInput(data=request.data, context=self.get_serializer_context())
        batch.is_valid(raise_exception=True)
        values = batch.validated_data
        results = record_events(values["company"], values["events"], by=request.user)
        return Response({"results": [_answer(result) for result in results]}, status=207)


def _answer(result: EventResult) -> dict[str, Any]:
    error = result.error
    return {
        "event_id": result.event_id,
        "status": result.status,
        "error": error
        and {"code": error.code, "field": error.field, "detail": to_plain(error.detail)},
    }
