from __future__ import annotations

import datetime
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.response import Response

from apps.core.api.answers import listed, shape_of, with_properties
from apps.core.api.bases import DocumentViewSet
from apps.core.api.fields import BooleanField, DateField, TextField
from apps.core.api.printouts import PdfActions
from apps.core.api.serializers import AUDIT_FIELDS, StrictModelSerializer, StrictSerializer
from apps.core.api.verbs import verb
from apps.core.api.views import CreateMixin, UpdateMixin
from apps.core.models import User
from apps.crm.api.inputs import ChainActions
from apps.crm.models import SalesOrder, SalesOrderLine, SalesOrderLinePart
from apps.crm.printouts import order_confirmation_pdf
from apps.crm.queries.sales_orders import LineQuantities, line_quantities
from apps.crm.services.invoicing import invoice_order
from apps.crm.services.sales_orders import (
    OrderLine,
    cancel_sales_order,
    close_sales_order,
    confirm_sales_order,
    create_sales_order,
    reopen_sales_order,
    update_sales_order,
)
from apps.finance.models import Invoice


class ReasonInput(StrictSerializer):
    reason = TextField(max_length=500)


class ConfirmInput(StrictSerializer):
    is_reserved = BooleanField(required=False)


class InvoiceInput(StrictSerializer):
    date = DateField()
    due_date = DateField(required=False)


class InvoiceMade(StrictModelSerializer):
    """The invoice that was posted; the rest is at ``/finance/invoices/{id}/``."""

    class Meta:
        model = Invoice
        fields = ("id", "number", "status", "partner", "date", "due_date", "currency", "total")


class KitPartSerializer(StrictModelSerializer):
    class Meta:
        model = SalesOrderLinePart
        fields = ("id", "item", "per_kit")
        read_only_fields = fields


class SalesOrderLineSerializer(StrictModelSerializer):
    """``parts``: what a kit is made of since it was confirmed; they are shipped, it is billed."""

    parts = KitPartSerializer(many=True, read_only=True)

    class Meta:
        model = SalesOrderLine
        fields = (
            "id",
            "position",
            "item",
            "quantity",
            "unit",
            "stock_quantity",
            "unit_price",
            "tax_code",
            "due_date",
            "parts",
        )
        read_only_fields = ("stock_quantity",)
        extra_kwargs = {
            name: {"required": False} for name in ("position", "unit", "unit_price", "due_date")
        }


class SalesOrderSerializer(StrictModelSerializer):
    lines = SalesOrderLineSerializer(many=True)

    class Meta:
        model = SalesOrder
        fields = (
            "id",
            "company",
            "number",
            "status",
            "partner",
            "site",
            "order_date",
            "due_date",
            "customer_reference",
            "currency",
            "quotation",
            "lines",
            *AUDIT_FIELDS,
        )
        read_only_fields = ("number", "status", "quotation")
        extra_kwargs = {
            name: {"required": False} for name in ("order_date", "due_date", "currency")
        }


class SalesOrderViewSet(ChainActions, CreateMixin, UpdateMixin, PdfActions, DocumentViewSet):
    """Customers' orders: draft, confirm, ship (see shipments), invoice, print."""

    serializer_class = SalesOrderSerializer
    prefetch_related = ("lines__item", "lines__unit", "lines__tax_code", "lines__parts__item")
    printout = staticmethod(order_confirmation_pdf)
    filterset_fields = {
        "number": ["exact"],
        "status": ["exact", "in"],
        "partner": ["exact"],
        "site": ["exact"],
        "quotation": ["exact"],
        "order_date": ["exact", "gte", "lte"],
        "due_date": ["exact", "gte", "lte"],
    }
    ordering_fields = ("id", "order_date", "due_date")
    search_fields = ("number", "customer_reference")

    def perform_create(self, values: dict[str, Any], *, by: User, reason: str) -> SalesOrder:
        lines = [OrderLine(**line) for line in values.pop("lines")]
        return create_sales_order(lines=lines, by=by, **values)

    def perform_update(
        self,
        row: SalesOrder,
        values: dict[str, Any],
        *,
        version: int | None,
        by: User,
        reason: str,
    ) -> SalesOrder:
        given = values.pop("lines", None)
        lines = None if given is None else [OrderLine(**line) for line in given]
        return update_sales_order(row, lines=lines, version=version, by=by, **values)

    @verb(permission="crm.confirm_salesorder", serializer=ConfirmInput)
    def confirm(self, order: SalesOrder, *, by: User, is_reserved: bool = False) -> SalesOrder:
        return confirm_sales_order(order, is_reserved=is_reserved, by=by)

    @verb(permission="crm.cancel_salesorder", serializer=ReasonInput)
    def cancel(self, order: SalesOrder, *, reason: str, by: User) -> SalesOrder:
        return cancel_sales_order(order, reason=reason, by=by)

    @verb(permission="crm.confirm_salesorder")
    def close(self, order: SalesOrder, *, by: User) -> SalesOrder:
        return close_sales_order(order, by=by)

    @verb(permission="crm.confirm_salesorder", serializer=ReasonInput)
    def reopen(self, order: SalesOrder, *, reason: str, by: User) -> SalesOrder:
        return reopen_sales_order(order, reason=reason, by=by)

    @verb(
        permission="crm.invoice_salesorder",
        serializer=InvoiceInput,
        response=InvoiceMade,
        status=201,
    )
    def invoice(
        self,
        order: SalesOrder,
        *,
        date: datetime.date,
        by: User,
        due_date: datetime.date | None = None,
    ) -> Invoice:
        return invoice_order(order, date=date, due_date=due_date, by=by)

    @extend_schema(
        responses=listed(shape_of(LineQuantities, "not_invoiced"), has_next=False), filters=False
    )
    @action(detail=True, methods=["get"], pagination_class=None)
    def quantities(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Ordered, shipped and invoiced of each line, and the expected move to ship it by."""
        rows = line_quantities([self.get_object().pk])
        return Response({"results": [with_properties(row, "not_invoiced") for row in rows]})

    quantities.required_permissions = ("view",)  # type: ignore[attr-defined]
