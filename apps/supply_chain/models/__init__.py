from apps.supply_chain.models.bill_matches import BillMatch
from apps.supply_chain.models.carriers import CarrierRate, CarrierService, ItemTradeData
from apps.supply_chain.models.consignments import (
    Consignment,
    ConsignmentShipment,
    DeliveryException,
    ProofOfDelivery,
)
from apps.supply_chain.models.order_confirmations import OrderConfirmation
from apps.supply_chain.models.purchase_contracts import PurchaseContract, PurchaseContractLine
from apps.supply_chain.models.purchase_orders import PurchaseOrder, PurchaseOrderLine
from apps.supply_chain.models.receipts import Receipt, ReceiptLine
from apps.supply_chain.models.reorder_rules import ReorderRule
from apps.supply_chain.models.requests_for_quotation import (
    Bid,
    BidLine,
    RequestedLine,
    RequestedSupplier,
    RequestForQuotation,
)
from apps.supply_chain.models.requisitions import Requisition, RequisitionLine
from apps.supply_chain.models.shipments import Shipment, ShipmentLine
from apps.supply_chain.models.shipping_notices import ShippingNotice, ShippingNoticeLine
from apps.supply_chain.models.subcontracting import SubcontractComponent
from apps.supply_chain.models.supplier_access import SupplierAccess
from apps.supply_chain.models.supplier_items import (
    PurchasingPolicy,
    SupplierCalendar,
    SupplierClosure,
    SupplierItem,
    SupplierPrice,
)
from apps.supply_chain.models.supplier_returns import (
    SupplierReturn,
    SupplierReturnCredit,
    SupplierReturnLine,
)

__all__ = [
    "Bid",
    "BidLine",
    "BillMatch",
    "CarrierRate",
    "CarrierService",
    "Consignment",
    "ConsignmentShipment",
    "DeliveryException",
    "ItemTradeData",
    "OrderConfirmation",
    "ProofOfDelivery",
    "PurchaseContract",
    "PurchaseContractLine",
    "PurchaseOrder",
    "PurchaseOrderLine",
    "PurchasingPolicy",
    "Receipt",
    "ReceiptLine",
    "ReorderRule",
    "RequestForQuotation",
    "RequestedLine",
    "RequestedSupplier",
    "Requisition",
    "RequisitionLine",
    "Shipment",
    "ShipmentLine",
    "ShippingNotice",
    "ShippingNoticeLine",
    "SubcontractComponent",
    "SupplierAccess",
    "SupplierCalendar",
    "SupplierClosure",
    "SupplierItem",
    "SupplierPrice",
    "SupplierReturn",
    "SupplierReturnCredit",
    "SupplierReturnLine",
]
