from apps.execution.models.genealogy import GenealogyEdge
from apps.execution.models.machine_events import MachineEvent
from apps.execution.models.machine_outputs import MachineOutput
from apps.execution.models.machine_states import MachineInterval, OperationRun
from apps.execution.models.material_issues import MaterialIssue
from apps.execution.models.production_reports import ProductionReport
from apps.execution.models.stop_classifications import StopClassification
from apps.execution.models.work_orders import WorkOrder, WorkOrderComponent, WorkOrderOperation

__all__ = [
    "GenealogyEdge",
    "MachineEvent",
    "MachineInterval",
    "MachineOutput",
    "MaterialIssue",
    "OperationRun",
    "ProductionReport",
    "StopClassification",
    "WorkOrder",
    "WorkOrderComponent",
    "WorkOrderOperation",
]
