from __future__ import annotations

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from apps.core.admin.base import CompanyForm, CompanyInline
from apps.core.admin.documents import Verb
from apps.core.admin.forms import LONGEST_REASON, DateForm, DateReasonForm, ReasonForm
from apps.core.admin.lines import DocumentWithLinesAdmin
from apps.core.admin.links import Link, admin_row_link
from apps.core.admin.printouts import Printout
from apps.finance.admin.deferrals import DEFER
from apps.finance.facturx import facturx_pdf
from apps.finance.models import Account, AccrualSchedule, Invoice, InvoiceInstalment, InvoiceLine
from apps.finance.printouts import invoice_pdf
from apps.finance.services.advances import pay_invoice
from apps.finance.services.approvals import approve_bill
from apps.finance.services.credit_allocations import set_off_credit_note
from apps.finance.services.credit_notes import credit_invoice
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
from apps.finance.services.write_offs import write_off_rest

XML = "application/xml"


class InvoiceForm(CompanyForm):
    """Without a due date or a currency, the partner's terms apply."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("due_date", "payment_terms", "currency"):
            if name in self.fields:
                self.fields[name].required = False
        if "credits" in self.fields:
            self.fields["credits"].help_text = _("The invoice that a credit note takes back.")


def is_ours(invoice: Invoice) -> bool:
    """A supplier's bill is not ours to send."""
    return invoice.kind not in Invoice.PURCHASES


