from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from apps.core.admin.base import CompanyInline
from apps.core.admin.documents import DocumentAdmin, Link, Verb, admin_row_link
from apps.core.admin.forms import DateReasonForm
from apps.supply_chain.models import Receipt, ReceiptLine
from apps.supply_chain.queries.purchase_orders import bills_of_receipt
from apps.supply_chain.services.receipts import reverse_receipt


class ReceiptLineInline(CompanyInline):
    model = ReceiptLine
    fields = ("order_line", "quantity", "quantity_rejected", "location", "lot", "move")


@admin.register(Receipt)
class ReceiptAdmin(DocumentAdmin):
    list_display = ("number", "status_label", "order", "date", "delivery_note", "company")
    list_filter = ("status", "date")
    search_fields = ("number", "delivery_note", "order__number", "order__partner__code")
    inlines = (ReceiptLineInline,)
    verbs = (
        Verb(
            "reverse",
            _("Reverse"),
            "supply_chain.reverse_receipt",
            reverse_receipt,
            (Receipt.Status.POSTED,),
            form=DateReasonForm,
            is_danger=True,
        ),
    )

    def links_of(self, request: Any, document: Receipt) -> list[Link]:
        return [
            admin_row_link(document.order),
            *(admin_row_link(bill, icon="receipt") for bill in bills_of_receipt(document.pk)),
            *super().links_of(request, document),
        ]
