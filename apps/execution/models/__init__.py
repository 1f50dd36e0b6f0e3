from apps.execution.models.andon import AndonCall, AndonCategory, AndonEscalation, AndonStep
from apps.execution.models.genealogy import GenealogyEdge
from apps.execution.models.labour_spans import LabourSpan
from apps.execution.models.machine_alarms import MachineAlarm
from apps.execution.models.machine_events import MachineEvent
from apps.execution.models.machine_outputs import MachineOutput
from apps.execution.models.machine_states import MachineInterval, OperationRun
from apps.execution.models.material_issues import MaterialIssue
from apps.execution.models.production_reports import ProductionReport
from apps.execution.models.shift_handovers import ShiftHandover, ShiftHandoverNote
from apps.execution.models.stop_classifications import StopClassification
from apps.execution.models.tools import ToolLife, ToolMounting
from apps.execution.models.work_orders import WorkOrder, WorkOrderComponent, WorkOrderOperation

__all__ = [
    "AndonCall",
    "AndonCategory",
    "AndonEscalation",
    "AndonStep",
    "GenealogyEdge",
    "LabourSpan",
    "MachineAlarm",
    "MachineEvent",
    "MachineInterval",
    "MachineOutput",
    "MaterialIssue",
    "OperationRun",
    "ProductionReport",
    "ShiftHandover",
    "ShiftHandoverNote",
    "StopClassification",
    "ToolLife",
    "ToolMounting",
    "WorkOrder",
    "WorkOrderComponent",
    "WorkOrderOperation",
]
