from __future__ import annotations

from apps.core.api.registry import ApiRouter
from apps.quality.api.control_charts import (
    ControlChartViewSet,
    ControlLimitsViewSet,
    SpcSignalViewSet,
)
from apps.quality.api.corrective_actions import CorrectiveActionViewSet, CorrectiveStepViewSet
from apps.quality.api.gauges import (
    CalibrationViewSet,
    CharacteristicViewSet,
    GaugeStudyViewSet,
    GaugeViewSet,
)
from apps.quality.api.inspection_plans import InspectionPlanViewSet
from apps.quality.api.inspections import (
    InspectionResultViewSet,
    InspectionViewSet,
    SamplingStateViewSet,
)
from apps.quality.api.nonconformances import NonconformanceViewSet

router = ApiRouter("quality")
router.register("characteristics", CharacteristicViewSet)
router.register("inspection-plans", InspectionPlanViewSet)
router.register("inspections", InspectionViewSet)
router.register("inspection-results", InspectionResultViewSet)
router.register("sampling-states", SamplingStateViewSet)
router.register("nonconformances", NonconformanceViewSet)
router.register("corrective-actions", CorrectiveActionViewSet)
router.register("corrective-steps", CorrectiveStepViewSet)
router.register("gauges", GaugeViewSet)
router.register("calibrations", CalibrationViewSet)
router.register("gauge-studies", GaugeStudyViewSet)
router.register("control-charts", ControlChartViewSet)
router.register("control-limits", ControlLimitsViewSet)
router.register("spc-signals", SpcSignalViewSet)
