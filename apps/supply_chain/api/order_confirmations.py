from __future__ import annotations

from apps.core.api.bases import LedgerViewSet
from apps.core.api.serializers import StrictModelSerializer
from apps.supply_chain.models import OrderConfirmation


class OrderConfirmationSerializer(StrictModelSerializer):
    class Meta:
        model = OrderConfirmation
        fields = (
            "id",
            "company",
            "order_line",
            "promised_date",
            "quantity",
            "unit_price",
            "reference",
            "created_by",
            "created_at",
        )


class OrderConfirmationViewSet(LedgerViewSet):
    """What suppliers promised, each time; the last of a line holds."""

    serializer_class = OrderConfirmationSerializer
    filterset_fields = {
        "order_line": ["exact"],
        "order_line__order": ["exact"],
        "promised_date": ["gte", "lte"],
    }
