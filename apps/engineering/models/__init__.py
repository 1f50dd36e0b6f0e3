from apps.engineering.models.boms import BillOfMaterials, BomLine
from apps.engineering.models.costs import CostRollup, StandardCost
from apps.engineering.models.routings import Routing, RoutingOperation

__all__ = [
    "BillOfMaterials",
    "BomLine",
    "CostRollup",
    "Routing",
    "RoutingOperation",
    "StandardCost",
]
