from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from apps.core.admin.base import CompanyInline
from apps.core.admin.documents import Link, Verb, admin_row_link
from apps.core.admin.forms import DateReasonForm
from apps.core.admin.lines import DocumentWithLinesAdmin
from apps.finance.admin.invoices import InvoiceForm
from apps.finance.models import Payment, PaymentAllocation
from apps.finance.services.payments import Allocation, post_payment, reverse_payment


class PaymentAllocationInline(CompanyInline):
    model = PaymentAllocation
    fields = ("invoice", "amount", "amount_company", "date")
    readonly_fields = ("amount_company", "date")
    extra = 1


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
