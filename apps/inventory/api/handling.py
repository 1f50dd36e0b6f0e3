from __future__ import annotations

from apps.core.api.bases import MasterDataViewSet
from apps.core.api.serializers import AUDIT_FIELDS, MASTER_DATA_FIELDS, StrictModelSerializer
from apps.inventory.models import ItemHandling, PutAwayRule
from apps.inventory.resources import ItemHandlingResource, PutAwayRuleResource
from apps.inventory.services.handling import (
    create_item_handling,
    create_put_away_rule,
    update_item_handling,
    update_put_away_rule,
)


class ItemHandlingSerializer(StrictModelSerializer):
    class Meta:
        model = ItemHandling
        fields = (
            *MASTER_DATA_FIELDS,
            "item",
            "category",
            "pick_strategy",
            "unit_weight",
            "unit_volume",
            *AUDIT_FIELDS,
        )


class ItemHandlingViewSet(MasterDataViewSet):
    """How an item, or all of a category, is picked, and what a unit of it weighs."""

    serializer_class = ItemHandlingSerializer
    resource_class = ItemHandlingResource
    create_service = staticmethod(create_item_handling)
    update_service = staticmethod(update_item_handling)
    filterset_fields = ("code", "is_active", "item", "category")


class PutAwayRuleSerializer(StrictModelSerializer):
    class Meta:
        model = PutAwayRule
        fields = (
            *MASTER_DATA_FIELDS,
            "position",
            "item",
            "category",
            "location",
            "strategy",
            *AUDIT_FIELDS,
        )


class PutAwayRuleViewSet(MasterDataViewSet):
    """Where goods go from the dock."""

    serializer_class = PutAwayRuleSerializer
    resource_class = PutAwayRuleResource
    create_service = staticmethod(create_put_away_rule)
    update_service = staticmethod(update_put_away_rule)
    filterset_fields = ("code", "is_active", "item", "category", "location", "strategy")
