from apps.quality.models.characteristics import Characteristic
from apps.quality.models.control_charts import ControlChart, ControlLimits, SpcSignal
from apps.quality.models.corrective_actions import CorrectiveAction, CorrectiveStep
from apps.quality.models.gauges import Calibration, Gauge, GaugeReading, GaugeStudy
from apps.quality.models.inspection_plans import InspectionPlan, InspectionPlanLine
from apps.quality.models.inspections import (
    Inspection,
    InspectionResult,
    SamplingState,
    Severity,
)
from apps.quality.models.nonconformances import Disposition, Nonconformance, NonconformingLot

__all__ = [
    "Calibration",
    "Characteristic",
    "ControlChart",
    "ControlLimits",
    "CorrectiveAction",
    "CorrectiveStep",
    "Disposition",
    "Gauge",
    "GaugeReading",
    "GaugeStudy",
    "Inspection",
    "InspectionPlan",
    "InspectionPlanLine",
    "InspectionResult",
    "Nonconformance",
    "NonconformingLot",
    "SamplingState",
    "Severity",
    "SpcSignal",
]
