from apps.execution.admin import (
    andon,
    material_issues,
    production_reports,
    shift_handovers,
    work_orders,
)

__all__ = ["andon", "material_issues", "production_reports", "shift_handovers", "work_orders"]
