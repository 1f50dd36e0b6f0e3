from apps.supply_chain.admin import (
    bill_matches,
    purchase_order_lines,
    purchase_orders,
    receipts,
    shipments,
)

__all__ = ["bill_matches", "purchase_order_lines", "purchase_orders", "receipts", "shipments"]
