from __future__ import annotations

from typing import Any

from django.contrib import admin

from apps.core.admin.base import CompanyForm, CompanyModelAdmin
from apps.core.admin.imports import ImportExportMixin
from apps.supply_chain.models import ReorderRule
from apps.supply_chain.services.reorder_rules import create_reorder_rule, update_reorder_rule
from apps.supply_chain.supplier_resources import ReorderRuleResource


class ReorderRuleForm(CompanyForm):
    """What is left empty is the usual."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("minimum", "service_level_percent", "review_days", "history_days"):
            if name in self.fields:
                self.fields[name].required = False


@admin.register(ReorderRule)
class ReorderRuleAdmin(ImportExportMixin, CompanyModelAdmin):
    """When items are bought again; what that comes to today is on the page “Buy again”."""

    form = ReorderRuleForm
    resource_class = ReorderRuleResource
    create_service = staticmethod(create_reorder_rule)
    update_service = staticmethod(update_reorder_rule)
    list_display = (
        "item",
        "site",
        "method",
        "minimum",
        "maximum",
        "service_level_percent",
        "review_days",
        "is_active",
        "company",
    )
    list_filter = ("site", "method", "is_active")
    search_fields = ("item__code", "item__name")
    autocomplete_fields = ("item",)
    ordering = ("item", "site")
    fields = (
        "company",
        ("item", "site"),
        "method",
        ("minimum", "maximum"),
        ("service_level_percent", "review_days", "history_days"),
        "is_active",
    )

    def get_urls(self) -> Any:
        return [*self.import_urls(), *super().get_urls()]
