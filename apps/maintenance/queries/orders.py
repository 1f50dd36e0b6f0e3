"""What an order has: cost, parts issued, its place among the others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from apps.core.money import ZERO
from apps.core.sql import fetch_all
from apps.inventory.models import StockMove
from apps.maintenance.models import MaintenanceCharge, MaintenanceOrder

_HAS_COST = """
SELECT EXISTS (SELECT 1 FROM maintenance_partsissue WHERE order_id = %(id)s AND status = 'posted')
    OR EXISTS (SELECT 1 FROM maintenance_maintenancelabour
                WHERE order_id = %(id)s AND status = 'posted')
    OR EXISTS (SELECT 1 FROM maintenance_maintenancecharge
                WHERE order_id = %(id)s AND status IN ('draft', 'posted'))
"""
# Every entry behind an order, whoever posted it: its documents, and credits, are their sources.
_COSTS = """
WITH documents AS (
  SELECT d.order_id, d.kind, t.id AS type_id, d.id FROM (
    SELECT order_id, id, 'parts' AS kind, 'maintenance' AS app, 'partsissue' AS model
      FROM maintenance_partsissue WHERE order_id = ANY(%(ids)s)
    UNION ALL SELECT order_id, id, 'labour', 'maintenance', 'maintenancelabour'
      FROM maintenance_maintenancelabour WHERE order_id = ANY(%(ids)s)
    UNION ALL SELECT order_id, invoice_id, 'charges', 'finance', 'invoice'
      FROM maintenance_maintenancecharge WHERE order_id = ANY(%(ids)s)
    UNION ALL SELECT c.order_id, n.id, 'charges', 'finance', 'invoice'
      FROM maintenance_maintenancecharge c JOIN finance_invoice n ON n.credits_id = c.invoice_id
     WHERE c.order_id = ANY(%(ids)s)) d
  JOIN django_content_type t ON t.app_label = d.app AND t.model = d.model)
SELECT d.order_id, d.kind, sum(l.amount)
  FROM documents d
  JOIN maintenance_maintenanceorder o ON o.id = d.order_id
  JOIN maintenance_asset a ON a.id = o.asset_id
  JOIN finance_journalentry e ON e.source_type_id = d.type_id AND e.source_id = d.id
  JOIN finance_journalline l ON l.entry_id = e.id AND l.cost_object_id = a.cost_object_id
 GROUP BY d.order_id, d.kind
"""
_ISSUED = """
SELECT m.item_id, sum(CASE WHEN m.reverses_id IS NULL THEN m.quantity ELSE -m.quantity END),
       sum(CASE WHEN m.reverses_id IS NULL THEN m.counter_value ELSE -m.counter_value END)
  FROM maintenance_partsissue p
  JOIN django_content_type t ON t.app_label = 'maintenance' AND t.model = 'partsissue'
  JOIN inventory_stockmove m ON m.source_type_id = t.id AND m.source_id = p.id
 WHERE p.order_id = %s GROUP BY m.item_id
"""


@dataclass(slots=True)
class OrderCost:
    """What the ledger has on an order, in company currency."""

    parts: Decimal = ZERO
    labour: Decimal = ZERO
    charges: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        return self.parts + self.labour + self.charges


def has_posted_cost(order: MaintenanceOrder) -> bool:
    """Whether anything is posted on the order and stands, or waits for an approval."""
    return bool(fetch_all(_HAS_COST, {"id": order.pk})[0][0])


def waiting_charges(order: MaintenanceOrder) -> list[MaintenanceCharge]:
    """Suppliers' bills on the order that wait for their approval: no cost yet."""
    rows = order.maintenancecharges.filter(status=MaintenanceCharge.Status.DRAFT)
    return list(rows.select_related("partner", "invoice").order_by("pk"))


def order_costs(order_ids: Iterable[int]) -> dict[int, OrderCost]:
    """The cost of each order from journal lines, reversals taken off; one statement."""
    ids = sorted(set(order_ids))
    found = {order_id: OrderCost() for order_id in ids}
    for order_id, kind, amount in fetch_all(_COSTS, {"ids": ids}):
        setattr(found[order_id], kind, amount)
    return found


def issued_parts(order: MaintenanceOrder) -> dict[int, tuple[Decimal, Decimal]]:
    """(quantity, value) that stands issued on the order, by item."""
    return {
        item_id: (quantity, value) for item_id, quantity, value in fetch_all(_ISSUED, [order.pk])
    }


def moves_of_issue(issue_id: int, type_id: int) -> list[StockMove]:
    """The moves that an issue of parts made, without those that took it back."""
    return list(
        StockMove.objects.filter(
            source_type_id=type_id, source_id=issue_id, reverses__isnull=True
        ).order_by("id")
    )
