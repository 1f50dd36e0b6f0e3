from __future__ import annotations

from apps.core.api.registry import ApiRouter
from apps.planning.api.action_messages import ActionMessageViewSet
from apps.planning.api.forecasts import ForecastViewSet, MasterScheduleLineViewSet
from apps.planning.api.grids import PlannedItemViewSet
from apps.planning.api.item_plannings import ItemPlanningViewSet
from apps.planning.api.planned_orders import PeggingViewSet, PlannedOrderViewSet
from apps.planning.api.planning_runs import PlanningRunViewSet
from apps.planning.api.schedules import (
    ChangeoverRuleViewSet,
    ScheduledOperationViewSet,
    ScheduleViewSet,
)

router = ApiRouter("planning")
router.register("item-plannings", ItemPlanningViewSet)
router.register("forecasts", ForecastViewSet)
router.register("master-schedule-lines", MasterScheduleLineViewSet)
router.register("planning-runs", PlanningRunViewSet)
router.register("planned-items", PlannedItemViewSet)
router.register("planned-orders", PlannedOrderViewSet)
router.register("pegging", PeggingViewSet)
router.register("action-messages", ActionMessageViewSet)
router.register("changeover-rules", ChangeoverRuleViewSet)
router.register("schedules", ScheduleViewSet)
router.register("scheduled-operations", ScheduledOperationViewSet)
