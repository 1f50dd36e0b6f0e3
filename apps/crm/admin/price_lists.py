from __future__ import annotations

from typing import Any

from django.contrib import admin

from apps.core.admin.base import CompanyModelAdmin
from apps.core.admin.imports import ImportExportMixin
from apps.core.admin.master_data import MasterDataAdmin
from apps.crm.admin.forms import optional_fields
from apps.crm.models import PriceList, PriceRule
from apps.crm.resources import PriceListResource, PriceRuleResource
from apps.crm.services.price_lists import (
    create_price_rule,
    update_price_list,
    update_price_rule,
)


@admin.register(PriceList)
class PriceListAdmin(MasterDataAdmin):
    resource_class = PriceListResource
    update_service = staticmethod(update_price_list)
    list_display = ("code", "name", "currency", "company", "is_active")
    fields = ("company", ("code", "name"), "currency", "is_active")


@admin.register(PriceRule)
class PriceRuleAdmin(ImportExportMixin, CompanyModelAdmin):
    resource_class = PriceRuleResource
    form = optional_fields("min_quantity", "discount_percent")
    update_service = staticmethod(update_price_rule)
    list_display = (
        "price_list",
        "partner",
        "segment",
        "item",
        "category",
        "min_quantity",
        "unit_price",
        "discount_percent",
        "valid_from",
        "valid_until",
        "is_active",
        "company",
    )
    list_filter = ("price_list", "segment", "category", "is_active", "valid_from")
    search_fields = ("partner__code", "item__code", "item__name", "price_list__code")
    autocomplete_fields = ("price_list", "partner", "segment", "item", "category")
    ordering = ("price_list", "id")
    fields = (
        "company",
        "price_list",
        ("partner", "segment"),
        ("item", "category"),
        ("min_quantity", "unit_price"),
        "discount_percent",
        ("valid_from", "valid_until"),
        "is_active",
    )

    def perform_create(self, request: Any, values: dict[str, Any], reason: str) -> PriceRule:
        given = {name: value for name, value in values.items() if value is not None}
        return create_price_rule(**given, by=request.user, reason=reason)

    def get_urls(self) -> Any:
        return [*self.import_urls(), *super().get_urls()]
