"""What people keep of reports: questions, dashboards, schedules, alerts, investments."""

from apps.reporting.models.alerts import AlertEvent, AlertRule
from apps.reporting.models.reports import Dashboard, DashboardTile, SavedReport
from apps.reporting.models.roi_cases import RoiCase, RoiFlow, RoiMonth
from apps.reporting.models.schedules import ReportDelivery, ReportSchedule

__all__ = [
    "AlertEvent",
    "AlertRule",
    "Dashboard",
    "DashboardTile",
    "ReportDelivery",
    "ReportSchedule",
    "RoiCase",
    "RoiFlow",
    "RoiMonth",
    "SavedReport",
]
