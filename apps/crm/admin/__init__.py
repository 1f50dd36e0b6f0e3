from apps.crm.admin import (
    activities,
    customers,
    leads,
    opportunities,
    price_lists,
    quotations,
    returns,
    sales_orders,
    service,
)

__all__ = [
    "activities",
    "customers",
    "leads",
    "opportunities",
    "price_lists",
    "quotations",
    "returns",
    "sales_orders",
    "service",
]
