from __future__ import annotations

from apps.core.api.registry import ApiRouter
from apps.inventory.api.counts import CountClassViewSet, ItemClassViewSet, StockCountViewSet
from apps.inventory.api.handling import ItemHandlingViewSet, PutAwayRuleViewSet
from apps.inventory.api.kanban import KanbanCardViewSet, KanbanLoopViewSet
from apps.inventory.api.kit_assemblies import KitAssemblyViewSet
from apps.inventory.api.labels import LabelViewSet
from apps.inventory.api.landed_costs import LandedCostViewSet
from apps.inventory.api.locations import LocationViewSet
from apps.inventory.api.lots import LotViewSet
from apps.inventory.api.packages import PackageViewSet, SsccSeriesViewSet
from apps.inventory.api.pick_lists import PickListViewSet
from apps.inventory.api.registers import (
    CostLayerViewSet,
    ExpectedMoveViewSet,
    ItemValuationViewSet,
    ReservationViewSet,
    StockBalanceViewSet,
    StockMoveViewSet,
    ValuationAdjustmentViewSet,
)
from apps.inventory.api.stock import StockViewSet
from apps.inventory.api.stock_documents import StockDocumentViewSet
from apps.inventory.api.stock_figures import StockFigureViewSet
from apps.inventory.api.write_downs import WriteDownViewSet

router = ApiRouter("inventory")
router.register("locations", LocationViewSet)
router.register("lots", LotViewSet)
router.register("stock-documents", StockDocumentViewSet)
router.register("count-classes", CountClassViewSet)
router.register("item-classes", ItemClassViewSet)
router.register("stock-counts", StockCountViewSet)
router.register("labels", LabelViewSet)
router.register("sscc-series", SsccSeriesViewSet)
router.register("packages", PackageViewSet)
router.register("item-handling", ItemHandlingViewSet)
router.register("put-away-rules", PutAwayRuleViewSet)
router.register("pick-lists", PickListViewSet)
router.register("kanban-loops", KanbanLoopViewSet)
router.register("kanban-cards", KanbanCardViewSet)
router.register("kit-assemblies", KitAssemblyViewSet)
router.register("write-downs", WriteDownViewSet)
router.register("landed-costs", LandedCostViewSet)
router.register("stock", StockViewSet)
router.register("stock-figures", StockFigureViewSet)
router.register("stock-balances", StockBalanceViewSet)
router.register("reservations", ReservationViewSet)
router.register("expected-moves", ExpectedMoveViewSet)
router.register("stock-moves", StockMoveViewSet)
router.register("item-valuations", ItemValuationViewSet)
router.register("cost-layers", CostLayerViewSet)
router.register("valuation-adjustments", ValuationAdjustmentViewSet)
