from __future__ import annotations

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from apps.core.api.answers import shape_of
from apps.core.api.bases import DocumentViewSet
from apps.core.api.fields import BooleanField, DateField, DecimalField, IntegerField, TextField
from apps.core.api.printouts import PdfActions
from apps.core.api.references import ReferenceField
from apps.core.api.serializers import AUDIT_FIELDS, StrictModelSerializer, StrictSerializer
from apps.core.api.verbs import verb
from apps.core.api.views import CompanyViewSet, CreateMixin, UpdateMixin
from apps.core.models import Currency, User
from apps.masterdata.models import Partner
from apps.supply_chain.api.inputs import ReasonInput
from apps.supply_chain.api.requisitions import RequisitionOrder
from apps.supply_chain.models import (
    Bid,
    BidLine,
    PurchaseOrder,
    RequestedLine,
    RequestedSupplier,
    RequestForQuotation,
)
from apps.supply_chain.queries.bids import BidTotal, Offer, compare_bids
from apps.supply_chain.rfq_printouts import request_pdf
from apps.supply_chain.services.awards import award_request
from apps.supply_chain.services.requests_for_quotation import (
    Price,
    Requested,
    cancel_request,
    create_request,
    enter_bid,
    send_request,
    update_request,
)


class RequestedLineSerializer(StrictModelSerializer):
    class Meta:
        model = RequestedLine
        fields = ("id", "position", "item", "quantity", "unit", "needed_by")
        extra_kwargs = {name: {"required": False} for name in ("position", "unit")}


class RequestedSupplierSerializer(StrictModelSerializer):
    class Meta:
        model = RequestedSupplier
        fields = ("id", "partner")


class RequestForQuotationSerializer(StrictModelSerializer):
    lines = RequestedLineSerializer(many=True)
    suppliers = RequestedSupplierSerializer(many=True)

    class Meta:
        model = RequestForQuotation
        fields = (
            "id",
            "company",
            "number",
            "status",
            "site",
            "date",
            "answer_by",
            "note",
            "lines",
            "suppliers",
            *AUDIT_FIELDS,
        )
        read_only_fields = ("number", "status")
        extra_kwargs = {"date": {"required": False}}


class BidLineSerializer(StrictModelSerializer):
    class Meta:
        model = BidLine
        fields = ("id", "requested_line", "unit_price")


class BidSerializer(StrictModelSerializer):
    lines = BidLineSerializer(many=True)

    class Meta:
        model = Bid
        fields = (
            "id",
            "company",
            "request",
            "partner",
            "currency",
            "reference",
            "valid_until",
            "lead_time_days",
            "freight_amount",
            "lines",
            *AUDIT_FIELDS,
        )


class BidViewSet(CompanyViewSet):
    """What suppliers offered; a bid is entered at its request."""

    serializer_class = BidSerializer
    prefetch_related = ("lines",)
    filterset_fields = ("request", "partner")
    ordering = "id"


class PriceInput(StrictSerializer):
    requested_line = ReferenceField(RequestedLine)
    unit_price = DecimalField(min_value=0)


class BidInput(StrictSerializer):
    """A supplier's offer: prices per unit of the requested lines, in ``currency`` (else his)."""

    partner = ReferenceField(Partner)
    currency = ReferenceField(Currency, required=False)
    reference = TextField(max_length=60, required=False)
    valid_until = DateField(required=False, allow_null=True)
    lead_time_days = IntegerField(required=False, min_value=0, max_value=3650)
    freight_amount = DecimalField(required=False, decimal_places=4, min_value=0)
    lines = PriceInput(many=True)


class AwardInput(StrictSerializer):
    """The bid lines that are ordered; ``keep_prices``: they hold for later orders too."""

    lines = serializers.ListField(child=ReferenceField(BidLine), max_length=1000)
    keep_prices = BooleanField(required=False)


class BidComparison(serializers.Serializer):
    offers = shape_of(Offer)(many=True)
    totals = shape_of(BidTotal)(many=True)


class RequestForQuotationViewSet(CreateMixin, UpdateMixin, PdfActions, DocumentViewSet):
    """Several suppliers asked for the same: send, enter bids, compare, award."""

    serializer_class = RequestForQuotationSerializer
    prefetch_related = ("lines__item", "lines__unit", "suppliers__partner")
    printout = staticmethod(request_pdf)
    filterset_fields = {
        "number": ["exact"],
        "status": ["exact", "in"],
        "site": ["exact"],
        "answer_by": ["exact", "gte", "lte"],
    }
    ordering_fields = ("id", "answer_by")

    def perform_create(
        self, values: dict[str, Any], *, by: User, reason: str
    ) -> RequestForQuotation:
        lines = [Requested(**line) for line in values.pop("lines")]
        suppliers = [one["partner"] for one in values.pop("suppliers")]
        return create_request(lines=lines, suppliers=suppliers, by=by, **values)

    def perform_update(
        self,
        row: RequestForQuotation,
        values: dict[str, Any],
        *,
        version: int | None,
        by: User,
        reason: str,
    ) -> RequestForQuotation:
        lines, suppliers = values.pop("lines", None), values.pop("suppliers", None)
        return update_request(
            row,
            lines=None if lines is None else [Requested(**line) for line in lines],
            suppliers=None if suppliers is None else [one["partner"] for one in suppliers],
            version=version,
            by=by,
            **values,
        )

    @verb(permission="supply_chain.send_requestforquotation")
    def send(self, request: RequestForQuotation, *, by: User) -> RequestForQuotation:
        return send_request(request, by=by)

    @verb(permission="supply_chain.send_requestforquotation", serializer=ReasonInput)
    def cancel(self, request: RequestForQuotation, *, reason: str, by: User) -> RequestForQuotation:
        return cancel_request(request, reason=reason, by=by)

    @verb(
        permission="supply_chain.add_bid", serializer=BidInput, response=BidSerializer, status=201
    )
    def bid(
        self, request: RequestForQuotation, *, lines: list[dict[str, Any]], by: User, **given: Any
    ) -> Bid:
        """Enter what a supplier offers; his second bid replaces his first."""
        return enter_bid(request, lines=[Price(**line) for line in lines], by=by, **given)

    @verb(
        permission="supply_chain.award_requestforquotation",
        serializer=AwardInput,
        response=RequisitionOrder,
        lists=True,
        status=201,
    )
    def award(
        self,
        request: RequestForQuotation,
        *,
        lines: list[BidLine],
        by: User,
        keep_prices: bool = False,
    ) -> list[PurchaseOrder]:
        """Draft an order per supplier for the chosen bid lines."""
        return award_request(request, lines=lines, keep_prices=keep_prices, by=by)

    @extend_schema(responses=BidComparison, filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def comparison(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Bids side by side in company currency, the cheapest and the fastest marked."""
        found = compare_bids(self.get_object())
        return Response(
            {
                "offers": [asdict(one) for offers in found.offers.values() for one in offers],
                "totals": [asdict(one) for one in found.totals],
            }
        )

    comparison.required_permissions = ("view", "supply_chain.view_bid")  # type: ignore[attr-defined]
