from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

from rest_framework import serializers
from rest_framework.serializers import ListField

from apps.core.api.bases import DocumentViewSet
from apps.core.api.fields import DateField, DecimalField, IntegerField, TextField
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
from apps.core.models import Company, User
from apps.crm.api.inputs import ChainActions, OutcomeInput
from apps.crm.api.sales_orders import ReasonInput, SalesOrderSerializer
from apps.crm.models import (
    CostSheet,
    OutcomeReason,
    Quotation,
    QuotationBreak,
    QuotationLine,
    SalesOrder,
)
from apps.crm.printouts import quotation_pdf
from apps.crm.services.quotation_lines import ExtraCost, QuotedLine
from apps.crm.services.quotation_orders import order_quotation
from apps.crm.services.quotations import (
    approve_discount,
    approve_quotation,
    cancel_quotation,
    create_quotation,
    expire_quotations,
    lose_quotation,
    revise_quotation,
    send_quotation,
    update_quotation,
    withdraw_approval,
)


class CostSheetSerializer(StrictModelSerializer):
    class Meta:
        model = CostSheet
        fields = ("position", "element", "description", "quantity", "unit_cost", "amount")


class QuotationBreakSerializer(StrictModelSerializer):
    class Meta:
        model = QuotationBreak
        fields = ("min_quantity", "unit_cost", "unit_price")


class ExtraCostInput(StrictSerializer):
    description = TextField(max_length=200)
    amount = DecimalField(decimal_places=6, positive=True)


class QuotationLineSerializer(StrictModelSerializer):
    """``break_quantities`` and ``extra_costs`` go in, ``breaks`` and ``cost_sheet`` come out."""

    cost_sheet = CostSheetSerializer(many=True, read_only=True)
    breaks = QuotationBreakSerializer(many=True, read_only=True)
    break_quantities = ListField(
        child=DecimalField(decimal_places=6, positive=True),
        max_length=20,
        required=False,
        write_only=True,
    )
    extra_costs = ExtraCostInput(many=True, required=False, write_only=True)

    class Meta:
        model = QuotationLine
        fields = (
            "id",
            "position",
            "item",
            "description",
            "quantity",
            "unit",
            "stock_quantity",
            "margin_percent",
            "price_step",
            "unit_cost",
            "list_price",
            "discount_percent",
            "unit_price",
            "price_source",
            "price_rule",
            "tax_code",
            "promise_date",
            "promise_reason",
            "breaks",
            "cost_sheet",
            "break_quantities",
            "extra_costs",
        )
        read_only_fields = (
            "stock_quantity",
            "unit_cost",
            "list_price",
            "price_source",
            "price_rule",
            "promise_date",
            "promise_reason",
        )
        extra_kwargs = {
            name: {"required": False}
            for name in ("position", "unit", "unit_price", "discount_percent")
        }


class QuotationSerializer(StrictModelSerializer):
    lines = QuotationLineSerializer(many=True)

    class Meta:
        model = Quotation
        fields = (
            "id",
            "company",
            "number",
            "base_number",
            "revision",
            "replaces",
            "status",
            "opportunity",
            "partner",
            "contact",
            "site",
            "quotation_date",
            "valid_until",
            "currency",
            "customer_reference",
            "note",
            "made_by",
            "discount_approved_by",
            "sent_on",
            "closed_on",
            "outcome_reason",
            "lines",
            *AUDIT_FIELDS,
        )
        read_only_fields = (
            "number",
            "base_number",
            "revision",
            "replaces",
            "status",
            "made_by",
            "discount_approved_by",
            "sent_on",
            "closed_on",
            "outcome_reason",
        )
        extra_kwargs = {
            name: {"required": False} for name in ("quotation_date", "valid_until", "currency")
        }


class OrderedQuantityInput(StrictSerializer):
    position = IntegerField(min_value=1)
    quantity = DecimalField(decimal_places=6, positive=True)


class OrderQuotationInput(StrictSerializer):
    order_date = DateField(required=False)
    customer_reference = TextField(max_length=60, required=False)
    outcome_reason = ReferenceField(OutcomeReason, required=False)
    quantities = OrderedQuantityInput(many=True, required=False)


class ExpireInput(StrictSerializer):
    company = CompanyField()  # type: ignore[assignment]
    at = DateField()


class ExpireOutput(serializers.Serializer):
    expired = serializers.ListField(child=serializers.CharField(), help_text="numbers of offers")


