from apps.planning.models.action_messages import ActionMessage
from apps.planning.models.forecasts import Forecast, MasterScheduleLine
from apps.planning.models.item_plannings import ItemPlanning
from apps.planning.models.planned_orders import Pegging, PlannedItem, PlannedOrder
from apps.planning.models.planning_runs import PlanningRun
from apps.planning.models.schedules import ChangeoverRule, Schedule, ScheduledOperation

__all__ = [
    "ActionMessage",
    "ChangeoverRule",
    "Forecast",
    "ItemPlanning",
    "MasterScheduleLine",
    "Pegging",
    "PlannedItem",
    "PlannedOrder",
    "PlanningRun",
    "Schedule",
    "ScheduledOperation",
]
