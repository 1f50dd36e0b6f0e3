from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from apps.core.admin.base import LedgerAdmin
from apps.supply_chain.models import OrderConfirmation


@admin.register(OrderConfirmation)
class OrderConfirmationAdmin(LedgerAdmin):
    """Each promise of a supplier; the latest of a line holds."""

    sources = ("supply_chain.purchaseorder",)
    list_display = (
        "id",
        "order",
        "order_line",
        "wanted",
        "promised_date",
        "quantity",
        "unit_price",
        "reference",
        "created_at",
        "created_by",
        "company",
    )
    list_select_related = ("order_line__order", "order_line__item", "created_by", "company")
    list_filter = ("promised_date",)
    search_fields = ("order_line__order__number", "order_line__item__code", "reference")

    @admin.display(description=_("purchase order"))
    def order(self, row: OrderConfirmation) -> str:
        return row.order_line.order.number

    @admin.display(description=_("wanted"))
    def wanted(self, row: OrderConfirmation) -> Any:
        return row.order_line.due_date
