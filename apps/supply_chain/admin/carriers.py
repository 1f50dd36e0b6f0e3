from __future__ import annotations

from django.contrib import admin

from apps.core.admin.base import CompanyModelAdmin
from apps.core.admin.master_data import MasterDataAdmin
from apps.supply_chain.carrier_resources import CarrierServiceResource
from apps.supply_chain.models import CarrierRate, CarrierService, ItemTradeData
from apps.supply_chain.services.carriers import (
    create_carrier_service,
    create_rate,
    create_trade_data,
    update_carrier_service,
    update_rate,
    update_trade_data,
)


@admin.register(CarrierService)
class CarrierServiceAdmin(MasterDataAdmin):
    resource_class = CarrierServiceResource
    create_service = staticmethod(create_carrier_service)
    update_service = staticmethod(update_carrier_service)
    list_display = ("code", "name", "carrier", "currency", "transit_days", "is_active", "company")
    list_filter = ("carrier", "is_active")
    autocomplete_fields = ("carrier",)


@admin.register(CarrierRate)
class CarrierRateAdmin(CompanyModelAdmin):
    create_service = staticmethod(create_rate)
    update_service = staticmethod(update_rate)
    list_display = (
        "service",
        "country",
        "from_weight",
        "base_price",
        "price_per_kg",
        "valid_from",
        "company",
    )
    list_filter = ("service", "country", "valid_from")
    search_fields = ("service__code", "service__name", "country")
    autocomplete_fields = ("service",)


@admin.register(ItemTradeData)
class ItemTradeDataAdmin(CompanyModelAdmin):
    create_service = staticmethod(create_trade_data)
    update_service = staticmethod(update_trade_data)
    list_display = ("item", "hs_code", "origin_country", "net_weight", "description", "company")
    list_filter = ("origin_country",)
    search_fields = ("item__code", "item__name", "hs_code")
    autocomplete_fields = ("item",)
