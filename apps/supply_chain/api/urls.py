from __future__ import annotations

from apps.core.api.registry import ApiRouter
from apps.supply_chain.api.bill_matches import BillMatchViewSet
from apps.supply_chain.api.carriers import (
    CarrierRateViewSet,
    CarrierServiceViewSet,
    ItemTradeDataViewSet,
)
from apps.supply_chain.api.consignments import ConsignmentViewSet, ProofOfDeliveryViewSet
from apps.supply_chain.api.order_confirmations import OrderConfirmationViewSet
from apps.supply_chain.api.purchase_contracts import PurchaseContractViewSet
from apps.supply_chain.api.purchase_order_lines import PurchaseOrderLineViewSet
from apps.supply_chain.api.purchase_orders import PurchaseOrderViewSet
from apps.supply_chain.api.purchasing import PurchasingViewSet
from apps.supply_chain.api.receipts import ReceiptViewSet
from apps.supply_chain.api.reorder_rules import ReorderRuleViewSet
from apps.supply_chain.api.requests_for_quotation import BidViewSet, RequestForQuotationViewSet
from apps.supply_chain.api.requisitions import RequisitionViewSet
from apps.supply_chain.api.shipments import ShipmentViewSet
from apps.supply_chain.api.shipping_notices import ShippingNoticeViewSet
from apps.supply_chain.api.supplier_access import SupplierAccessViewSet
from apps.supply_chain.api.supplier_items import (
    PurchasingPolicyViewSet,
    SupplierCalendarViewSet,
    SupplierClosureViewSet,
    SupplierItemViewSet,
    SupplierPriceViewSet,
)
from apps.supply_chain.api.supplier_returns import SupplierReturnViewSet

router = ApiRouter("supply_chain")
router.register("purchase-orders", PurchaseOrderViewSet)
router.register("purchase-order-lines", PurchaseOrderLineViewSet)
router.register("order-confirmations", OrderConfirmationViewSet)
router.register("shipping-notices", ShippingNoticeViewSet)
router.register("supplier-items", SupplierItemViewSet)
router.register("supplier-prices", SupplierPriceViewSet)
router.register("supplier-calendars", SupplierCalendarViewSet)
router.register("supplier-closures", SupplierClosureViewSet)
router.register("purchasing-policies", PurchasingPolicyViewSet)
router.register("reorder-rules", ReorderRuleViewSet)
router.register("requests-for-quotation", RequestForQuotationViewSet)
router.register("bids", BidViewSet)
router.register("purchase-contracts", PurchaseContractViewSet)
router.register("requisitions", RequisitionViewSet)
router.register("purchasing", PurchasingViewSet, "supply_chain-purchasing")
router.register("receipts", ReceiptViewSet)
router.register("bill-matches", BillMatchViewSet)
router.register("shipments", ShipmentViewSet)
router.register("supplier-returns", SupplierReturnViewSet)
router.register("supplier-accesses", SupplierAccessViewSet)
router.register("carrier-services", CarrierServiceViewSet)
router.register("carrier-rates", CarrierRateViewSet)
router.register("item-trade-data", ItemTradeDataViewSet)
router.register("consignments", ConsignmentViewSet)
router.register("proofs-of-delivery", ProofOfDeliveryViewSet)
