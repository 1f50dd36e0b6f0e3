from __future__ import annotations

import datetime
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.response import Response

from apps.core.api.answers import listed, shape_of
from apps.core.api.bases import DocumentViewSet
from apps.core.api.imports import ImportActions
from apps.core.api.printouts import PdfActions
from apps.core.api.serializers import AUDIT_FIELDS, StrictModelSerializer
from apps.core.api.verbs import verb
from apps.core.api.views import CreateMixin, UpdateMixin
from apps.core.models import Company, User
from apps.finance.models import Invoice
from apps.supply_chain.api.inputs import (
    BillInput,
    ConfirmationInput,
    DeliverInput,
    DropShipInput,
    ReasonInput,
    ReceiveInput,
)
from apps.supply_chain.api.receipts import ReceiptSerializer
from apps.supply_chain.api.shipments import ShipmentSerializer
from apps.supply_chain.models import PurchaseOrder, PurchaseOrderLine, Receipt, Shipment
from apps.supply_chain.printouts import purchase_order_pdf
from apps.supply_chain.queries.purchase_orders import LineQuantities, line_quantities
from apps.supply_chain.queries.subcontracting import Material, order_material
from apps.supply_chain.resources import PurchaseOrderResource
from apps.supply_chain.services.billable_lines import BilledLine
from apps.supply_chain.services.bills import bill_order, bill_receipts
from apps.supply_chain.services.drop_shipments import (
    Sent,
    ToShip,
    deliver_drop_shipment,
    order_drop_shipment,
)
from apps.supply_chain.services.order_approvals import approve_purchase_order
from apps.supply_chain.services.order_confirmations import Promise, record_confirmation
from apps.supply_chain.services.purchase_orders import (
    OrderLine,
    cancel_purchase_order,
    close_purchase_order,
    confirm_purchase_order,
    create_purchase_order,
    reopen_purchase_order,
    update_purchase_order,
)
from apps.supply_chain.services.receipts import Delivered, receive


class BillMade(StrictModelSerializer):
    """The bill that was posted; the rest is at ``/finance/invoices/{id}/``."""

    class Meta:
        model = Invoice
        fields = (
            "id",
            "number",
            "status",
            "partner",
            "date",
            "due_date",
            "reference",
            "currency",
            "total",
        )


class PurchaseOrderLineSerializer(StrictModelSerializer):
    class Meta:
        model = PurchaseOrderLine
        fields = (
            "id",
            "position",
            "item",
            "quantity",
            "unit",
            "stock_quantity",
            "unit_price",
            "due_date",
            "cost_object",
            "supplier_item",
            "requisition_line",
            "bid_line",
            "contract_line",
            "ships_for",
            "is_closed_short",
        )
        read_only_fields = (
            "stock_quantity",
            "supplier_item",
            "requisition_line",
            "bid_line",
            "contract_line",
            "ships_for",
            "is_closed_short",
        )
        extra_kwargs = {
            name: {"required": False} for name in ("position", "unit", "unit_price", "due_date")
        }


class PurchaseOrderSerializer(StrictModelSerializer):
    lines = PurchaseOrderLineSerializer(many=True)

    class Meta:
        model = PurchaseOrder
        fields = (
            "id",
            "company",
            "number",
            "status",
            "partner",
            "site",
            "order_date",
            "due_date",
            "supplier_reference",
            "contract",
            "currency",
            "tax_amount",
            "freight_amount",
            "ships_to",
            "delivery_address",
            "approved_by",
            "lines",
            *AUDIT_FIELDS,
        )
        read_only_fields = ("number", "status", "ships_to", "delivery_address", "approved_by")
        extra_kwargs = {
            name: {"required": False} for name in ("order_date", "due_date", "currency")
        }


