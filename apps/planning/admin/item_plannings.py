from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from apps.core.admin.base import CompanyModelAdmin
from apps.planning.models import ChangeoverRule, ItemPlanning
from apps.planning.services.item_plannings import create_item_planning, update_item_planning


@admin.register(ItemPlanning)
class ItemPlanningAdmin(CompanyModelAdmin):
    create_service = staticmethod(create_item_planning)
    update_service = staticmethod(update_item_planning)
    list_display = (
        "item",
        "site",
        "policy",
        "source",
        "lot_rule",
        "safety_stock",
        "lead_time_days",
        "planner",
        "company",
    )
    list_filter = ("site", "policy", "source", "lot_rule", "planner")
    search_fields = ("item__code", "item__name")
    autocomplete_fields = ("item",)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "company",
                    ("item", "site"),
                    ("policy", "planner"),
                    ("source", "source_site"),
                )
            },
        ),
        (
            _("Lots"),
            {
                "classes": ("tab",),
                "fields": (
                    ("lot_rule", "lot_size"),
                    ("lot_minimum", "lot_multiple"),
                    ("period_days", "scrap_percent"),
                ),
            },
        ),
        (
            _("Time and safety"),
            {
                "classes": ("tab",),
                "fields": (
                    ("safety_stock", "safety_days"),
                    "lead_time_days",
                    ("planning_fence_days", "demand_fence_days"),
                    ("backward_days", "forward_days"),
                ),
            },
        ),
    )


@admin.register(ChangeoverRule)
class ChangeoverRuleAdmin(CompanyModelAdmin):
    list_display = ("work_centre", "from_family", "to_family", "minutes", "company")
    list_filter = ("work_centre", "from_family", "to_family")
    fields = ("company", "work_centre", ("from_family", "to_family"), "minutes")
