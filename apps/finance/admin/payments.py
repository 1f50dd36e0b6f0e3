from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from apps.core.admin.base import CompanyInline
from apps.core.admin.documents import Verb
from apps.core.admin.forms import LONGEST_REASON, DateForm, DateReasonForm
from apps.core.admin.lines import DocumentWithLinesAdmin
from apps.core.admin.links import Link, admin_row_link
from apps.finance.admin.invoices import InvoiceForm
from apps.finance.models import Invoice, Payment, PaymentAllocation
from apps.finance.services.advances import allocate_oldest, release_allocation
from apps.finance.services.payments import Allocation, post_payment, reverse_payment
from apps.finance.services.write_offs import write_off_payment_rest


def _amount(label: Any) -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        required=False,
        min_value=0,
        max_digits=20,
        decimal_places=4,
        widget=UnfoldAdminDecimalFieldWidget,
    )


class AllocationForm(forms.ModelForm):
    """What is settled beside the money: taken off for paying early, or given up."""

    asked = ("discount", "write_off")

    discount = _amount(_("Early-payment discount"))
    write_off = _amount(_("Written off"))


class PaymentAllocationInline(CompanyInline):
    model = PaymentAllocation
    form = AllocationForm
    fields = ("invoice", "settlement", "amount", "amount_company", "date")
    readonly_fields = ("settlement", "amount_company", "date")
    extra = 1

    def get_fields(self, request: Any, obj: Any = None) -> Any:
        if obj is not None:
            return self.fields
        return ("invoice", "amount", "discount", *_of_write_off(request, "write_off"))


class PaymentForm(InvoiceForm):
    """An overpayment stays on account unless its small rest is written off."""

    write_off_overpayment = forms.BooleanField(
        label=_("Write off the rest of an overpayment"),
        required=False,
        widget=UnfoldBooleanSwitchWidget,
    )
    reason = forms.CharField(
        label=_("Reason of the write-off"),
        required=False,
        max_length=LONGEST_REASON,
        widget=UnfoldAdminTextInputWidget,
    )


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

    form = PaymentForm
    asked = ("write_off_overpayment", "reason")
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
            "write-off",
            _("Write off the rest"),
            "finance.writeoff_settlement",
            write_off_payment_rest,
            ("posted",),
            form=DateReasonForm,
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

    def get_fields(self, request: Any, obj: Any = None) -> Any:
        if obj is not None:
            return self.fields
        asked = _of_write_off(request, *self.asked)
        return (*self.fields[:-1], asked, self.fields[-1]) if asked else self.fields

    def links_of(self, request: Any, document: Payment) -> list[Link]:
        return [
            admin_row_link(document.partner),
            *(
                admin_row_link(settlement, icon="price_check")
                for settlement in document.settlements.order_by("pk")
            ),
            *super().links_of(request, document),
        ]

    def write_new(
        self, request: Any, values: dict[str, Any], lines: list[dict[str, Any]]
    ) -> Payment:
        asked = values.get("write_off_overpayment") or any("write_off" in line for line in lines)
        if asked and not _of_write_off(request, "write_off"):
            raise PermissionDenied
        parts = [Allocation(**line) for line in lines]
        return post_payment(**values, allocations=parts, by=request.user)


def _of_write_off(request: Any, *names: str) -> tuple[str, ...]:
    return names if request.user.has_perm("finance.writeoff_settlement") else ()
