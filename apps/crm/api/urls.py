from __future__ import annotations

from apps.core.api.registry import ApiRouter
from apps.crm.api.sales import SalesViewSet
from apps.crm.api.sales_orders import SalesOrderViewSet

router = ApiRouter("crm")
router.register("sales-orders", SalesOrderViewSet)
router.register("sales", SalesViewSet)
