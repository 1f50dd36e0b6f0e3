from apps.supply_chain.models.bill_matches import BillMatch
from apps.supply_chain.models.purchase_orders import PurchaseOrder, PurchaseOrderLine
from apps.supply_chain.models.receipts import Receipt, ReceiptLine
from apps.supply_chain.models.shipments import Shipment, ShipmentLine

__all__ = [
    "BillMatch",
    "PurchaseOrder",
    "PurchaseOrderLine",
    "Receipt",
    "ReceiptLine",
    "Shipment",
    "ShipmentLine",
]