class PurchaseOrderViewSet(CreateMixin, UpdateMixin, ImportActions, PdfActions, DocumentViewSet):
    """Orders to suppliers: draft, confirm, receive, bill, print.

    ``import/`` takes headers; their lines come in at ``purchase-order-lines/import/``.
    """

    serializer_class = PurchaseOrderSerializer
    prefetch_related = ("lines__item", "lines__unit")
    resource_class = PurchaseOrderResource
    printout = staticmethod(purchase_order_pdf)
    filterset_fields = {
        "number": ["exact"],
        "status": ["exact", "in"],
        "partner": ["exact"],
        "site": ["exact"],
        "order_date": ["exact", "gte", "lte"],
        "due_date": ["exact", "gte", "lte"],
    }
    ordering_fields = ("id", "order_date", "due_date")
    search_fields = ("number", "supplier_reference")

    def perform_create(self, values: dict[str, Any], *, by: User, reason: str) -> PurchaseOrder:
        lines = [OrderLine(**line) for line in values.pop("lines")]
        return create_purchase_order(lines=lines, by=by, **values)

    def perform_update(
        self,
        row: PurchaseOrder,
        values: dict[str, Any],
        *,
        version: int | None,
        by: User,
        reason: str,
    ) -> PurchaseOrder:
        given = values.pop("lines", None)
        lines = None if given is None else [OrderLine(**line) for line in given]
        return update_purchase_order(row, lines=lines, version=version, by=by, **values)

    @verb(permission="supply_chain.confirm_purchaseorder")
    def confirm(self, order: PurchaseOrder, *, by: User) -> PurchaseOrder:
        return confirm_purchase_order(order, by=by)

    @verb(permission="supply_chain.approve_purchaseorder")
    def approve(self, order: PurchaseOrder, *, by: User) -> PurchaseOrder:
        return approve_purchase_order(order, by=by)

    @verb(permission="supply_chain.add_orderconfirmation", serializer=ConfirmationInput)
    def promise(
        self,
        order: PurchaseOrder,
        *,
        lines: list[dict[str, Any]],
        by: User,
        reference: str = "",
    ) -> PurchaseOrder:
        """Note what the supplier confirms; the lines are expected on the promised days."""
        promised = [Promise(**line) for line in lines]
        return record_confirmation(order, lines=promised, reference=reference, by=by)

    @verb(permission="supply_chain.cancel_purchaseorder", serializer=ReasonInput)
    def cancel(self, order: PurchaseOrder, *, reason: str, by: User) -> PurchaseOrder:
        return cancel_purchase_order(order, reason=reason, by=by)

    @verb(permission="supply_chain.confirm_purchaseorder")
    def close(self, order: PurchaseOrder, *, by: User) -> PurchaseOrder:
        return close_purchase_order(order, by=by)

    @verb(permission="supply_chain.confirm_purchaseorder", serializer=ReasonInput)
    def reopen(self, order: PurchaseOrder, *, reason: str, by: User) -> PurchaseOrder:
        return reopen_purchase_order(order, reason=reason, by=by)

    @verb(
        permission="supply_chain.add_receipt",
        serializer=ReceiveInput,
        response=ReceiptSerializer,
        status=201,
    )
    def receive(
        self,
        order: PurchaseOrder,
        *,
        date: datetime.date,
        lines: list[dict[str, Any]],
        by: User,
        delivery_note: str = "",
    ) -> Receipt:
        came = [Delivered(**{"quantity": Decimal(0), **line}) for line in lines]
        return receive(order, lines=came, date=date, delivery_note=delivery_note, by=by)

    @verb(
        permission="supply_chain.add_purchaseorder",
        serializer=DropShipInput,
        detail=False,
        status=201,
    )
    def drop_ship(
        self, *, company: Company, lines: list[dict[str, Any]], by: User, **given: Any
    ) -> PurchaseOrder:
        """Draft an order whose goods the supplier ships to the customer they are promised to."""
        wanted = [ToShip(**line) for line in lines]
        return order_drop_shipment(company, lines=wanted, by=by, **given)

    @verb(
        permission="supply_chain.add_receipt",
        serializer=DeliverInput,
        response=ShipmentSerializer,
        status=201,
    )
    def deliver(
        self, order: PurchaseOrder, *, lines: list[dict[str, Any]], by: User, **given: Any
    ) -> Shipment:
        """The supplier has shipped it to the customer: receipt and shipment in one."""
        sent = [Sent(**line) for line in lines]
        return deliver_drop_shipment(order, lines=sent, by=by, **given)

    @verb(permission="finance.post_invoice", serializer=BillInput, response=BillMade, status=201)
    def bill(
        self,
        order: PurchaseOrder,
        *,
        by: User,
        lines: list[dict[str, Any]] | None = None,
        **given: Any,
    ) -> Invoice:
        if lines is None:
            return bill_order(order, by=by, **given)
        return bill_receipts(
            order.company,
            partner=order.partner,
            lines=[BilledLine(**line) for line in lines],
            currency=order.currency,
            by=by,
            **given,
        )

    @extend_schema(responses=listed(shape_of(LineQuantities), has_next=False), filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def quantities(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Ordered, received, rejected and billed of each line, in stock units."""
        rows = line_quantities([self.get_object().pk])
        return Response({"results": [asdict(row) for row in rows]})

    quantities.required_permissions = ("view",)  # type: ignore[attr-defined]

    @extend_schema(responses=listed(shape_of(Material), has_next=False), filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def material(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Our material that the supplier works on: needed, sent, used, and what lies there.

        It is sent by a shipment to him, of the expected moves named here.
        """
        rows = order_material(self.get_object().pk)
        return Response({"results": [asdict(row) for row in rows]})

    material.required_permissions = ("view",)  # type: ignore[attr-defined]
