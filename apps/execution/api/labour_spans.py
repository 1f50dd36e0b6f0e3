from __future__ import annotations

from apps.core.api.bases import LedgerViewSet
from apps.core.api.serializers import StrictModelSerializer
from apps.execution.models import LabourSpan


class LabourSpanSerializer(StrictModelSerializer):
    class Meta:
        model = LabourSpan
        fields = (
            "id",
            "company",
            "employee",
            "operation",
            "machine",
            "starts_at",
            "ends_at",
            "minutes",
            "report",
        )


class LabourSpanViewSet(LedgerViewSet):
    """Who worked at which operation, by badge, and the minutes that are his share."""

    serializer_class = LabourSpanSerializer
    filterset_fields = {
        "employee": ["exact"],
        "operation": ["exact"],
        "machine": ["exact"],
        "starts_at": ["gte", "lt"],
        "ends_at": ["gte", "lt", "isnull"],
    }
    ordering = "-starts_at"
    ordering_fields = ("id", "starts_at")
