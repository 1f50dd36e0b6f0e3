from apps.supply_chain.admin import (
    bill_matches,
    order_confirmations,
    purchase_contracts,
    purchase_order_lines,
    purchase_orders,
    receipts,
    reorder_rules,
    requests_for_quotation,
    requisitions,
    shipments,
    shipping_notices,
    supplier_items,
)

__all__ = [
    "bill_matches",
    "order_confirmations",
    "purchase_contracts",
    "purchase_order_lines",
    "purchase_orders",
    "receipts",
    "reorder_rules",
    "requests_for_quotation",
    "requisitions",
    "shipments",
    "shipping_notices",
    "supplier_items",
]
