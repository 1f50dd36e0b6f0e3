from apps.maintenance.models.assets import Asset
from apps.maintenance.models.capacity import CapacityReservation
from apps.maintenance.models.costs import MaintenanceCharge, MaintenanceLabour, PartsIssue
from apps.maintenance.models.failure_codes import FailureCode
from apps.maintenance.models.meters import Meter, MeterReading, MeterTotal
from apps.maintenance.models.orders import MaintenanceOrder, MaintenancePart, OrderTask
from apps.maintenance.models.plans import MaintenancePlan, PlanPart, PlanTask
from apps.maintenance.models.requests import MaintenanceRequest

__all__ = [
    "Asset",
    "CapacityReservation",
    "FailureCode",
    "MaintenanceCharge",
    "MaintenanceLabour",
    "MaintenanceOrder",
    "MaintenancePart",
    "MaintenancePlan",
    "MaintenanceRequest",
    "Meter",
    "MeterReading",
    "MeterTotal",
    "OrderTask",
    "PartsIssue",
    "PlanPart",
    "PlanTask",
]
