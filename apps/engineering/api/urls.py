from __future__ import annotations

from apps.core.api.registry import ApiRouter
from apps.engineering.api.boms import BillOfMaterialsViewSet
from apps.engineering.api.changes import EngineeringChangeViewSet
from apps.engineering.api.cost_rollups import CostRollupViewSet, StandardCostViewSet
from apps.engineering.api.instructions import (
    AcknowledgementViewSet,
    InstructionRevisionViewSet,
    WorkInstructionViewSet,
)
from apps.engineering.api.questions import DesignViewSet
from apps.engineering.api.routings import RoutingViewSet

router = ApiRouter("engineering")
router.register("boms", BillOfMaterialsViewSet)
router.register("routings", RoutingViewSet)
router.register("cost-rollups", CostRollupViewSet)
router.register("standard-costs", StandardCostViewSet)
router.register("changes", EngineeringChangeViewSet)
router.register("instructions", WorkInstructionViewSet)
router.register("instruction-revisions", InstructionRevisionViewSet)
router.register("acknowledgements", AcknowledgementViewSet)
router.register("design", DesignViewSet)
