from __future__ import annotations

import datetime
from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action

from apps.core.api.bases import DocumentViewSet
from apps.core.api.printouts import PdfActions
from apps.core.api.serializers import AUDIT_FIELDS, StrictModelSerializer
from apps.core.api.verbs import verb
from apps.core.api.views import CreateMixin
from apps.core.models import User
from apps.core.printouts import PAPERS, pdf_response, require_paper
from apps.supply_chain.api.inputs import DateReasonInput
from apps.supply_chain.models import Shipment, ShipmentLine
from apps.supply_chain.printouts import certificate_pdf, delivery_note_pdf
from apps.supply_chain.services.shipments import reverse_shipment, ship
from apps.supply_chain.services.shippable_lines import Shipped


class ShipmentLineSerializer(StrictModelSerializer):
    class Meta:
        model = ShipmentLine
        fields = ("id", "expected_move", "item", "quantity", "location", "lot")
        read_only_fields = ("item",)
        extra_kwargs = {"location": {"required": False}, "lot": {"required": False}}


class ShipmentSerializer(StrictModelSerializer):
    lines = ShipmentLineSerializer(many=True)

    class Meta:
        model = Shipment
        fields = (
            "id",
            "company",
            "number",
            "status",
            "partner",
            "site",
            "date",
            "carrier",
            "tracking_number",
            "delivery_address",
            "lines",
            *AUDIT_FIELDS,
        )
        read_only_fields = ("number", "status")


class ShipmentViewSet(CreateMixin, PdfActions, DocumentViewSet):
    """Goods that went out for expected moves (of sales orders and others)."""

    serializer_class = ShipmentSerializer
    prefetch_related = ("lines__item", "lines__location", "lines__lot")
    printout = staticmethod(delivery_note_pdf)
    filterset_fields = {
        "number": ["exact"],
        "status": ["exact"],
        "partner": ["exact"],
        "site": ["exact"],
        "date": ["exact", "gte", "lte"],
    }
    ordering_fields = ("id", "date")
    search_fields = ("number", "tracking_number")

    def perform_create(self, values: dict[str, Any], *, by: User, reason: str) -> Shipment:
        lines = [Shipped(**line) for line in values.pop("lines")]
        return ship(lines=lines, by=by, **values)

    @verb(permission="supply_chain.reverse_shipment", serializer=DateReasonInput)
    def reverse(
        self, shipment: Shipment, *, date: datetime.date, reason: str, by: User
    ) -> Shipment:
        return reverse_shipment(shipment, date=date, reason=reason, by=by)

    @extend_schema(
        responses={(200, "application/pdf"): OpenApiTypes.BINARY},
        parameters=[OpenApiParameter("paper", str, enum=list(PAPERS))],
        filters=False,
    )
    @action(detail=True, methods=["get"], query_parameters=("paper",), pagination_class=None)
    def certificate(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """The certificate of conformity, signed by whoever asks for it."""
        paper = require_paper(request.query_params.get("paper", "A4"))
        shipment = self.get_object()
        content = certificate_pdf(shipment, by=request.user, paper=paper)
        return pdf_response(content, name=f"{shipment}-certificate.pdf")

    certificate.required_permissions = ("supply_chain.certify_shipment",)  # type: ignore[attr-defined]
