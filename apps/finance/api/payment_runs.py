from __future__ import annotations

import datetime
from typing import Any

from django.http import FileResponse, Http404, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action

from apps.core.api.bases import DocumentViewSet
from apps.core.api.fields import DateField, DecimalField, TextField
from apps.core.api.printouts import PdfActions
from apps.core.api.references import ReferenceField
from apps.core.api.serializers import (
    AUDIT_FIELDS,
    CompanyField,
    StrictModelSerializer,
    StrictSerializer,
)
from apps.core.api.verbs import verb
from apps.core.models import Company, User
from apps.core.printouts import pdf_response
from apps.core.services.documents import require_company
from apps.core.views.downloads import file_response
from apps.finance.models import BankAccount, Invoice, PaymentRun, PaymentRunLine
from apps.finance.payment_list import payment_list_pdf
from apps.finance.remittance_advices import remittance_advices_pdf
from apps.finance.services.payment_runs import (
    Bill,
    approve_payment_run,
    cancel_payment_run,
    draft_payment_run,
    execute_payment_run,
    export_payment_run,
    is_new_account,
    propose_payment_run,
    reopen_payment_run,
)
from apps.masterdata.models import PartnerBankAccount


class PaymentRunLineSerializer(StrictModelSerializer):
    is_new_account = serializers.SerializerMethodField()

    class Meta:
        model = PaymentRunLine
        fields = (
            "id",
            "invoice",
            "partner_account",
            "iban",
            "account_number",
            "bic",
            "amount",
            "payment",
            "is_live",
            "is_new_account",
        )
        read_only_fields = fields

    def get_is_new_account(self, line: PaymentRunLine) -> bool:
        return is_new_account(line)


class PaymentRunSerializer(StrictModelSerializer):
    lines = PaymentRunLineSerializer(many=True, read_only=True)

    class Meta:
        model = PaymentRun
        fields = (
            "id",
            "company",
            "number",
            "status",
            "bank_account",
            "date",
            "due_until",
            "total",
            "lines",
            *AUDIT_FIELDS,
        )
        read_only_fields = fields


class ProposeInput(StrictSerializer):
    company = CompanyField()  # type: ignore[assignment]
    bank_account = ReferenceField(BankAccount)
    date = DateField()
    due_until = DateField()


class BillInput(StrictSerializer):
    invoice = ReferenceField(Invoice)
    amount = DecimalField(decimal_places=4, positive=True, required=False)
    partner_account = ReferenceField(PartnerBankAccount, required=False)


class DraftInput(StrictSerializer):
    company = CompanyField()  # type: ignore[assignment]
    bank_account = ReferenceField(BankAccount)
    date = DateField()
    bills = BillInput(many=True, allow_empty=False)


class CancelInput(StrictSerializer):
    reason = TextField(max_length=500, required=False, default="")


class PaymentRunViewSet(PdfActions, DocumentViewSet):
    """Supplier bills paid together: propose, approve by a second person, export, execute.

    Its printout are the advices to the suppliers; the list to sign is one of its own.
    """

    printout = staticmethod(remittance_advices_pdf)

    serializer_class = PaymentRunSerializer
    list_fields = (
        "id", "company", "number", "status", "bank_account", "date", "due_until", "total",
        *AUDIT_FIELDS,
    )  # fmt: skip
    prefetch_related = ("lines__invoice", "lines__partner_account", "lines__payment")
    filterset_fields = {
        "number": ["exact"],
        "status": ["exact"],
        "bank_account": ["exact"],
        "date": ["exact", "gte", "lte"],
    }
    ordering_fields = ("id", "date", "number")

    @verb(permission="finance.add_paymentrun", serializer=ProposeInput, detail=False, status=201)
    def propose(
        self, *, company: Company, bank_account: BankAccount, by: User, **given: datetime.date
    ) -> PaymentRun:
        """A draft with every bill due by ``due_until`` that no other run pays."""
        require_company(company, bank_account=bank_account)
        return propose_payment_run(bank_account, by=by, **given)

    @verb(permission="finance.add_paymentrun", serializer=DraftInput, detail=False, status=201)
    def draft(
        self,
        *,
        company: Company,
        bank_account: BankAccount,
        date: datetime.date,
        bills: list[dict[str, Any]],
        by: User,
    ) -> PaymentRun:
        """A draft of the bills named."""
        require_company(company, bank_account=bank_account)
        return draft_payment_run(
            bank_account, date=date, bills=[Bill(**bill) for bill in bills], by=by
        )

    @verb(permission="finance.approve_paymentrun")
    def approve(self, run: PaymentRun, *, by: User) -> PaymentRun:
        """Let it go out; not by who made it."""
        return approve_payment_run(run, by=by)

    @verb(permission="finance.approve_paymentrun")
    def reopen(self, run: PaymentRun, *, by: User) -> PaymentRun:
        """Take the approval back."""
        return reopen_payment_run(run, by=by)

    @verb(permission="finance.export_paymentrun")
    def export(self, run: PaymentRun, *, by: User) -> PaymentRun:
        """Write the file for the bank."""
        return export_payment_run(run, by=by)

    @verb(permission="finance.execute_paymentrun")
    def execute(self, run: PaymentRun, *, by: User) -> PaymentRun:
        """Post the payments: the bank has taken the file."""
        return execute_payment_run(run, by=by)

    @verb(permission="finance.change_paymentrun", serializer=CancelInput)
    def cancel(self, run: PaymentRun, *, reason: str, by: User) -> PaymentRun:
        return cancel_payment_run(run, reason=reason, by=by)

    @extend_schema(responses={(200, "application/pdf"): OpenApiTypes.BINARY})
    @action(detail=True, methods=["get"], pagination_class=None, url_path="payment-list")
    def payment_list(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """What is paid to whom, as a PDF for the one who signs."""
        run = self.get_object()
        return pdf_response(payment_list_pdf(run), name=f"{run}-payments.pdf")

    payment_list.required_permissions = ("view",)

    @extend_schema(responses={(200, "application/xml"): OpenApiTypes.BINARY})
    @action(detail=True, methods=["get"], pagination_class=None, url_path="file")
    def pain_file(self, request: Any, *args: Any, **kwargs: Any) -> FileResponse:
        """The pain.001 for the bank, once it is exported."""
        run = self.get_object()
        if not run.file:
            raise Http404
        return file_response(
            run.file.open("rb"), name=f"{run.number}.xml", content_type="application/xml"
        )

    pain_file.required_permissions = ("finance.export_paymentrun",)
