from __future__ import annotations

from apps.core.api.registry import ApiRouter
from apps.crm.api.activities import ActivityViewSet, EmailLogViewSet
from apps.crm.api.customers import (
    ContactViewSet,
    CustomerProfileViewSet,
    OutcomeReasonViewSet,
    SegmentViewSet,
    SellerLimitViewSet,
)
from apps.crm.api.leads import LeadViewSet
from apps.crm.api.opportunities import (
    OpportunityStageViewSet,
    OpportunityViewSet,
    StageChangeViewSet,
)
from apps.crm.api.price_lists import PriceListViewSet, PriceRuleViewSet
from apps.crm.api.quotations import QuotationViewSet
from apps.crm.api.returns import ReturnViewSet
from apps.crm.api.sales import SalesViewSet
from apps.crm.api.sales_orders import SalesOrderViewSet
from apps.crm.api.service import ComplaintViewSet, ServiceCaseViewSet, WarrantyTermViewSet

router = ApiRouter("crm")
router.register("outcome-reasons", OutcomeReasonViewSet)
router.register("segments", SegmentViewSet)
router.register("customer-profiles", CustomerProfileViewSet)
router.register("contacts", ContactViewSet)
router.register("seller-limits", SellerLimitViewSet)
router.register("price-lists", PriceListViewSet)
router.register("price-rules", PriceRuleViewSet)
router.register("leads", LeadViewSet)
router.register("opportunity-stages", OpportunityStageViewSet)
router.register("opportunities", OpportunityViewSet)
router.register("stage-changes", StageChangeViewSet)
router.register("activities", ActivityViewSet)
router.register("emails", EmailLogViewSet)
router.register("quotations", QuotationViewSet)
router.register("sales-orders", SalesOrderViewSet)
router.register("warranty-terms", WarrantyTermViewSet)
router.register("service-cases", ServiceCaseViewSet)
router.register("complaints", ComplaintViewSet)
router.register("returns", ReturnViewSet)
router.register("sales", SalesViewSet)
