from apps.quality.admin import (
    control_charts,
    corrective_actions,
    gauges,
    inspection_plans,
    inspections,
    nonconformances,
)

__all__ = [
    "control_charts",
    "corrective_actions",
    "gauges",
    "inspection_plans",
    "inspections",
    "nonconformances",
]
