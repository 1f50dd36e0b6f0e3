from apps.engineering.admin import boms, cost_rollups, routings

__all__ = ["boms", "cost_rollups", "routings"]
