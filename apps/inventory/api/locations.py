from __future__ import annotations

from apps.core.api.bases import MasterDataViewSet
from apps.core.api.serializers import AUDIT_FIELDS, MASTER_DATA_FIELDS, StrictModelSerializer
from apps.inventory.models import Location
from apps.inventory.resources import LocationResource
from apps.inventory.services.locations import create_location, update_location


class LocationSerializer(StrictModelSerializer):
    class Meta:
        model = Location
        fields = (
            *MASTER_DATA_FIELDS,
            "kind",
            "site",
            "parent",
            "held_by",
            "owner",
            "use",
            "walk_order",
            "max_quantity",
            "max_weight",
            "max_volume",
            "is_single_item",
            "is_quarantine",
            *AUDIT_FIELDS,
        )


class LocationViewSet(MasterDataViewSet):
    """Places of ours, and those that stand for a reason: suppliers, customers, scrap."""

    serializer_class = LocationSerializer
    resource_class = LocationResource
    create_service = staticmethod(create_location)
    update_service = staticmethod(update_location)
    filterset_fields = (
        "code", "is_active", "kind", "site", "parent", "held_by", "owner", "use", "is_quarantine",
    )  # fmt: skip
