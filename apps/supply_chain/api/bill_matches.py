from __future__ import annotations

from apps.core.api.bases import LedgerViewSet
from apps.core.api.serializers import StrictModelSerializer
from apps.supply_chain.models import BillMatch


class BillMatchSerializer(StrictModelSerializer):
    class Meta:
        model = BillMatch
        fields = (
            "id",
            "company",
            "receipt_line",
            "invoice_line",
            "quantity",
            "value",
            "variance",
            "reverses",
            "created_at",
        )


class BillMatchViewSet(LedgerViewSet):
    """What bills have cleared of goods received, not invoiced."""

    serializer_class = BillMatchSerializer
    filterset_fields = ("receipt_line", "invoice_line")
