from __future__ import annotations

import datetime
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action

from apps.core.api.bases import DocumentViewSet
from apps.core.api.fields import DateField, DecimalField, TextField
from apps.core.api.references import ReferenceField
from apps.core.api.serializers import AUDIT_FIELDS, StrictModelSerializer, StrictSerializer
from apps.core.api.verbs import verb
from apps.core.api.views import CreateMixin, UpdateMixin
from apps.core.errors import InvalidInput
from apps.core.models import User
from apps.finance.api.vouchers import ReverseInput
from apps.finance.facturx import facturx_pdf
from apps.finance.models import Invoice, InvoiceInstalment, InvoiceLine
from apps.finance.printouts import invoice_pdf
from apps.finance.services.approvals import approve_bill
from apps.finance.services.credit_allocations import (
    allocate_credit_note,
    set_off_credit_note,
)
from apps.finance.services.credit_notes import (
    CreditLine,
    credit_invoice,
)
from apps.finance.services.dunning import dispute_invoice, settle_dispute
from apps.finance.services.einvoices import export_einvoice
from apps.finance.services.invoices import (
    BillingLine,
    cancel_invoice,
    change_invoice,
    draft_invoice,
    post_invoice,
    reverse_invoice,
)
from apps.finance.services.settlement import Allocation

#: What a draft keeps from its first day.
FIXED = ("kind", "partner", "currency", "credits")


class InvoiceLineSerializer(StrictModelSerializer):
    class Meta:
        model = InvoiceLine
        fields = (
            "id",
            "item",
            "description",
            "quantity",
            "unit_price",
            "amount",
            "price_includes_tax",
            "tax_code",
            "tax_amount",
            "withholding",
            "withheld_amount",
            "credits_price",
            "account",
            "cost_object",
        )
        read_only_fields = ("amount", "tax_amount", "withheld_amount", "credits_price")


class InvoiceInstalmentSerializer(StrictModelSerializer):
    class Meta:
        model = InvoiceInstalment
        fields = ("due_date", "amount")
        read_only_fields = fields


class InvoiceSerializer(StrictModelSerializer):
    instalments = InvoiceInstalmentSerializer(many=True, read_only=True)
    lines = InvoiceLineSerializer(many=True)

    class Meta:
        model = Invoice
        fields = (
            "id",
            "company",
            "number",
            "status",
            "kind",
            "partner",
            "date",
            "due_date",
            "payment_terms",
            "discount_percent",
            "discount_until",
            "instalments",
            "approved_by",
            "dispute",
            "reference",
            "credits",
            "currency",
            "exchange_rate",
            "total",
            "total_company",
            "entry",
            "lines",
            *AUDIT_FIELDS,
        )
        read_only_fields = (
            "number",
            "status",
            "discount_percent",
            "discount_until",
            "approved_by",
            "dispute",
            "exchange_rate",
            "total",
            "total_company",
            "entry",
        )
        extra_kwargs = {
            "due_date": {"required": False},
            "currency": {"required": False},
        }


class CreditLineInput(StrictSerializer):
    line = ReferenceField(InvoiceLine)
    quantity = DecimalField(decimal_places=6, positive=True)
    price = DecimalField(
        decimal_places=6,
        positive=True,
        required=False,
        help_text=gettext_lazy("Given, the units stay billed, each by that much cheaper."),
    )


class CreditInput(StrictSerializer):
    date = DateField()
    reference = TextField(max_length=60, required=False)
    lines = CreditLineInput(many=True, required=False, allow_empty=False)


class DisputeInput(StrictSerializer):
    reason = TextField(max_length=200)


class CreditAllocationInput(StrictSerializer):
    invoice = ReferenceField(Invoice)
    amount = DecimalField(decimal_places=4, positive=True)


class CreditAllocateInput(StrictSerializer):
    date = DateField()
    allocations = CreditAllocationInput(many=True, allow_empty=False)


class SetOffInput(StrictSerializer):
    date = DateField()


