from __future__ import annotations

import datetime

from apps.core.api.bases import DocumentViewSet
from apps.core.api.serializers import AUDIT_FIELDS, StrictModelSerializer
from apps.core.api.verbs import verb
from apps.core.models import User
from apps.supply_chain.api.inputs import DateReasonInput
from apps.supply_chain.models import Receipt, ReceiptLine
from apps.supply_chain.services.receipts import reverse_receipt


class ReceiptLineSerializer(StrictModelSerializer):
    class Meta:
        model = ReceiptLine
        fields = ("id", "order_line", "quantity", "quantity_rejected", "location", "lot", "move")


class ReceiptSerializer(StrictModelSerializer):
    lines = ReceiptLineSerializer(many=True, read_only=True)

    class Meta:
        model = Receipt
        fields = (
            "id",
            "company",
            "number",
            "status",
            "order",
            "date",
            "delivery_note",
            "exchange_rate",
            "lines",
            *AUDIT_FIELDS,
        )


class ReceiptViewSet(DocumentViewSet):
    """Goods that came in. New ones are posted with the verb ``receive`` of a purchase order."""

    serializer_class = ReceiptSerializer
    prefetch_related = ("lines__location", "lines__lot")
    filterset_fields = {
        "number": ["exact"],
        "status": ["exact"],
        "order": ["exact"],
        "date": ["exact", "gte", "lte"],
    }
    ordering_fields = ("id", "date")
    search_fields = ("number", "delivery_note")

    @verb(permission="supply_chain.reverse_receipt", serializer=DateReasonInput)
    def reverse(self, receipt: Receipt, *, date: datetime.date, reason: str, by: User) -> Receipt:
        return reverse_receipt(receipt, date=date, reason=reason, by=by)
