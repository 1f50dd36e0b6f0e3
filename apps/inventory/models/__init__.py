from apps.inventory.models.balances import Reservation, StockBalance
from apps.inventory.models.counts import CountClass, ItemClass, StockCount, StockCountLine
from apps.inventory.models.documents import StockDocument, StockDocumentLine
from apps.inventory.models.expected import ExpectedMove
from apps.inventory.models.handling import ItemHandling, PutAwayRule
from apps.inventory.models.kanban import KanbanCard, KanbanLoop
from apps.inventory.models.kit_assemblies import KitAssembly, KitComponent
from apps.inventory.models.landed_costs import LandedCost, LandedCostLine
from apps.inventory.models.locations import Location
from apps.inventory.models.lots import Lot
from apps.inventory.models.moves import StockMove
from apps.inventory.models.packages import Package, SsccSeries
from apps.inventory.models.pick_lists import PickLine, PickList
from apps.inventory.models.returned_units import ReturnedUnits
from apps.inventory.models.valuation import (
    CostLayer,
    ItemValuation,
    LayerConsumption,
    ValuationAdjustment,
)
from apps.inventory.models.write_downs import WriteDown, WriteDownLine

__all__ = [
    "CostLayer",
    "CountClass",
    "ExpectedMove",
    "ItemClass",
    "ItemHandling",
    "ItemValuation",
    "KanbanCard",
    "KanbanLoop",
    "KitAssembly",
    "KitComponent",
    "LandedCost",
    "LandedCostLine",
    "LayerConsumption",
    "Location",
    "Lot",
    "Package",
    "PickLine",
    "PickList",
    "PutAwayRule",
    "Reservation",
    "ReturnedUnits",
    "SsccSeries",
    "StockBalance",
    "StockCount",
    "StockCountLine",
    "StockDocument",
    "StockDocumentLine",
    "StockMove",
    "ValuationAdjustment",
    "WriteDown",
    "WriteDownLine",
]
