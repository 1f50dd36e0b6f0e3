from apps.engineering.admin import boms, changes, cost_rollups, instructions, routings

__all__ = ["boms", "changes", "cost_rollups", "instructions", "routings"]