def quoted(line: dict[str, Any]) -> QuotedLine:
    breaks = line.pop("break_quantities", ())
    extra = [ExtraCost(**one) for one in line.pop("extra_costs", ())]
    return QuotedLine(breaks=breaks, extra_costs=extra, **line)


class QuotationViewSet(ChainActions, CreateMixin, UpdateMixin, PdfActions, DocumentViewSet):
    """Offers by version: draft, approve, send, revise; ordered, lost or expired."""

    serializer_class = QuotationSerializer
    printout = staticmethod(quotation_pdf)
    prefetch_related = (
        "lines__item",
        "lines__unit",
        "lines__tax_code",
        "lines__cost_sheet",
        "lines__breaks",
    )
    filterset_fields = {
        "number": ["exact"],
        "base_number": ["exact"],
        "status": ["exact", "in"],
        "partner": ["exact"],
        "opportunity": ["exact"],
        "site": ["exact"],
        "quotation_date": ["exact", "gte", "lte"],
        "valid_until": ["exact", "gte", "lte"],
    }
    ordering_fields = ("id", "quotation_date", "valid_until")
    search_fields = ("number", "customer_reference")

    def perform_create(self, values: dict[str, Any], *, by: User, reason: str) -> Quotation:
        lines = [quoted(line) for line in values.pop("lines")]
        return create_quotation(lines=lines, by=by, **values)

    def perform_update(
        self,
        row: Quotation,
        values: dict[str, Any],
        *,
        version: int | None,
        by: User,
        reason: str,
    ) -> Quotation:
        given = values.pop("lines", None)
        lines = None if given is None else [quoted(line) for line in given]
        return update_quotation(row, lines=lines, version=version, by=by, **values)

    @verb(permission="crm.approve_discount")
    def approve_discount(self, quotation: Quotation, *, by: User) -> Quotation:
        """Agree to a discount above the seller's limit: another person than who made it."""
        return approve_discount(quotation, by=by)

    @verb(permission="crm.approve_quotation")
    def approve(self, quotation: Quotation, *, by: User) -> Quotation:
        return approve_quotation(quotation, by=by)

    @verb(permission="crm.approve_quotation")
    def withdraw(self, quotation: Quotation, *, by: User) -> Quotation:
        return withdraw_approval(quotation, by=by)

    @verb(permission="crm.approve_quotation")
    def send(self, quotation: Quotation, *, by: User) -> Quotation:
        return send_quotation(quotation, by=by)

    @verb(permission="crm.add_quotation", response=QuotationSerializer, status=201)
    def revise(self, quotation: Quotation, *, by: User) -> Quotation:
        """A new version as a draft; this one stays as it was sent."""
        return revise_quotation(quotation, by=by)

    @verb(
        permission="crm.close_quotation",
        serializer=OrderQuotationInput,
        response=SalesOrderSerializer,
        status=201,
    )
    def order(
        self,
        quotation: Quotation,
        *,
        by: User,
        order_date: datetime.date | None = None,
        customer_reference: str = "",
        outcome_reason: OutcomeReason | None = None,
        quantities: list[dict[str, Any]] | None = None,
    ) -> SalesOrder:
        """The customer orders: a draft sales order at the prices and days offered."""
        wanted: dict[int, Decimal] = {one["position"]: one["quantity"] for one in quantities or ()}
        return order_quotation(
            quotation,
            order_date=order_date,
            customer_reference=customer_reference,
            outcome_reason=outcome_reason,
            quantities=wanted,
            by=by,
        )

    @verb(permission="crm.close_quotation", serializer=OutcomeInput)
    def lose(self, quotation: Quotation, *, outcome_reason: OutcomeReason, by: User) -> Quotation:
        return lose_quotation(quotation, outcome_reason=outcome_reason, by=by)

    @verb(permission="crm.approve_quotation", serializer=ReasonInput)
    def cancel(self, quotation: Quotation, *, reason: str, by: User) -> Quotation:
        return cancel_quotation(quotation, reason=reason, by=by)

    @verb(
        permission="crm.close_quotation",
        serializer=ExpireInput,
        response=ExpireOutput,
        detail=False,
    )
    def expire(self, *, company: Company, at: datetime.date, by: User) -> dict[str, Any]:
        """Close the sent offers whose validity ended before ``at``; their numbers."""
        rows = expire_quotations(company, at=at, by=by)
        return {"expired": [row.number for row in rows]}
