from __future__ import annotations

import datetime
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.serializers import ListField

from apps.core.api.bases import DocumentViewSet
from apps.core.api.fields import DateField, TextField
from apps.core.api.printouts import PdfActions
from apps.core.api.references import ReferenceField
from apps.core.api.serializers import (
    AUDIT_FIELDS,
    CompanyField,
    StrictModelSerializer,
    StrictSerializer,
)
from apps.core.api.verbs import verb
from apps.core.api.views import CreateMixin
from apps.core.errors import InvalidInput
from apps.core.models import Company, User
from apps.core.printouts import PAPERS, pdf_response, require_paper
from apps.inventory.labels import labels_zpl
from apps.inventory.models import PickList
from apps.masterdata.models import Partner
from apps.supply_chain.api.inputs import DateReasonInput
from apps.supply_chain.models import Shipment, ShipmentLine
from apps.supply_chain.printouts import (
    certificate_pdf,
    delivery_note_pdf,
    pack_list_pdf,
    shipping_labels,
    shipping_labels_pdf,
)
from apps.supply_chain.services.pick_list_shipments import ship_pick_lists
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
            "drop_receipt",
            "lines",
            *AUDIT_FIELDS,
        )
        read_only_fields = ("number", "status", "drop_receipt")


class ShipPickListsInput(StrictSerializer):
    company = CompanyField()  # type: ignore[assignment]
    pick_lists = ListField(child=ReferenceField(PickList), allow_empty=False, max_length=50)
    date = DateField()
    carrier = ReferenceField(Partner, required=False)
    tracking_number = TextField(max_length=60, required=False)


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

    @verb(
        permission="supply_chain.add_shipment",
        serializer=ShipPickListsInput,
        response=ShipmentSerializer,
        detail=False,
        status=201,
        lists=True,
    )
    def ship_pick_lists(
        self, *, company: Company, pick_lists: list[PickList], by: User, **given: Any
    ) -> list[Shipment]:
        """Send out what was picked for lists of one site: one shipment for each customer."""
        return ship_pick_lists(pick_lists, by=by, **given)

    @extend_schema(
        responses={(200, "application/pdf"): OpenApiTypes.BINARY},
        parameters=[OpenApiParameter("paper", str, enum=list(PAPERS))],
        filters=False,
    )
    @action(
        detail=True,
        methods=["get"],
        url_path="pack-list",
        query_parameters=("paper",),
        pagination_class=None,
    )
    def pack_list(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """What is in which package, by SSCC."""
        paper = require_paper(request.query_params.get("paper", "A4"))
        shipment = self.get_object()
        return pdf_response(pack_list_pdf(shipment, paper=paper), name=f"{shipment}-pack-list.pdf")

    @extend_schema(
        responses={
            (200, "application/pdf"): OpenApiTypes.BINARY,
            (200, "application/vnd.zebra-zpl"): OpenApiTypes.BINARY,
        },
        parameters=[OpenApiParameter("kind", str, enum=["pdf", "zpl"])],
        filters=False,
    )
    @action(detail=True, methods=["get"], query_parameters=("kind",), pagination_class=None)
    def labels(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """A shipping label for each outermost package, as PDF or for Zebra printers."""
        kind = request.query_params.get("kind", "pdf")
        if kind not in ("pdf", "zpl"):
            raise InvalidInput(
                "unknown_kind", _("Choose one of: {names}.").format(names="pdf, zpl"), field="kind"
            )
        shipment = self.get_object()
        if kind == "pdf":
            return pdf_response(shipping_labels_pdf(shipment), name=f"{shipment}-labels.pdf")
        text = labels_zpl(shipping_labels(shipment), size="100x150")
        answer = HttpResponse(text, content_type="application/vnd.zebra-zpl")
        answer["Content-Disposition"] = 'attachment; filename="labels.zpl"'
        return answer

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

    pack_list.required_permissions = ("view",)  # type: ignore[attr-defined]
    labels.required_permissions = ("view",)  # type: ignore[attr-defined]
    certificate.required_permissions = ("supply_chain.certify_shipment",)  # type: ignore[attr-defined]
