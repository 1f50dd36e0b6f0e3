from __future__ import annotations

from dataclasses import asdict
from typing import Any

from apps.core.api.answers import shape_of
from apps.core.api.fields import ChoiceField
from apps.core.api.questions import question
from apps.core.api.references import ReferenceField
from apps.core.api.serializers import CompanyField, StrictModelSerializer, StrictSerializer
from apps.core.api.views import ReadViewSet
from apps.core.models import Company, Site
from apps.masterdata.models import Item
from apps.planning.models import PlannedItem
from apps.planning.queries.grids import DAY, MONTH, WEEK, Bucket, item_grid


class GridQuestion(StrictSerializer):
    company = CompanyField()
    item = ReferenceField(Item, related=("company",))
    site = ReferenceField(Site)
    by = ChoiceField([DAY, WEEK, MONTH], required=False)


class PlannedItemSerializer(StrictModelSerializer):
    class Meta:
        model = PlannedItem
        fields = (
            "id",
            "company",
            "run",
            "item",
            "site",
            "low_level_code",
            "on_hand",
            "safety_stock",
        )
        read_only_fields = fields


class PlannedItemViewSet(ReadViewSet):
    """Which items the plan holds, and where it started from."""

    serializer_class = PlannedItemSerializer
    query_parameters = ("company", "item", "site", "by")
    filterset_fields = ("item", "site", "run", "low_level_code")
    ordering = "id"
    ordering_fields = ("id",)

    @question(
        "grid",
        GridQuestion,
        "planning.view_planneditem",
        "planning.view_plannedorder",
        row=shape_of(Bucket),
    )
    def grid(
        self, *, company: Company, item: Item, site: Site, by: str = WEEK
    ) -> list[dict[str, Any]]:
        """The MRP grid of an item at a site, by day, week or month; empty when not planned."""
        found = item_grid(item, site, by=by)
        return [asdict(bucket) for bucket in found.buckets] if found else []
