from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from apps.core.admin.base import LedgerAdmin
from apps.inventory.admin.links import entry_link
from apps.inventory.models import StockMove


@admin.register(StockMove)
class StockMoveAdmin(LedgerAdmin):
    list_display = (
        "date",
        "item",
        "lot",
        "from_location",
        "to_location",
        "quantity",
        "value",
        "cost_object",
        "source_link",
        "entry_link",
        "company",
    )
    list_filter = ("date", "from_location", "to_location", "reason", "source_type")
    search_fields = ("item__code", "lot__code")
    list_select_related = (
        "item",
        "lot",
        "from_location",
        "to_location",
        "cost_object",
        "entry",
        "company",
    )
    fields = (
        "company",
        "date",
        ("item", "lot"),
        ("from_location", "to_location"),
        ("quantity", "catch_weight"),
        ("value", "counter_value"),
        ("cost_object", "partner", "reason"),
        ("source_link", "entry_link"),
        ("reverses", "expected_move"),
        ("created_at", "created_by"),
    )
    readonly_fields = ("entry_link",)

    def lookup_allowed(self, lookup: str, value: Any, request: Any = None) -> bool:
        named = ("lot__id__exact", "item__id__exact", "source_type__id__exact", "source_id")
        return lookup in named or super().lookup_allowed(lookup, value, request)

    @admin.display(description=_("entry"), ordering="entry")
    def entry_link(self, move: StockMove) -> Any:
        return entry_link(move.entry)
