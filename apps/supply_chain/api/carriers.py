from __future__ import annotations

from apps.core.api.bases import CompanyViewSet, MasterDataViewSet
from apps.core.api.serializers import AUDIT_FIELDS, StrictModelSerializer
from apps.core.api.views import CreateMixin, UpdateMixin
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


class CarrierServiceSerializer(StrictModelSerializer):
    class Meta:
        model = CarrierService
        fields = (
            "id",
            "company",
            "code",
            "name",
            "is_active",
            "carrier",
            "currency",
            "transit_days",
            *AUDIT_FIELDS,
        )


class CarrierServiceViewSet(MasterDataViewSet):
    """What carriers offer; their rates are at ``carrier-rates/``."""

    serializer_class = CarrierServiceSerializer
    resource_class = CarrierServiceResource
    create_service = staticmethod(create_carrier_service)
    update_service = staticmethod(update_carrier_service)
    filterset_fields = ("code", "carrier", "is_active")


class CarrierRateSerializer(StrictModelSerializer):
    class Meta:
        model = CarrierRate
        fields = (
            "id",
            "company",
            "service",
            "country",
            "from_weight",
            "base_price",
            "price_per_kg",
            "valid_from",
            *AUDIT_FIELDS,
        )


class CarrierRateViewSet(CreateMixin, UpdateMixin, CompanyViewSet):
    """What a service costs from a weight on, to a country or everywhere."""

    serializer_class = CarrierRateSerializer
    create_service = staticmethod(create_rate)
    update_service = staticmethod(update_rate)
    takes_reason = True
    filterset_fields = {"service": ["exact"], "country": ["exact"], "valid_from": ["gte", "lte"]}
    ordering = "id"


class ItemTradeDataSerializer(StrictModelSerializer):
    class Meta:
        model = ItemTradeData
        fields = (
            "id",
            "company",
            "item",
            "hs_code",
            "origin_country",
            "net_weight",
            "description",
            *AUDIT_FIELDS,
        )


class ItemTradeDataViewSet(CreateMixin, UpdateMixin, CompanyViewSet):
    """Tariff number, origin and weight of items, for export papers."""

    serializer_class = ItemTradeDataSerializer
    create_service = staticmethod(create_trade_data)
    update_service = staticmethod(update_trade_data)
    takes_reason = True
    filterset_fields = ("item", "hs_code", "origin_country")
    ordering = "id"
