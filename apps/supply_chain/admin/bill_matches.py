from __future__ import annotations

from django.contrib import admin

from apps.core.admin.base import LedgerAdmin
from apps.supply_chain.models import BillMatch


@admin.register(BillMatch)
class BillMatchAdmin(LedgerAdmin):
    sources = ("finance.invoice",)
    list_display = (
        "receipt_line",
        "invoice_line",
        "quantity",
        "value",
        "variance",
        "created_at",
        "company",
    )
    list_select_related = (
        "receipt_line__receipt",
        "receipt_line__order_line__item",
        "invoice_line__item",
        "company",
    )
    list_filter = ("created_at",)
