from apps.crm.models.sales_orders import SalesOrder, SalesOrderLine

__all__ = ["SalesOrder", "SalesOrderLine"]
