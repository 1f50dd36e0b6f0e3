from __future__ import annotations

from apps.core.api.registry import ApiRouter
from apps.reporting.api.alerts import AlertEventViewSet, AlertRuleViewSet
from apps.reporting.api.datasets import DatasetViewSet
from apps.reporting.api.home import HomeViewSet
from apps.reporting.api.kpis import KpiViewSet
from apps.reporting.api.loss_bridge import LossBridgeViewSet
from apps.reporting.api.measures import MeasureViewSet
from apps.reporting.api.reports import DashboardViewSet, SavedReportViewSet
from apps.reporting.api.roi_cases import RoiCaseViewSet, RoiMonthViewSet
from apps.reporting.api.schedules import ReportDeliveryViewSet, ReportScheduleViewSet

router = ApiRouter("reporting")
router.register("home", HomeViewSet)
router.register("measures", MeasureViewSet)
router.register("datasets", DatasetViewSet)
router.register("saved-reports", SavedReportViewSet)
router.register("dashboards", DashboardViewSet)
router.register("report-schedules", ReportScheduleViewSet)
router.register("report-deliveries", ReportDeliveryViewSet)
router.register("alert-rules", AlertRuleViewSet)
router.register("alerts", AlertEventViewSet)
router.register("roi-cases", RoiCaseViewSet)
router.register("roi-months", RoiMonthViewSet)
router.register("loss-bridge", LossBridgeViewSet)
router.register("kpis", KpiViewSet)
