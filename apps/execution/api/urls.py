from __future__ import annotations

from apps.core.api.registry import ApiRouter
from apps.execution.api.andon import AndonCallViewSet, AndonCategoryViewSet
from apps.execution.api.effectiveness import FloorMachineViewSet, OeeViewSet
from apps.execution.api.genealogy import TracedLotViewSet
from apps.execution.api.labour_spans import LabourSpanViewSet
from apps.execution.api.machine_alarms import MachineAlarmViewSet
from apps.execution.api.machine_events import MachineEventViewSet
from apps.execution.api.machine_states import (
    MachineIntervalViewSet,
    OperationRunViewSet,
    StopClassificationViewSet,
)
from apps.execution.api.material_issues import MaterialIssueViewSet
from apps.execution.api.operations import OperationViewSet
from apps.execution.api.production_reports import ProductionReportViewSet
from apps.execution.api.shift_handovers import ShiftHandoverViewSet
from apps.execution.api.tools import ToolLifeViewSet, ToolMountingViewSet
from apps.execution.api.work_orders import WorkOrderViewSet

router = ApiRouter("execution")
router.register("work-orders", WorkOrderViewSet)
router.register("production-reports", ProductionReportViewSet)
router.register("material-issues", MaterialIssueViewSet)
router.register("operations", OperationViewSet)
router.register("events", MachineEventViewSet)
router.register("machine-intervals", MachineIntervalViewSet)
router.register("operation-runs", OperationRunViewSet)
router.register("labour-spans", LabourSpanViewSet)
router.register("tool-mountings", ToolMountingViewSet)
router.register("tool-lives", ToolLifeViewSet)
router.register("machine-alarms", MachineAlarmViewSet)
router.register("stop-classifications", StopClassificationViewSet)
router.register("machines", FloorMachineViewSet)
router.register("oee", OeeViewSet)
router.register("lots", TracedLotViewSet)
router.register("andon-categories", AndonCategoryViewSet)
router.register("andon-calls", AndonCallViewSet)
router.register("shift-handovers", ShiftHandoverViewSet)
