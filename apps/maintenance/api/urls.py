from __future__ import annotations

from apps.core.api.registry import ApiRouter
from apps.maintenance.api.assets import AssetViewSet, FailureCodeViewSet
from apps.maintenance.api.capacity import CapacityReservationViewSet
from apps.maintenance.api.costs import (
    MaintenanceChargeViewSet,
    MaintenanceLabourViewSet,
    PartsIssueViewSet,
)
from apps.maintenance.api.meters import MeterReadingViewSet, MeterTotalViewSet, MeterViewSet
from apps.maintenance.api.orders import MaintenanceOrderViewSet
from apps.maintenance.api.plans import MaintenancePlanViewSet
from apps.maintenance.api.requests import MaintenanceRequestViewSet

router = ApiRouter("maintenance")
router.register("assets", AssetViewSet)
router.register("meters", MeterViewSet)
router.register("meter-readings", MeterReadingViewSet)
router.register("meter-totals", MeterTotalViewSet)
router.register("failure-codes", FailureCodeViewSet)
router.register("plans", MaintenancePlanViewSet)
router.register("requests", MaintenanceRequestViewSet)
router.register("orders", MaintenanceOrderViewSet)
router.register("parts-issues", PartsIssueViewSet)
router.register("labour", MaintenanceLabourViewSet)
router.register("charges", MaintenanceChargeViewSet)
router.register("capacity-reservations", CapacityReservationViewSet)
