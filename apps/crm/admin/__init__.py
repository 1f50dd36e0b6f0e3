from apps.crm.admin import sales_orders

__all__ = ["sales_orders"]
