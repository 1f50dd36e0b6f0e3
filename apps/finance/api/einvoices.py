"""Electronic invoices that come in: checked, and drafted as bills."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from apps.core.api.fields import DecimalField
from apps.core.api.permissions import ModelPermissions
from apps.core.api.references import ReferenceField
from apps.core.api.serializers import CompanyField, StrictSerializer
from apps.core.models import Company, User
from apps.finance.api.uploads import upload
from apps.finance.einvoice.validation import Verdict
from apps.finance.einvoice.xml import LARGEST_FILE
from apps.finance.models import Account, Invoice
from apps.finance.services.einvoice_imports import import_einvoice, validate_einvoice
from apps.finance.services.einvoices import as_row


class EInvoiceUpload(StrictSerializer):
    company = CompanyField()  # type: ignore[assignment]
    file = serializers.FileField(max_length=400)
    account = ReferenceField(Account, required=False)


class EInvoiceCheck(StrictSerializer):
    file = serializers.FileField(max_length=400)


class EnteredBill(serializers.Serializer):
    invoice = serializers.IntegerField()
    partner = serializers.CharField()
    reference = serializers.CharField()
    total = DecimalField()
    currency = serializers.CharField()


class RuleFailure(serializers.Serializer):
    """``path`` says where, for people."""

    rule = serializers.CharField()
    severity = serializers.CharField()
    message = serializers.CharField()
    path = serializers.CharField(allow_blank=True)


class EInvoiceVerdict(serializers.Serializer):
    """``syntax`` is ubl, cii, or empty for what is neither."""

    syntax = serializers.CharField(allow_blank=True)
    is_accepted = serializers.BooleanField()
    failures = RuleFailure(many=True)


class EInvoicesViewSet(ViewSet):
    """``POST`` a received invoice: UBL 2.1, cross industry invoice, or a PDF with one inside."""

    permission_classes = (ModelPermissions,)
    permission_model = Invoice

    @classmethod
    def model_class(cls) -> type[Invoice]:
        return Invoice

    @upload(EInvoiceUpload, permission="finance.add_invoice", response=EnteredBill)
    def import_file(
        self, *, company: Company, file: Any, by: User, account: Account | None = None
    ) -> dict[str, Any]:
        """A draft bill with the file attached. ``account`` bears lines without an item of ours."""
        content = file.read(LARGEST_FILE + 1)
        bill = import_einvoice(company, name=file.name, content=content, by=by, account=account)
        return {
            "invoice": bill.pk,
            "partner": bill.partner.code,
            "reference": bill.reference,
            "total": bill.total,
            "currency": bill.currency_id,
        }

    @extend_schema(
        request={"multipart/form-data": EInvoiceCheck},
        responses={200: EInvoiceVerdict},
        filters=False,
    )
    @action(detail=False, methods=["post"], parser_classes=(MultiPartParser,))
    def check(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Which rules of EN 16931 the file breaks; nothing is written."""
        context = {"request": request, "view": self}
        parser = EInvoiceCheck(data=request.data.dict(), context=context)
        parser.is_valid(raise_exception=True)
        content = parser.validated_data["file"].read(LARGEST_FILE + 1)
        return Response(presented(validate_einvoice(content)))

    check.required_permissions = ("finance.view_invoice",)  # type: ignore[attr-defined]


def presented(verdict: Verdict) -> dict[str, Any]:
    return {
        "syntax": verdict.syntax,
        "is_accepted": verdict.is_accepted,
        "failures": [as_row(failure) for failure in verdict.failures],
    }
