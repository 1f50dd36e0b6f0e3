"""What requisitions come to, and the orders that came of them."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from apps.core.sql import fetch_all
from apps.supply_chain.models import PurchaseOrder, Requisition

_TOTALS = """
SELECT r.id, coalesce(sum(l.quantity * l.unit_price), 0)
  FROM supply_chain_requisition r
  LEFT JOIN supply_chain_requisitionline l ON l.requisition_id = r.id
 WHERE r.id = ANY(%s) GROUP BY r.id
"""


def requisition_totals(keys: Iterable[int]) -> dict[int, Decimal]:
    """The estimate of each requisition in company currency, not rounded."""
    return dict(fetch_all(_TOTALS, [list(keys)]))


def orders_of_requisition(requisition_id: int) -> list[PurchaseOrder]:
    """The purchase orders with lines of a requisition."""
    return list(
        PurchaseOrder.objects.filter(lines__requisition_line__requisition=requisition_id)
        .distinct()
        .order_by("pk")
    )


def requisitions_of_order(order_id: int) -> list[Requisition]:
    """The requisitions that an order has lines of."""
    return list(
        Requisition.objects.filter(lines__order_lines__order=order_id).distinct().order_by("pk")
    )
