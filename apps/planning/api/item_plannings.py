from __future__ import annotations

from apps.core.api.serializers import AUDIT_FIELDS, StrictModelSerializer
from apps.core.api.views import CompanyViewSet, CreateMixin, UpdateMixin
from apps.planning.models import ItemPlanning
from apps.planning.services.item_plannings import create_item_planning, update_item_planning


class ItemPlanningSerializer(StrictModelSerializer):
    class Meta:
        model = ItemPlanning
        fields = (
            "id",
            "company",
            "item",
            "site",
            "policy",
            "source",
            "source_site",
            "lot_rule",
            "lot_size",
            "lot_minimum",
            "lot_multiple",
            "period_days",
            "safety_stock",
            "safety_days",
            "lead_time_days",
            "scrap_percent",
            "planning_fence_days",
            "demand_fence_days",
            "backward_days",
            "forward_days",
            "planner",
            *AUDIT_FIELDS,
        )


class ItemPlanningViewSet(CreateMixin, UpdateMixin, CompanyViewSet):
    """How items are planned at sites."""

    serializer_class = ItemPlanningSerializer
    create_service = staticmethod(create_item_planning)
    update_service = staticmethod(update_item_planning)
    takes_reason = True
    filterset_fields = ("item", "site", "policy", "source", "lot_rule", "planner")
    ordering_fields = ("id",)