class InvoiceViewSet(CreateMixin, UpdateMixin, DocumentViewSet):
    """Customer invoices, supplier bills, and credit notes of both: from draft to print."""

    serializer_class = InvoiceSerializer
    prefetch_related = (
        "instalments",
        "lines__item",
        "lines__tax_code",
        "lines__withholding",
        "lines__account",
        "lines__cost_object",
    )
    filterset_fields = {
        "number": ["exact"],
        "status": ["exact"],
        "kind": ["exact"],
        "partner": ["exact"],
        "reference": ["exact"],
        "credits": ["exact"],
        "payment_terms": ["exact"],
        "currency": ["exact"],
        "date": ["exact", "gte", "lte"],
        "due_date": ["gte", "lte"],
    }
    ordering_fields = ("id", "date", "due_date", "number", "total")
    search_fields = ("number", "reference")

    def perform_create(self, values: dict[str, Any], *, by: User, reason: str) -> Invoice:
        lines = [BillingLine(**line) for line in values.pop("lines")]
        return draft_invoice(lines=lines, by=by, **values)

    def perform_update(
        self, row: Invoice, values: dict[str, Any], *, version: int | None, by: User, reason: str
    ) -> Invoice:
        for name in FIXED:
            if name in values:
                raise InvalidInput("fixed", _("A draft keeps this. Write another."), field=name)
        given = values.pop("lines", None)
        lines = None if given is None else [BillingLine(**line) for line in given]
        return change_invoice(row, lines=lines, version=version, by=by, **values)

    @verb(permission="finance.post_invoice")
    def post(self, invoice: Invoice, *, by: User) -> Invoice:
        return post_invoice(invoice, by=by)

    @verb(permission="finance.approve_invoice")
    def approve(self, invoice: Invoice, *, by: User) -> Invoice:
        """Let a supplier's bill be posted; not by who wrote it, not beyond a limit."""
        return approve_bill(invoice, by=by)

    @verb(permission="finance.dispute_invoice", serializer=DisputeInput)
    def dispute(self, invoice: Invoice, *, reason: str, by: User) -> Invoice:
        """Mark it as disputed: it is not dunned."""
        return dispute_invoice(invoice, reason=reason, by=by)

    @verb(permission="finance.dispute_invoice", serializer=DisputeInput)
    def settle_dispute(self, invoice: Invoice, *, reason: str, by: User) -> Invoice:
        return settle_dispute(invoice, reason=reason, by=by)

    @verb(permission="finance.reverse_invoice", serializer=ReverseInput)
    def reverse(self, invoice: Invoice, *, date: datetime.date, reason: str, by: User) -> Invoice:
        return reverse_invoice(invoice, date=date, reason=reason, by=by)

    @verb(permission="finance.credit_invoice", serializer=CreditInput, status=201)
    def credit(
        self,
        invoice: Invoice,
        *,
        date: datetime.date,
        by: User,
        reference: str = "",
        lines: list[dict[str, Any]] | None = None,
    ) -> Invoice:
        """A posted credit note over ``lines``, else over all that is not credited yet.

        Of a supplier's bill it is the supplier's: ``reference`` is its number.
        """
        wanted = None if lines is None else [CreditLine(**line) for line in lines]
        return credit_invoice(invoice, date=date, lines=wanted, reference=reference, by=by)

    @verb(permission="finance.credit_invoice", serializer=CreditAllocateInput)
    def allocate(
        self,
        note: Invoice,
        *,
        date: datetime.date,
        allocations: list[dict[str, Any]],
        by: User,
    ) -> Invoice:
        """Settle invoices with a credit note, bills with a supplier's."""
        parts = [Allocation(**part) for part in allocations]
        return allocate_credit_note(note, allocations=parts, date=date, by=by)

    @verb(permission="finance.credit_invoice", serializer=SetOffInput)
    def set_off(self, note: Invoice, *, date: datetime.date, by: User) -> Invoice:
        """Settle what is open of the partner with a credit note, the longest due first."""
        return set_off_credit_note(note, date=date, by=by)

    @verb(permission="finance.change_invoice")
    def cancel(self, invoice: Invoice, *, by: User) -> Invoice:
        return cancel_invoice(invoice, by=by)

    @extend_schema(responses={(200, "application/pdf"): OpenApiTypes.BINARY}, filters=False)
    @action(detail=True, methods=["get"], query_parameters=("paper",), pagination_class=None)
    def pdf(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """The invoice as it is sent; ``?paper=Letter`` for North America."""
        invoice = self.get_object()
        content = invoice_pdf(invoice, paper=request.query_params.get("paper", "A4"))
        response = HttpResponse(content, content_type="application/pdf")
        name = invoice.number or f"draft-{invoice.pk}"
        response["Content-Disposition"] = f'inline; filename="{name}.pdf"'
        return response

    pdf.required_permissions = ("view",)  # type: ignore[attr-defined]

    @extend_schema(responses={(200, "application/xml"): OpenApiTypes.BINARY}, filters=False)
    @action(detail=True, methods=["get"], query_parameters=("syntax",), pagination_class=None)
    def einvoice(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """The posted invoice after EN 16931: ``?syntax=ubl`` (UBL 2.1) or ``cii``."""
        invoice = self.get_object()
        content = export_einvoice(invoice, syntax=request.query_params.get("syntax", "ubl"))
        return file_of(content, f"{invoice.number}.xml", "application/xml")

    einvoice.required_permissions = ("view",)  # type: ignore[attr-defined]

    @extend_schema(responses={(200, "application/pdf"): OpenApiTypes.BINARY}, filters=False)
    @action(detail=True, methods=["get"], query_parameters=("paper",), pagination_class=None)
    def facturx(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """The posted invoice as Factur-X: PDF/A-3 with the CII inside."""
        invoice = self.get_object()
        content = facturx_pdf(invoice, paper=request.query_params.get("paper", "A4"))
        return file_of(content, f"{invoice.number}.pdf", "application/pdf")

    facturx.required_permissions = ("view",)  # type: ignore[attr-defined]


def file_of(content: bytes, name: str, kind: str) -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response
