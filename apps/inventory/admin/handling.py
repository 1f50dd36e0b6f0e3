from __future__ import annotations

from django.contrib import admin

from apps.core.admin.master_data import MasterDataAdmin
from apps.inventory.models import ItemHandling, PutAwayRule
from apps.inventory.resources import ItemHandlingResource, PutAwayRuleResource
from apps.inventory.services.handling import (
    create_item_handling,
    create_put_away_rule,
    update_item_handling,
    update_put_away_rule,
)


@admin.register(ItemHandling)
class ItemHandlingAdmin(MasterDataAdmin):
    resource_class = ItemHandlingResource
    create_service = staticmethod(create_item_handling)
    update_service = staticmethod(update_item_handling)
    list_display = (
        "code",
        "item",
        "category",
        "pick_strategy",
        "unit_weight",
        "unit_volume",
        "company",
        "is_active",
    )
    list_filter = ("pick_strategy", "category", "is_active")
    search_fields = ("code", "name", "item__code")
    autocomplete_fields = ("item",)
    fields = (
        "company",
        ("code", "name"),
        ("item", "category"),
        "pick_strategy",
        ("unit_weight", "unit_volume"),
        "is_active",
    )


@admin.register(PutAwayRule)
class PutAwayRuleAdmin(MasterDataAdmin):
    resource_class = PutAwayRuleResource
    create_service = staticmethod(create_put_away_rule)
    update_service = staticmethod(update_put_away_rule)
    list_display = (
        "code",
        "position",
        "item",
        "category",
        "location",
        "strategy",
        "company",
        "is_active",
    )
    list_filter = ("strategy", "category", "is_active")
    search_fields = ("code", "name", "item__code", "location__code")
    ordering = ("position", "code")
    autocomplete_fields = ("item", "location")
    fields = (
        "company",
        ("code", "position"),
        "name",
        ("item", "category"),
        ("location", "strategy"),
        "is_active",
    )
