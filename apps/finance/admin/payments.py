from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget

from apps.core.admin.base import CompanyInline
from apps.core.admin.documents import Link, Verb, admin_row_link
from apps.core.admin.forms import DateForm, DateReasonForm
from apps.core.admin.lines import DocumentWithLinesAdmin
from apps.finance.admin.invoices import InvoiceForm
from apps.finance.models import Invoice, Payment, PaymentAllocation
from apps.finance.services.advances import allocate_oldest, release_allocation
from apps.finance.services.payments import Allocation, post_payment, reverse_payment


class PaymentAllocationInline(CompanyInline):
    model = PaymentAllocation
    fields = ("invoice", "amount", "amount_company", "date")
    readonly_fields = ("amount_company", "date")
    extra = 1


class ReleaseForm(DateReasonForm):
    invoice = forms.ModelChoiceField(
        Invoice.objects.none(), label=_("Invoice"), widget=UnfoldAdminSelectWidget
    )
    field_order = ("invoice", "date", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        live = self.document.allocations.filter(reverses=None, reversals__isnull=True)
        keys = live.values_list("invoice_id", flat=True)
        self.fields["invoice"].queryset = Invoice.objects.filter(  # type: ignore[attr-defined]
            company=self.document.company_id, pk__in=keys
        )


@admin.register(Payment)
class PaymentAdmin(DocumentWithLinesAdmin):
    """Adding one posts it; afterwards it is read only and may be reversed."""

    form = InvoiceForm
    editable_statuses = ()
    list_display = (
        "number",
        "status_label",
        "direction",
        "partner",
        "date",
        "amount",
        "currency",
        "reference",
        "company",
    )
    list_filter = ("direction", "status", "date", "partner")
    search_fields = ("number", "reference", "partner__code", "partner__name")
    inlines = (PaymentAllocationInline,)
    readonly_fields = ("number", "exchange_rate")
    fields = (
        "company",
        ("direction", "partner"),
        ("account", "date"),
        ("amount", "currency"),
        "reference",
        ("number", "exchange_rate"),
    )
    verbs = (
        Verb(
            "allocate",
            _("Allocate to the oldest"),
            "finance.add_payment",
            allocate_oldest,
            ("posted",),
            form=DateForm,
        ),
        Verb(
            "release",
            _("Take an allocation back"),
            "finance.reverse_payment",
            release_allocation,
            ("posted",),
            form=ReleaseForm,
        ),
        Verb(
            "reverse",
            _("Reverse"),
            "finance.reverse_payment",
            reverse_payment,
            ("posted",),
            form=DateReasonForm,
            is_danger=True,
        ),
    )

    def links_of(self, request: Any, document: Payment) -> list[Link]:
        return [admin_row_link(document.partner), *super().links_of(request, document)]

    def write_new(
        self, request: Any, values: dict[str, Any], lines: list[dict[str, Any]]
    ) -> Payment:
        parts = [Allocation(**line) for line in lines]
        return post_payment(**values, allocations=parts, by=request.user)
