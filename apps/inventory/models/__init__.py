from apps.inventory.models.balances import Reservation, StockBalance
from apps.inventory.models.documents import StockDocument, StockDocumentLine
from apps.inventory.models.expected import ExpectedMove
from apps.inventory.models.locations import Location
from apps.inventory.models.lots import Lot
from apps.inventory.models.moves import StockMove
from apps.inventory.models.valuation import (
    CostLayer,
    ItemValuation,
    LayerConsumption,
    ValuationAdjustment,
)

__all__ = [
    "CostLayer",
    "ExpectedMove",
    "ItemValuation",
    "LayerConsumption",
    "Location",
    "Lot",
    "Reservation",
    "StockBalance",
    "StockDocument",
    "StockDocumentLine",
    "StockMove",
    "ValuationAdjustment",
]
