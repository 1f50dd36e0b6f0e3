from __future__ import annotations

import datetime
from typing import Any

from apps.core.api.bases import DocumentViewSet
from apps.core.api.fields import DateField, DecimalField
from apps.core.api.references import ReferenceField
from apps.core.api.serializers import (
    AUDIT_FIELDS,
    CompanyField,
    StrictModelSerializer,
    StrictSerializer,
)
from apps.core.api.verbs import verb
from apps.core.models import Company, User
from apps.inventory.models import Location, PickList, StockBalance
from apps.supply_chain.api.inputs import DateReasonInput, ReasonInput
from apps.supply_chain.api.supplier_returns import SupplierReturnSerializer
from apps.supply_chain.models import Receipt, ReceiptLine, SupplierReturn
from apps.supply_chain.services.cross_docks import pick_cross_docked
from apps.supply_chain.services.receipts import reverse_receipt
from apps.supply_chain.services.supplier_returns import return_receipt
from apps.supply_chain.services.supplier_stock import TakenOver, take_over


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


class CrossDockInput(StrictSerializer):
    staging = ReferenceField(Location)
    date = DateField()


class TakenOverInput(StrictSerializer):
    """``quantity`` in stock units of a balance at a supplier's place; ``location`` is ours."""

    balance = ReferenceField(StockBalance)
    quantity = DecimalField(positive=True)
    location = ReferenceField(Location)


class TakeOverInput(StrictSerializer):
    company = CompanyField()  # type: ignore[assignment]
    date = DateField()
    lines = TakenOverInput(many=True, allow_empty=False)


class PickListMade(StrictModelSerializer):
    """The list that was released; the rest is at ``/inventory/pick-lists/{id}/``."""

    class Meta:
        model = PickList
        fields = ("id", "number", "status", "site", "staging", "date")


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

    @verb(permission="supply_chain.add_receipt", serializer=TakeOverInput, detail=False, status=201)
    def take_over(
        self, *, company: Company, date: datetime.date, lines: list[dict[str, Any]], by: User
    ) -> Receipt:
        """Make goods of one supplier that lie here ours: an order at his terms and its receipt."""
        return take_over(company, [TakenOver(**line) for line in lines], date=date, by=by)

    @verb(permission="supply_chain.reverse_receipt", serializer=DateReasonInput)
    def reverse(self, receipt: Receipt, *, date: datetime.date, reason: str, by: User) -> Receipt:
        return reverse_receipt(receipt, date=date, reason=reason, by=by)

    @verb(
        permission="inventory.release_picklist",
        serializer=CrossDockInput,
        response=PickListMade,
        status=201,
    )
    def cross_dock(
        self, receipt: Receipt, *, staging: Location, date: datetime.date, by: User
    ) -> PickList:
        """A pick list of what it brought for waiting orders, from the dock to ``staging``."""
        return pick_cross_docked(receipt, staging=staging, date=date, by=by)

    @verb(
        permission="supply_chain.add_supplierreturn",
        serializer=ReasonInput,
        response=SupplierReturnSerializer,
        status=201,
    )
    def send_back(self, receipt: Receipt, *, reason: str, by: User) -> SupplierReturn:
        """Draft the return of all of it that was kept."""
        return return_receipt(receipt, reason=reason, by=by)
