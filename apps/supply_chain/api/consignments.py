from __future__ import annotations

import datetime
from dataclasses import asdict
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.serializers import ListField

from apps.core.api.answers import listed, shape_of
from apps.core.api.bases import DocumentViewSet, LedgerViewSet
from apps.core.api.fields import (
    ChoiceField,
    DateField,
    DecimalField,
    TextField,
    TimestampField,
)
from apps.core.api.printouts import PdfActions
from apps.core.api.references import ReferenceField
from apps.core.api.serializers import (
    AUDIT_FIELDS,
    CompanyField,
    StrictModelSerializer,
    StrictSerializer,
)
from apps.core.api.verbs import verb
from apps.core.api.views import CreateMixin, UpdateMixin
from apps.core.errors import InvalidInput
from apps.core.models import Company, Currency, User
from apps.finance.models import Invoice, TaxCode
from apps.masterdata.models import Partner
from apps.supply_chain.api.inputs import ReasonInput
from apps.supply_chain.api.purchase_orders import BillMade
from apps.supply_chain.export_printouts import commercial_invoice_pdf, export_csv
from apps.supply_chain.models import (
    Consignment,
    DeliveryException,
    ProofOfDelivery,
    Shipment,
    ShipmentLine,
)
from apps.supply_chain.queries.export_papers import ExportPapers, export_papers
from apps.supply_chain.queries.freight import FreightOfShipment, freight_by_shipment
from apps.supply_chain.services.consignments import (
    Found,
    cancel_consignment,
    deliver_consignment,
    dispatch_consignment,
    plan_consignment,
    update_consignment,
)
from apps.supply_chain.services.freight import BilledFreight, bill_freight


class ConsignmentSerializer(StrictModelSerializer):
    shipments = ListField(
        child=ReferenceField(Shipment), allow_empty=False, max_length=100, write_only=True
    )
    shipment_ids = serializers.SerializerMethodField()

    class Meta:
        model = Consignment
        fields = (
            "id",
            "company",
            "number",
            "status",
            "partner",
            "site",
            "date",
            "carrier",
            "service",
            "tracking_number",
            "country",
            "incoterm",
            "incoterm_place",
            "gross_weight",
            "package_count",
            "freight_estimate",
            "freight_currency",
            "charge_amount",
            "shipments",
            "shipment_ids",
            *AUDIT_FIELDS,
        )
        read_only_fields = (
            "number",
            "status",
            "partner",
            "site",
            "freight_estimate",
            "freight_currency",
        )

    def get_shipment_ids(self, consignment: Consignment) -> list[int]:
        return sorted(part.shipment_id for part in consignment.parts.all())


class DispatchInput(StrictSerializer):
    date = DateField(required=False)
    tracking_number = TextField(max_length=60, required=False)


class ExceptionInput(StrictSerializer):
    """What was wrong with a line: ``quantity`` in stock units."""

    shipment_line = ReferenceField(ShipmentLine)
    kind = ChoiceField(choices=DeliveryException.Kind.choices)
    quantity = DecimalField(positive=True)
    note = TextField(max_length=200, required=False)


class DeliverConsignmentInput(StrictSerializer):
    received_by = TextField(max_length=100)
    delivered_at = TimestampField(required=False)
    note = TextField(max_length=500, required=False)
    exceptions = ExceptionInput(many=True, required=False)


class DeliveryExceptionSerializer(StrictModelSerializer):
    class Meta:
        model = DeliveryException
        fields = ("id", "shipment_line", "kind", "quantity", "note")


class ProofOfDeliverySerializer(StrictModelSerializer):
    exceptions = DeliveryExceptionSerializer(many=True, read_only=True)

    class Meta:
        model = ProofOfDelivery
        fields = (
            "id",
            "company",
            "consignment",
            "delivered_at",
            "received_by",
            "note",
            "signature_sha256",
            "exceptions",
            "created_at",
        )


class BilledFreightInput(StrictSerializer):
    """What the carrier asks for one consignment, net, in the bill's currency."""

    consignment = ReferenceField(Consignment)
    amount = DecimalField(positive=True, decimal_places=4)


class BillFreightInput(StrictSerializer):
    company = CompanyField()  # type: ignore[assignment]
    carrier = ReferenceField(Partner)
    reference = TextField(max_length=60)
    date = DateField()
    due_date = DateField(required=False)
    currency = ReferenceField(Currency, required=False)
    tax_code = ReferenceField(TaxCode, required=False)
    lines = BilledFreightInput(many=True, allow_empty=False)


