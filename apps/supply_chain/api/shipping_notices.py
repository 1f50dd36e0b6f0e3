from __future__ import annotations

import datetime
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.response import Response

from apps.core.api.answers import listed, shape_of, with_properties
from apps.core.api.bases import DocumentViewSet
from apps.core.api.fields import DateField, DecimalField, TextField
from apps.core.api.references import ReferenceField
from apps.core.api.serializers import AUDIT_FIELDS, StrictModelSerializer, StrictSerializer
from apps.core.api.verbs import verb
from apps.core.api.views import CreateMixin
from apps.core.models import User
from apps.inventory.models import Location
from apps.supply_chain.api.inputs import ReasonInput
from apps.supply_chain.api.receipts import ReceiptSerializer
from apps.supply_chain.models import Receipt, ShippingNotice, ShippingNoticeLine
from apps.supply_chain.queries.shipping_notices import NoticeLine, notice_differences
from apps.supply_chain.services.shipping_notices import (
    Announced,
    Found,
    announce_shipment,
    cancel_notice,
    receive_notice,
)


class ShippingNoticeLineSerializer(StrictModelSerializer):
    class Meta:
        model = ShippingNoticeLine
        fields = (
            "id",
            "order_line",
            "quantity",
            "lot_code",
            "supplier_lot",
            "expires_on",
            "sscc",
        )


class ShippingNoticeSerializer(StrictModelSerializer):
    lines = ShippingNoticeLineSerializer(many=True)

    class Meta:
        model = ShippingNotice
        fields = (
            "id",
            "company",
            "number",
            "status",
            "partner",
            "reference",
            "shipped_on",
            "expected_on",
            "carrier",
            "lines",
            *AUDIT_FIELDS,
        )
        read_only_fields = ("number", "status")


class FoundInput(StrictSerializer):
    """What really came of an announced line; what is left out is as announced."""

    line = ReferenceField(ShippingNoticeLine)
    quantity = DecimalField(required=False, min_value=0)
    quantity_rejected = DecimalField(required=False, min_value=0)
    lot_code = TextField(max_length=60, required=False)
    supplier_lot = TextField(max_length=60, required=False)
    expires_on = DateField(required=False)


class ReceiveNoticeInput(StrictSerializer):
    date = DateField()
    location = ReferenceField(Location)
    lines = FoundInput(many=True, required=False)


class ShippingNoticeViewSet(CreateMixin, DocumentViewSet):
    """What suppliers announce to be on its way; received as announced, or with what is other."""

    serializer_class = ShippingNoticeSerializer
    prefetch_related = ("lines",)
    filterset_fields = {
        "number": ["exact"],
        "status": ["exact", "in"],
        "partner": ["exact"],
        "reference": ["exact"],
        "expected_on": ["exact", "gte", "lte"],
    }
    ordering_fields = ("id", "expected_on")
    search_fields = ("number", "reference")

    def perform_create(self, values: dict[str, Any], *, by: User, reason: str) -> ShippingNotice:
        lines = [Announced(**line) for line in values.pop("lines")]
        return announce_shipment(lines=lines, by=by, **values)

    @verb(
        permission="supply_chain.add_receipt",
        serializer=ReceiveNoticeInput,
        response=ReceiptSerializer,
        lists=True,
        status=201,
    )
    def receive(
        self,
        notice: ShippingNotice,
        *,
        date: datetime.date,
        location: Location,
        by: User,
        lines: list[dict[str, Any]] | None = None,
    ) -> list[Receipt]:
        """Take it in: a receipt for each order."""
        found = [Found(**line) for line in lines or ()]
        return receive_notice(notice, date=date, location=location, lines=found, by=by)

    @verb(permission="supply_chain.cancel_shippingnotice", serializer=ReasonInput)
    def cancel(self, notice: ShippingNotice, *, reason: str, by: User) -> ShippingNotice:
        return cancel_notice(notice, reason=reason, by=by)

    @extend_schema(
        responses=listed(shape_of(NoticeLine, "difference"), has_next=False), filters=False
    )
    @action(detail=True, methods=["get"], pagination_class=None)
    def differences(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Announced and received of each line, in the order line's unit."""
        rows = notice_differences([self.get_object().pk])
        return Response({"results": [with_properties(row, "difference") for row in rows]})

    differences.required_permissions = ("view",)  # type: ignore[attr-defined]
