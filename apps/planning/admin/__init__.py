from apps.planning.admin import forecasts, item_plannings, plans, schedules

__all__ = ["forecasts", "item_plannings", "plans", "schedules"]
