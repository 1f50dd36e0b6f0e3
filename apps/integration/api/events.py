from __future__ import annotations

from typing import Any

from apps.core.api.filters import CompanyFilterSet
from apps.core.api.serializers import StrictModelSerializer
from apps.core.api.views import ReadViewSet
from apps.integration.models import IntegrationEvent


class IntegrationEventSerializer(StrictModelSerializer):
    class Meta:
        model = IntegrationEvent
        fields = (
            "id",
            "company",
            "position",
            "kind",
            "model",
            "object_id",
            "object_version",
            "occurred_at",
            "transaction",
        )
        read_only_fields = fields


class IntegrationEventFilters(CompanyFilterSet):
    class Meta:
        model = IntegrationEvent
        fields = {
            "kind": ["exact", "startswith"],
            "model": ["exact"],
            "object_id": ["exact"],
            "position": ["gt", "lte"],
        }


class IntegrationEventViewSet(ReadViewSet):
    """What happened, by ``position``: whoever reads on with ``position__gt`` misses nothing."""

    serializer_class = IntegrationEventSerializer
    filterset_class = IntegrationEventFilters
    ordering = "position"
    ordering_fields = ("position",)

    def get_queryset(self) -> Any:
        return super().get_queryset().filter(position__isnull=False)
