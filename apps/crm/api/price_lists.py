from __future__ import annotations

from apps.core.api.bases import MasterDataViewSet
from apps.core.api.imports import ImportActions
from apps.core.api.serializers import AUDIT_FIELDS, MASTER_DATA_FIELDS, StrictModelSerializer
from apps.core.api.views import CompanyViewSet, CreateMixin, UpdateMixin
from apps.crm.models import PriceList, PriceRule
from apps.crm.resources import PriceListResource, PriceRuleResource
from apps.crm.services.price_lists import (
    create_price_rule,
    update_price_list,
    update_price_rule,
)


class PriceListSerializer(StrictModelSerializer):
    class Meta:
        model = PriceList
        fields = (*MASTER_DATA_FIELDS, "currency", *AUDIT_FIELDS)


class PriceListViewSet(MasterDataViewSet):
    """Lists of price rules, each in one currency."""

    serializer_class = PriceListSerializer
    resource_class = PriceListResource
    update_service = staticmethod(update_price_list)
    filterset_fields = ("code", "is_active", "currency")


class PriceRuleSerializer(StrictModelSerializer):
    class Meta:
        model = PriceRule
        fields = (
            "id",
            "company",
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
            *AUDIT_FIELDS,
        )


class PriceRuleViewSet(CreateMixin, UpdateMixin, ImportActions, CompanyViewSet):
    """Prices and discounts: for whom, what, from which quantity, from when to when."""

    serializer_class = PriceRuleSerializer
    resource_class = PriceRuleResource
    create_service = staticmethod(create_price_rule)
    update_service = staticmethod(update_price_rule)
    takes_reason = True
    filterset_fields = {
        "price_list": ["exact"],
        "partner": ["exact"],
        "segment": ["exact"],
        "item": ["exact"],
        "category": ["exact"],
        "is_active": ["exact"],
        "valid_from": ["gte", "lte"],
    }
    ordering = "id"
    ordering_fields = ("id", "valid_from")