class CreditForm(DateForm):
    reference = forms.CharField(
        label=_("Number of the supplier's credit note"),
        max_length=60,
        widget=UnfoldAdminTextInputWidget,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.document.kind != Invoice.Kind.SUPPLIER:
            del self.fields["reference"]


class InvoiceLineInline(CompanyInline):
    model = InvoiceLine
    fields = (
        "item",
        "description",
        "quantity",
        "unit_price",
        "price_includes_tax",
        "tax_code",
        "withholding",
        "account",
        "cost_object",
        "amount",
        "tax_amount",
        "withheld_amount",
    )
    readonly_fields = ("amount", "tax_amount", "withheld_amount")
    extra = 1


class InvoiceInstalmentInline(CompanyInline):
    """When it is due, of an invoice in instalments."""

    model = InvoiceInstalment
    fields = ("due_date", "amount")
    readonly_fields = fields
    max_num = 0
    can_delete = False


class PayForm(DateForm):
    account = forms.ModelChoiceField(
        Account.objects.none(), label=_("Bank or cash account"), widget=UnfoldAdminSelectWidget
    )
    take_discount = forms.BooleanField(
        label=_("Take the early-payment discount"), required=False, widget=UnfoldBooleanWidget
    )
    amount = forms.DecimalField(
        label=_("Amount"),
        required=False,
        max_digits=20,
        decimal_places=4,
        help_text=_("Empty: all that is open."),
        widget=UnfoldAdminDecimalFieldWidget,
    )
    write_off_rest = forms.BooleanField(
        label=_("Write off what is short or over"), required=False, widget=UnfoldBooleanWidget
    )
    reason = forms.CharField(
        label=_("Reason of the write-off"),
        required=False,
        max_length=LONGEST_REASON,
        widget=UnfoldAdminTextInputWidget,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.user is not None and not self.user.has_perm("finance.writeoff_settlement"):
            del self.fields["write_off_rest"], self.fields["reason"]
        self.fields["account"].queryset = Account.objects.filter(  # type: ignore[attr-defined]
            company=self.document.company_id, control=Account.Control.CASH, is_active=True
        )


@admin.register(Invoice)
class InvoiceAdmin(DocumentWithLinesAdmin):
    form = InvoiceForm
    list_display = (
        "number",
        "status_label",
        "kind",
        "partner",
        "date",
        "due_date",
        "reference",
        "total",
        "currency",
        "company",
    )
    list_filter = ("kind", "status", "date", "partner")
    search_fields = ("number", "reference", "partner__code", "partner__name")
    list_totals = ("total_company",)
    inlines = (InvoiceLineInline, InvoiceInstalmentInline)
    readonly_fields = (
        "number",
        "total",
        "total_company",
        "exchange_rate",
        "discount_percent",
        "discount_until",
        "approved_by",
        "dispute",
    )
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "company",
                    ("kind", "partner"),
                    ("date", "due_date"),
                    "payment_terms",
                    ("reference", "currency"),
                    "credits",
                    ("number", "total"),
                    ("total_company", "exchange_rate"),
                    ("discount_percent", "discount_until"),
                    ("approved_by", "dispute"),
                )
            },
        ),
    )
    autocomplete_fields = ("credits",)
    printouts = (
        Printout("invoice", _("Print"), invoice_pdf),
        Printout("facturx", _("Factur-X"), facturx_pdf, ("posted",), suits=is_ours),
        Printout("ubl", _("UBL"), export_einvoice, ("posted",), suits=is_ours, content_type=XML),
        Printout(
            "cii",
            _("Cross industry invoice"),
            partial(export_einvoice, syntax="cii"),
            ("posted",),
            suits=is_ours,
            content_type=XML,
        ),
    )
    verbs = (
        Verb("approve", _("Approve"), "finance.approve_invoice", approve_bill, ("draft",)),
        Verb("post", _("Post"), "finance.post_invoice", post_invoice, ("draft",)),
        Verb("pay", _("Pay"), "finance.add_payment", pay_invoice, ("posted",), form=PayForm),
        Verb(
            "write-off",
            _("Write off the rest"),
            "finance.writeoff_settlement",
            write_off_rest,
            ("posted",),
            form=DateReasonForm,
        ),
        Verb(
            "dispute",
            _("Mark as disputed"),
            "finance.dispute_invoice",
            dispute_invoice,
            ("posted",),
            form=ReasonForm,
        ),
        Verb(
            "settle-dispute",
            _("The dispute is settled"),
            "finance.dispute_invoice",
            settle_dispute,
            ("posted",),
            form=ReasonForm,
        ),
        DEFER,
        Verb(
            "credit",
            _("Credit what is left"),
            "finance.credit_invoice",
            credit_invoice,
            ("posted",),
            form=CreditForm,
        ),
        Verb(
            "settle",
            _("Set off what is open"),
            "finance.credit_invoice",
            set_off_credit_note,
            ("posted",),
            form=DateForm,
        ),
        Verb(
            "reverse",
            _("Reverse"),
            "finance.reverse_invoice",
            reverse_invoice,
            ("posted",),
            form=DateReasonForm,
            is_danger=True,
        ),
        Verb(
            "cancel",
            _("Cancel the draft"),
            "finance.change_invoice",
            cancel_invoice,
            ("draft",),
            question=_("The draft is kept, but can't be posted any more."),
            is_danger=True,
        ),
    )

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        fixed = tuple(super().get_readonly_fields(request, obj))
        return fixed if obj is None else (*fixed, "kind", "partner", "currency", "credits")

    def verbs_for(self, request: Any, document: Invoice) -> list[Verb]:
        """An invoice or a bill is credited; a credit note is set off or paid back."""
        fits = {
            "approve": {Invoice.Kind.SUPPLIER},
            "credit": {Invoice.Kind.CUSTOMER, Invoice.Kind.SUPPLIER},
            "settle": set(Invoice.CREDITS),
            "defer": {Invoice.Kind.CUSTOMER, Invoice.Kind.SUPPLIER},
            "write-off": {Invoice.Kind.CUSTOMER, Invoice.Kind.SUPPLIER},
        }
        return [
            verb
            for verb in super().verbs_for(request, document)
            if (verb.name not in fits or document.kind in fits[verb.name])
            and verb.name != ("dispute" if document.dispute else "settle-dispute")
        ]

    def links_of(self, request: Any, document: Invoice) -> list[Link]:
        links = [admin_row_link(document.partner)]
        if document.credits is not None:
            links.append(admin_row_link(document.credits, icon="receipt"))
        links += [
            admin_row_link(note, icon="undo") for note in document.credit_notes.order_by("pk")
        ]
        if request.user.has_perm("finance.view_accrualschedule"):
            schedules = AccrualSchedule.objects.filter(invoice_line__invoice=document)
            links += [admin_row_link(one, icon="event_repeat") for one in schedules.order_by("pk")]
        return [*links, *super().links_of(request, document)]

    def write_new(
        self, request: Any, values: dict[str, Any], lines: list[dict[str, Any]]
    ) -> Invoice:
        return draft_invoice(
            **values, lines=[BillingLine(**line) for line in lines], by=request.user
        )

    def write_change(
        self,
        request: Any,
        row: Invoice,
        values: dict[str, Any],
        lines: list[dict[str, Any]] | None,
        version: int | None,
    ) -> Invoice:
        kept = None if lines is None else [BillingLine(**line) for line in lines]
        return change_invoice(row, **values, lines=kept, version=version, by=request.user)
