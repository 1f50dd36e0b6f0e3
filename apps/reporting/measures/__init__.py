"""What the registers can say: figures (measures), charts and work lists, each defined once."""

from apps.reporting.measures import (
    administration,
    alerts,
    effectiveness,
    finance,
    floor,
    machines,
    maintenance,
    people,
    projects,
    sales,
    stock,
    trade,
)
from apps.reporting.measures.registry import (
    Chart,
    Measure,
    Unit,
    Worklist,
    charts,
    measures,
    worklists,
)

__all__ = [
    "Chart",
    "Measure",
    "Unit",
    "Worklist",
    "administration",
    "alerts",
    "charts",
    "effectiveness",
    "finance",
    "floor",
    "machines",
    "maintenance",
    "measures",
    "people",
    "projects",
    "sales",
    "stock",
    "trade",
    "worklists",
]
