from __future__ import annotations

from apps.core.api.registry import ApiRouter
from apps.execution.api.material_issues import MaterialIssueViewSet
from apps.execution.api.production_reports import ProductionReportViewSet
from apps.execution.api.work_orders import WorkOrderViewSet

router = ApiRouter("execution")
router.register("work-orders", WorkOrderViewSet)
router.register("production-reports", ProductionReportViewSet)
router.register("material-issues", MaterialIssueViewSet)
