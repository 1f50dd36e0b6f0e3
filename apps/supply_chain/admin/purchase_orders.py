from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from apps.core.admin.base import CompanyForm, CompanyInline
from apps.core.admin.documents import Link, Verb, admin_list_url, admin_row_link
from apps.core.admin.forms import ReasonForm
from apps.core.admin.lines import DocumentWithLinesAdmin
from apps.finance.models import Invoice
from apps.supply_chain.admin.forms import BillForm, ReceiveForm
from apps.supply_chain.models import PurchaseOrder, PurchaseOrderLine, Receipt
from apps.supply_chain.services.bills import bill_order
from apps.supply_chain.services.purchase_orders import (
    OrderLine,
    cancel_purchase_order,
    close_purchase_order,
    confirm_purchase_order,
    create_purchase_order,
    reopen_purchase_order,
    update_purchase_order,
)
from apps.supply_chain.services.receipts import receive

Status = PurchaseOrder.Status


class PurchaseOrderForm(CompanyForm):
    """Without dates and currency, today, the lead times and the supplier's terms apply."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("order_date", "due_date", "currency"):
            if name in self.fields:
                self.fields[name].required = False


class PurchaseOrderLineForm(CompanyForm):
    """Without unit, price and day, those of the item and the order apply."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("position", "unit", "unit_price", "due_date"):
            if name in self.fields:
                self.fields[name].required = False


class PurchaseOrderLineInline(CompanyInline):
    model = PurchaseOrderLine
    form = PurchaseOrderLineForm
    fields = ("position", "item", "quantity", "unit", "unit_price", "due_date")
    autocomplete_fields = ("item",)
    extra = 1


@admin.register(PurchaseOrder)
class PurchaseOrderAdmin(DocumentWithLinesAdmin):
    form = PurchaseOrderForm
    list_display = (
        "number",
        "status_label",
        "partner",
        "order_date",
        "due_date",
        "supplier_reference",
        "currency",
        "site",
        "company",
    )
    list_filter = ("status", "partner", "site", "due_date")
    search_fields = ("number", "supplier_reference", "partner__code", "partner__name")
    autocomplete_fields = ("partner",)
    inlines = (PurchaseOrderLineInline,)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "company",
                    ("partner", "site"),
                    ("order_date", "due_date"),
                    ("supplier_reference", "currency"),
                    ("tax_amount", "freight_amount"),
                )
            },
        ),
    )
    verbs = (
        Verb(
            "confirm",
            _("Order"),
            "supply_chain.confirm_purchaseorder",
            confirm_purchase_order,
            (Status.DRAFT,),
        ),
        Verb(
            "receive",
            _("Receive"),
            "supply_chain.add_receipt",
            receive,
            (Status.CONFIRMED,),
            form=ReceiveForm,
        ),
        Verb(
            "bill",
            _("Enter the bill"),
            "finance.post_invoice",
            bill_order,
            (Status.CONFIRMED, Status.CLOSED),
            form=BillForm,
        ),
        Verb(
            "close",
            _("Close"),
            "supply_chain.confirm_purchaseorder",
            close_purchase_order,
            (Status.CONFIRMED,),
            question=_("Nothing more of this order will come?"),
        ),
        Verb(
            "reopen",
            _("Reopen"),
            "supply_chain.confirm_purchaseorder",
            reopen_purchase_order,
            (Status.CLOSED,),
            form=ReasonForm,
        ),
        Verb(
            "cancel",
            _("Cancel order"),
            "supply_chain.cancel_purchaseorder",
            cancel_purchase_order,
            (Status.DRAFT, Status.CONFIRMED),
            form=ReasonForm,
            is_danger=True,
        ),
    )

    def links_of(self, request: Any, document: PurchaseOrder) -> list[Link]:
        receipts = f"{admin_list_url(Receipt)}?order__id__exact={document.pk}"
        bills = f"{admin_list_url(Invoice)}?partner__id__exact={document.partner_id}"
        return [
            admin_row_link(document.partner),
            Link(_("Receipts"), receipts, "move_to_inbox"),
            Link(_("Bills of the supplier"), bills, "receipt"),
            *super().links_of(request, document),
        ]

    def write_new(
        self, request: Any, values: dict[str, Any], lines: list[dict[str, Any]]
    ) -> PurchaseOrder:
        given = {name: value for name, value in values.items() if value not in (None, "")}
        return create_purchase_order(
            **given, lines=[OrderLine(**line) for line in lines], by=request.user
        )

    def write_change(
        self,
        request: Any,
        row: PurchaseOrder,
        values: dict[str, Any],
        lines: list[dict[str, Any]] | None,
        version: int | None,
    ) -> PurchaseOrder:
        kept = None if lines is None else [OrderLine(**line) for line in lines]
        return update_purchase_order(row, **values, lines=kept, version=version, by=request.user)