class ConsignmentViewSet(CreateMixin, UpdateMixin, PdfActions, DocumentViewSet):
    """What carriers take to a customer at once: plan, dispatch, deliver with its proof.

    The signature is a file of the consignment (``attachments/``). ``pdf/`` is the commercial
    invoice.
    """

    serializer_class = ConsignmentSerializer
    prefetch_related = ("parts",)
    printout = staticmethod(commercial_invoice_pdf)
    filterset_fields = {
        "number": ["exact"],
        "status": ["exact", "in"],
        "partner": ["exact"],
        "carrier": ["exact"],
        "date": ["exact", "gte", "lte"],
    }
    ordering_fields = ("id", "date")
    search_fields = ("number", "tracking_number")

    def perform_create(self, values: dict[str, Any], *, by: User, reason: str) -> Consignment:
        return plan_consignment(by=by, **values)

    def perform_update(
        self,
        row: Consignment,
        values: dict[str, Any],
        *,
        version: int | None,
        by: User,
        reason: str,
    ) -> Consignment:
        if "shipments" in values:
            raise InvalidInput("read_only", _("This field can't be set."), field="shipments")
        return update_consignment(row, version=version, by=by, **values)

    @verb(permission="supply_chain.dispatch_consignment", serializer=DispatchInput)
    def dispatch_now(self, consignment: Consignment, *, by: User, **given: Any) -> Consignment:
        """The carrier has taken it."""
        return dispatch_consignment(consignment, by=by, **given)

    @verb(
        permission="supply_chain.deliver_consignment",
        serializer=DeliverConsignmentInput,
        response=ProofOfDeliverySerializer,
        status=201,
    )
    def deliver(
        self,
        consignment: Consignment,
        *,
        by: User,
        exceptions: list[dict[str, Any]] | None = None,
        **given: Any,
    ) -> ProofOfDelivery:
        """Keep the proof of delivery."""
        found = [Found(**one) for one in exceptions or ()]
        return deliver_consignment(consignment, exceptions=found, by=by, **given)

    @verb(permission="supply_chain.change_consignment", serializer=ReasonInput)
    def cancel(self, consignment: Consignment, *, reason: str, by: User) -> Consignment:
        return cancel_consignment(consignment, reason=reason, by=by)

    @verb(
        permission="finance.post_invoice",
        serializer=BillFreightInput,
        response=BillMade,
        detail=False,
        status=201,
    )
    def bill_freight(
        self,
        *,
        company: Company,
        lines: list[dict[str, Any]],
        date: datetime.date,
        by: User,
        **given: Any,
    ) -> Invoice:
        """Enter a carrier's bill for consignments."""
        billed = [BilledFreight(**line) for line in lines]
        return bill_freight(company, lines=billed, date=date, by=by, **given)

    @extend_schema(responses=listed(shape_of(FreightOfShipment), has_next=False), filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def freight(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """The freight billed so far, split over the shipments by weight; company currency."""
        rows = freight_by_shipment(self.get_object())
        return Response({"results": [asdict(row) for row in rows]})

    @extend_schema(responses=shape_of(ExportPapers), filters=False)
    @action(detail=True, methods=["get"], url_path="export-papers", pagination_class=None)
    def export_papers(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Commercial invoice and packing list as data; 409 naming what is missing."""
        return Response(asdict(export_papers(self.get_object())))

    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.BINARY}, filters=False)
    @action(detail=True, methods=["get"], url_path="export-csv", pagination_class=None)
    def export_csv(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """The lines of the commercial invoice as a table."""
        consignment = self.get_object()
        answer = HttpResponse(export_csv(consignment), content_type="text/csv")
        answer["Content-Disposition"] = f'attachment; filename="{consignment.number}.csv"'
        return answer

    freight.required_permissions = ("view",)  # type: ignore[attr-defined]
    export_papers.required_permissions = ("view",)  # type: ignore[attr-defined]
    export_csv.required_permissions = ("view",)  # type: ignore[attr-defined]


class ProofOfDeliveryViewSet(LedgerViewSet):
    """Who took consignments in, and what was wrong."""

    serializer_class = ProofOfDeliverySerializer
    prefetch_related = ("exceptions",)
    filterset_fields = {"consignment": ["exact"], "delivered_at": ["gte", "lte"]}
    search_fields = ("received_by", "consignment__number")
