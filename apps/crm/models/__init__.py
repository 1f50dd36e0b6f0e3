from apps.crm.models.activities import Activity, EmailDelivery, EmailLog
from apps.crm.models.customers import (
    Contact,
    CustomerProfile,
    OutcomeReason,
    Segment,
    SellerLimit,
)
from apps.crm.models.leads import Lead
from apps.crm.models.opportunities import (
    Opportunity,
    OpportunityItem,
    OpportunityStage,
    StageChange,
)
from apps.crm.models.price_lists import PriceList, PriceRule
from apps.crm.models.quotations import CostSheet, Quotation, QuotationBreak, QuotationLine
from apps.crm.models.returns import Return, ReturnCredit, ReturnLine
from apps.crm.models.sales_orders import SalesOrder, SalesOrderLine, SalesOrderLinePart
from apps.crm.models.service import Complaint, ServiceCase, WarrantyTerm

__all__ = [
    "Activity",
    "Complaint",
    "Contact",
    "CostSheet",
    "CustomerProfile",
    "EmailDelivery",
    "EmailLog",
    "Lead",
    "Opportunity",
    "OpportunityItem",
    "OpportunityStage",
    "OutcomeReason",
    "PriceList",
    "PriceRule",
    "Quotation",
    "QuotationBreak",
    "QuotationLine",
    "Return",
    "ReturnCredit",
    "ReturnLine",
    "SalesOrder",
    "SalesOrderLine",
    "SalesOrderLinePart",
    "Segment",
    "SellerLimit",
    "ServiceCase",
    "StageChange",
    "WarrantyTerm",
]
