from __future__ import annotations

from django.contrib import admin

from apps.core.admin.master_data import MasterDataAdmin
from apps.inventory.models import Location
from apps.inventory.resources import LocationResource
from apps.inventory.services.locations import create_location, update_location


@admin.register(Location)
class LocationAdmin(MasterDataAdmin):
    resource_class = LocationResource
    create_service = staticmethod(create_location)
    update_service = staticmethod(update_location)
    list_display = (
        "code",
        "name",
        "kind",
        "site",
        "parent",
        "held_by",
        "use",
        "walk_order",
        "is_quarantine",
        "company",
        "is_active",
    )
    list_filter = ("kind", "site", "use", "is_quarantine", "is_active")
    fields = (
        "company",
        ("code", "kind"),
        "name",
        ("site", "parent"),
        ("held_by", "owner"),
        ("use", "walk_order"),
        ("max_quantity", "max_weight", "max_volume"),
        "is_single_item",
        "is_quarantine",
        "is_active",
    )
