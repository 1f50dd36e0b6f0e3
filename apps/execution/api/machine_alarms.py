from __future__ import annotations

from apps.core.api.bases import LedgerViewSet
from apps.core.api.serializers import StrictModelSerializer
from apps.execution.models import MachineAlarm


class MachineAlarmSerializer(StrictModelSerializer):
    class Meta:
        model = MachineAlarm
        fields = ("id", "company", "machine", "signal", "text", "occurred_at", "reason")


class MachineAlarmViewSet(LedgerViewSet):
    """What machines complained of, and the reason that it gives to a stop."""

    serializer_class = MachineAlarmSerializer
    filterset_fields = {
        "machine": ["exact"],
        "reason": ["exact", "isnull"],
        "text": ["exact"],
        "occurred_at": ["gte", "lt"],
    }
    ordering = "-occurred_at"
    ordering_fields = ("id", "occurred_at")
