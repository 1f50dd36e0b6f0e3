from apps.engineering.models.boms import BillOfMaterials, BomLine
from apps.engineering.models.changes import ChangeLine, Disposition, EngineeringChange
from apps.engineering.models.costs import CostRollup, StandardCost
from apps.engineering.models.instructions import (
    Acknowledgement,
    InstructionRevision,
    InstructionStep,
    WorkInstruction,
)
from apps.engineering.models.routings import Routing, RoutingOperation

__all__ = [
    "Acknowledgement",
    "BillOfMaterials",
    "BomLine",
    "ChangeLine",
    "CostRollup",
    "Disposition",
    "EngineeringChange",
    "InstructionRevision",
    "InstructionStep",
    "Routing",
    "RoutingOperation",
    "StandardCost",
    "WorkInstruction",
]
