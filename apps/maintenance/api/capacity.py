from __future__ import annotations

from apps.core.api.bases import LedgerViewSet
from apps.core.api.serializers import StrictModelSerializer
from apps.maintenance.models import CapacityReservation


class CapacityReservationSerializer(StrictModelSerializer):
    class Meta:
        model = CapacityReservation
        fields = ("id", "company", "machine", "order", "starts_at", "ends_at")


class CapacityReservationViewSet(LedgerViewSet):
    """When maintenance has machines; a calendar feed."""

    serializer_class = CapacityReservationSerializer
    filterset_fields = {
        "machine": ["exact"],
        "order": ["exact"],
        "starts_at": ["gte", "lt"],
        "ends_at": ["gt", "lte"],
    }
    ordering = "starts_at"
    ordering_fields = ("id", "starts_at")
