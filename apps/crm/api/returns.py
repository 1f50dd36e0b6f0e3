from __future__ import annotations

import datetime
from typing import Any

from apps.core.api.bases import DocumentViewSet
from apps.core.api.fields import ChoiceField, DateField
from apps.core.api.printouts import PdfActions
from apps.core.api.references import ReferenceField
from apps.core.api.serializers import AUDIT_FIELDS, StrictModelSerializer, StrictSerializer
from apps.core.api.verbs import verb
from apps.core.api.views import CreateMixin, UpdateMixin
from apps.core.models import User
from apps.crm.api.inputs import ChainActions, PostingDayInput
from apps.crm.api.sales_orders import InvoiceMade, ReasonInput, SalesOrderSerializer
from apps.crm.models import Return, ReturnLine, SalesOrder
from apps.crm.printouts import return_label_pdf
from apps.crm.services.return_settlement import credit_return, replace_return
from apps.crm.services.returns import (
    Inspected,
    ReturnedLine,
    approve_return,
    cancel_return,
    close_return,
    inspect_return,
    receive_return,
    request_return,
    update_return,
)
from apps.finance.models import Invoice
from apps.inventory.models import Location


class ReturnLineSerializer(StrictModelSerializer):
    class Meta:
        model = ReturnLine
        fields = (
            "id",
            "position",
            "order_line",
            "item",
            "lot",
            "quantity",
            "resolution",
            "finding",
            "location",
            "original_cost",
        )
        read_only_fields = ("finding", "location", "original_cost")
        extra_kwargs = {
            name: {"required": False} for name in ("position", "lot", "item", "resolution")
        }


class ReturnSerializer(StrictModelSerializer):
    lines = ReturnLineSerializer(many=True)

    class Meta:
        model = Return
        fields = (
            "id",
            "company",
            "number",
            "status",
            "partner",
            "site",
            "requested_on",
            "received_on",
            "reason",
            "service_case",
            "complaint",
            "replacement_order",
            "lines",
            *AUDIT_FIELDS,
        )
        read_only_fields = ("number", "status", "received_on", "replacement_order")
        extra_kwargs = {"requested_on": {"required": False}}


class ReceiveReturnInput(StrictSerializer):
    date = DateField()
    location = ReferenceField(Location, required=False)


class FindingInput(StrictSerializer):
    line = ReferenceField(ReturnLine)
    finding = ChoiceField(choices=[c for c in ReturnLine.Finding.values if c])
    location = ReferenceField(Location, required=False)


class InspectReturnInput(StrictSerializer):
    date = DateField()
    findings = FindingInput(many=True, allow_empty=False)


class ReplaceReturnInput(StrictSerializer):
    due_date = DateField(required=False)


class ReturnViewSet(ChainActions, CreateMixin, UpdateMixin, PdfActions, DocumentViewSet):
    """Goods that come back: approve, receive into quarantine, inspect, credit or replace."""

    serializer_class = ReturnSerializer
    prefetch_related = ("lines__item", "lines__lot", "lines__location", "lines__order_line")
    printout = staticmethod(return_label_pdf)
    filterset_fields = {
        "number": ["exact"],
        "status": ["exact", "in"],
        "partner": ["exact"],
        "site": ["exact"],
        "complaint": ["exact"],
        "service_case": ["exact"],
        "requested_on": ["gte", "lte"],
    }
    search_fields = ("number", "reason")

    def perform_create(self, values: dict[str, Any], *, by: User, reason: str) -> Return:
        lines = [ReturnedLine(**line) for line in values.pop("lines")]
        return request_return(lines=lines, by=by, **values)

    def perform_update(
        self,
        row: Return,
        values: dict[str, Any],
        *,
        version: int | None,
        by: User,
        reason: str,
    ) -> Return:
        given = values.pop("lines", None)
        lines = None if given is None else [ReturnedLine(**line) for line in given]
        return update_return(row, lines=lines, version=version, by=by, **values)

    @verb(permission="crm.approve_return")
    def approve(self, rma: Return, *, by: User) -> Return:
        return approve_return(rma, by=by)

    @verb(permission="crm.approve_return", serializer=ReasonInput)
    def cancel(self, rma: Return, *, reason: str, by: User) -> Return:
        return cancel_return(rma, reason=reason, by=by)

    @verb(permission="crm.receive_return", serializer=ReceiveReturnInput)
    def receive(
        self, rma: Return, *, date: datetime.date, by: User, location: Location | None = None
    ) -> Return:
        return receive_return(rma, date=date, location=location, by=by)

    @verb(permission="crm.receive_return", serializer=InspectReturnInput)
    def inspect(
        self, rma: Return, *, date: datetime.date, findings: list[dict[str, Any]], by: User
    ) -> Return:
        return inspect_return(
            rma, date=date, findings=[Inspected(**one) for one in findings], by=by
        )

    @verb(
        permission="crm.credit_return",
        serializer=PostingDayInput,
        response=InvoiceMade,
        lists=True,
        status=201,
    )
    def credit(self, rma: Return, *, date: datetime.date, by: User) -> list[Invoice]:
        """Post a credit note for each invoice that billed what came back."""
        return credit_return(rma, date=date, by=by)

    @verb(
        permission="crm.add_salesorder",
        serializer=ReplaceReturnInput,
        response=SalesOrderSerializer,
        status=201,
    )
    def replace(
        self, rma: Return, *, by: User, due_date: datetime.date | None = None
    ) -> SalesOrder:
        """A free order for what is to be replaced or sent back repaired."""
        return replace_return(rma, due_date=due_date, by=by)

    @verb(permission="crm.approve_return")
    def close(self, rma: Return, *, by: User) -> Return:
        return close_return(rma, by=by)
