from apps.maintenance.admin import assets, costs, meters, orders, plans, registers, requests

__all__ = ["assets", "costs", "meters", "orders", "plans", "registers", "requests"]
