from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from apps.core.admin.base import LedgerAdmin
from apps.core.money import round_quantity
from apps.inventory.admin.links import entry_link
from apps.inventory.models import (
    CostLayer,
    ItemValuation,
    LayerConsumption,
    ReturnedUnits,
    ValuationAdjustment,
)


@admin.register(ItemValuation)
class ItemValuationAdmin(LedgerAdmin):
    computed_numbers = ("unit_cost",)
    list_display = ("item", "quantity", "value", "unit_cost", "standard_cost", "company")
    list_filter = ("item__category",)
    search_fields = ("item__code", "item__name")
    list_select_related = ("item", "company")
    ordering = ("item",)

    @admin.display(description=_("unit cost"))
    def unit_cost(self, row: ItemValuation) -> Any:
        return round_quantity(row.value / row.quantity) if row.quantity else "–"


@admin.register(CostLayer)
class CostLayerAdmin(LedgerAdmin):
    list_display = ("id", "item", "lot", "move", "quantity", "quantity_left", "value_left",
                    "company")  # fmt: skip
    search_fields = ("item__code", "lot__code")
    list_select_related = ("item", "lot", "move__item", "company")
    ordering = ("-id",)


@admin.register(LayerConsumption)
class LayerConsumptionAdmin(LedgerAdmin):
    list_display = ("id", "layer", "move", "quantity", "value", "company")
    search_fields = ("layer__item__code",)
    list_select_related = ("layer__item", "move__item", "company")
    ordering = ("-id",)
    admin_hidden = True


@admin.register(ReturnedUnits)
class ReturnedUnitsAdmin(LedgerAdmin):
    list_display = ("id", "issue", "receipt", "quantity", "company")
    search_fields = ("issue__item__code",)
    list_select_related = ("issue__item", "receipt__item", "company")
    ordering = ("-id",)
    admin_hidden = True


@admin.register(ValuationAdjustment)
class ValuationAdjustmentAdmin(LedgerAdmin):
    sources = ("finance.invoice", "inventory.landedcost", "inventory.writedown")
    list_display = ("date", "kind", "item", "amount", "source_link", "entry_link", "company")
    list_filter = ("kind", "date")
    search_fields = ("item__code",)
    list_select_related = ("item", "entry", "company")
    readonly_fields = ("entry_link",)
    fields = (
        "company",
        ("kind", "date"),
        ("item", "layer"),
        "amount",
        ("source_link", "entry_link"),
        ("created_at", "created_by"),
    )

    @admin.display(description=_("entry"), ordering="entry")
    def entry_link(self, row: ValuationAdjustment) -> Any:
        return entry_link(row.entry)
