from __future__ import annotations

import datetime
from typing import Any

from apps.core.api.bases import DocumentViewSet
from apps.core.api.fields import DateField, TextField
from apps.core.api.printouts import PdfActions
from apps.core.api.references import ReferenceField
from apps.core.api.serializers import AUDIT_FIELDS, StrictModelSerializer, StrictSerializer
from apps.core.api.verbs import verb
from apps.core.api.views import CreateMixin, UpdateMixin
from apps.core.models import User
from apps.masterdata.models import Partner
from apps.quality.models import Nonconformance
from apps.supply_chain.api.inputs import DateReasonInput, ReasonInput
from apps.supply_chain.models import SupplierReturn, SupplierReturnLine
from apps.supply_chain.return_printouts import return_note_pdf
from apps.supply_chain.services.supplier_return_credits import credit_supplier_return
from apps.supply_chain.services.supplier_return_lines import GoingBack
from apps.supply_chain.services.supplier_returns import (
    cancel_supplier_return,
    close_supplier_return,
    create_supplier_return,
    return_nonconformance,
    reverse_supplier_return,
    ship_supplier_return,
    update_supplier_return,
)


class SupplierReturnLineSerializer(StrictModelSerializer):
    class Meta:
        model = SupplierReturnLine
        fields = (
            "id",
            "position",
            "receipt_line",
            "disposition",
            "item",
            "lot",
            "quantity",
            "location",
            "move",
        )
        read_only_fields = ("item", "lot", "move")
        extra_kwargs = {"position": {"required": False}, "quantity": {"required": False}}


class SupplierReturnSerializer(StrictModelSerializer):
    lines = SupplierReturnLineSerializer(many=True)

    class Meta:
        model = SupplierReturn
        fields = (
            "id",
            "company",
            "number",
            "status",
            "partner",
            "site",
            "reason",
            "supplier_reference",
            "shipped_on",
            "carrier",
            "tracking_number",
            "lines",
            *AUDIT_FIELDS,
        )
        read_only_fields = ("number", "status", "shipped_on")


class ShipReturnInput(StrictSerializer):
    date = DateField()
    carrier = ReferenceField(Partner, required=False, allow_null=True)
    tracking_number = TextField(max_length=60, required=False)


class CreditReturnInput(StrictSerializer):
    """The number and day of the supplier's credit note."""

    reference = TextField(max_length=60)
    date = DateField()


class NonconformanceInput(StrictSerializer):
    nonconformance = ReferenceField(Nonconformance)


class SupplierReturnViewSet(CreateMixin, UpdateMixin, PdfActions, DocumentViewSet):
    """Goods that go back to suppliers: draft, ship, credit (or close when nothing is owed)."""

    serializer_class = SupplierReturnSerializer
    prefetch_related = ("lines__item", "lines__lot", "lines__location")
    printout = staticmethod(return_note_pdf)
    filterset_fields = {
        "number": ["exact"],
        "status": ["exact", "in"],
        "partner": ["exact"],
        "site": ["exact"],
        "shipped_on": ["exact", "gte", "lte"],
    }
    ordering_fields = ("id", "shipped_on")
    search_fields = ("number", "supplier_reference", "tracking_number")

    def perform_create(self, values: dict[str, Any], *, by: User, reason: str) -> SupplierReturn:
        lines = [GoingBack(**line) for line in values.pop("lines")]
        return create_supplier_return(lines=lines, by=by, **values)

    def perform_update(
        self,
        row: SupplierReturn,
        values: dict[str, Any],
        *,
        version: int | None,
        by: User,
        reason: str,
    ) -> SupplierReturn:
        given = values.pop("lines", None)
        lines = None if given is None else [GoingBack(**line) for line in given]
        return update_supplier_return(row, lines=lines, version=version, by=by, **values)

    @verb(
        permission="supply_chain.add_supplierreturn",
        serializer=NonconformanceInput,
        detail=False,
        status=201,
    )
    def from_nonconformance(self, *, nonconformance: Nonconformance, by: User) -> SupplierReturn:
        """Draft the return of what quality has decided to send back."""
        return return_nonconformance(nonconformance, by=by)

    @verb(permission="supply_chain.ship_supplierreturn", serializer=ShipReturnInput)
    def ship(self, document: SupplierReturn, *, by: User, **given: Any) -> SupplierReturn:
        return ship_supplier_return(document, by=by, **given)

    @verb(permission="supply_chain.credit_supplierreturn", serializer=CreditReturnInput)
    def credit(
        self, document: SupplierReturn, *, reference: str, date: datetime.date, by: User
    ) -> SupplierReturn:
        """Enter the supplier's credit note at the prices billed."""
        return credit_supplier_return(document, reference=reference, date=date, by=by)

    @verb(permission="supply_chain.ship_supplierreturn")
    def close(self, document: SupplierReturn, *, by: User) -> SupplierReturn:
        """Nothing is owed for it."""
        return close_supplier_return(document, by=by)

    @verb(permission="supply_chain.reverse_supplierreturn", serializer=DateReasonInput)
    def reverse(
        self, document: SupplierReturn, *, date: datetime.date, reason: str, by: User
    ) -> SupplierReturn:
        """The goods are back."""
        return reverse_supplier_return(document, date=date, reason=reason, by=by)

    @verb(permission="supply_chain.change_supplierreturn", serializer=ReasonInput)
    def cancel(self, document: SupplierReturn, *, reason: str, by: User) -> SupplierReturn:
        return cancel_supplier_return(document, reason=reason, by=by)
