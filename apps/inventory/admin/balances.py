from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from apps.core.admin.base import LedgerAdmin
from apps.core.admin.numbers import number_text
from apps.inventory.models import ExpectedMove, Reservation, StockBalance


@admin.register(StockBalance)
class StockBalanceAdmin(LedgerAdmin):
    computed_numbers = ("available",)
    list_display = (
        "item",
        "location",
        "lot",
        "lot_status",
        "quantity",
        "reserved",
        "available",
        "company",
    )
    list_filter = ("location", "location__kind", "lot__status")
    search_fields = ("item__code", "item__name", "lot__code", "location__code")
    list_select_related = ("item", "location", "lot", "company")
    ordering = ("item", "location", "lot")

    def get_queryset(self, request: Any) -> Any:
        return super().get_queryset(request).filter(quantity__gt=0)

    def lookup_allowed(self, lookup: str, value: Any, request: Any = None) -> bool:
        named = ("lot__id__exact", "item__id__exact", "location__id__exact")
        return lookup in named or super().lookup_allowed(lookup, value, request)

    @admin.display(description=_("available"))
    def available(self, balance: StockBalance) -> Any:
        return number_text(balance.available)

    @admin.display(description=_("lot status"))
    def lot_status(self, balance: StockBalance) -> str:
        return balance.lot.get_status_display() if balance.lot else "–"


@admin.register(Reservation)
class ReservationAdmin(LedgerAdmin):
    list_display = (
        "item",
        "location",
        "lot",
        "quantity",
        "priority",
        "held_until",
        "source_link",
        "created_at",
        "company",
    )
    list_filter = ("location", "priority", "source_type")
    search_fields = ("item__code", "lot__code")
    list_select_related = ("item", "location", "lot", "company")
    fields = (
        "company",
        "item",
        ("location", "lot"),
        "quantity",
        ("priority", "held_until"),
        "source_link",
        "created_at",
    )

    @admin.display(description=_("for"))
    def source_link(self, row: Reservation) -> Any:
        return super().source_link(row)


@admin.register(ExpectedMove)
class ExpectedMoveAdmin(LedgerAdmin):
    list_display = (
        "due_date",
        "direction",
        "item",
        "quantity",
        "quantity_done",
        "is_open",
        "site",
        "partner",
        "source_link",
        "company",
    )
    list_filter = ("is_open", "direction", "due_date", "site")
    search_fields = ("item__code", "item__name", "partner__code")
    list_select_related = ("item", "site", "partner", "company")
    fields = (
        "company",
        ("direction", "item"),
        ("quantity", "quantity_done"),
        ("due_date", "is_open"),
        ("site", "partner"),
        "source_link",
    )

    @admin.display(description=_("expected by"))
    def source_link(self, row: ExpectedMove) -> Any:
        return super().source_link(row)
