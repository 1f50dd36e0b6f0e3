"""What reorder rules reckon with: usage, learned lead times, stock and what is on its way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date as Date
from decimal import Decimal
from typing import Any

from apps.core.models import Company
from apps.core.money import ZERO
from apps.core.sql import fetch_all
from apps.supply_chain.reordering import Demand, LeadTime

#: Fewer receipts than this teach nothing: then the stated lead time holds.
LEAST_RECEIPTS = 3
#: Lead times older than this are another supplier's.
LEAD_TIME_DAYS = 730
# What left the shelves of the site for use or sale and was not taken back. An item that is known
# for a shorter time than the rule looks back is judged by that time.
_DEMAND = """
SELECT r.id, least(r.history_days, greatest(%(today)s - first.date + 1, 1)),
       coalesce(sum(d.quantity), 0), coalesce(sum(d.quantity * d.quantity), 0)
  FROM supply_chain_reorderrule r
  JOIN LATERAL (SELECT min(date) AS date FROM inventory_stockmove WHERE item_id = r.item_id)
       AS first ON true
  LEFT JOIN LATERAL (
       SELECT m.date, sum(m.quantity) AS quantity
         FROM inventory_stockmove m
         JOIN inventory_location f ON f.id = m.from_location_id
         JOIN inventory_location t ON t.id = m.to_location_id
        WHERE m.item_id = r.item_id AND m.date > %(today)s - r.history_days
          AND m.date <= %(today)s AND f.kind = 'internal' AND f.site_id = r.site_id
          AND f.held_by_id IS NULL
          AND (t.kind IN ('customer', 'production', 'maintenance', 'asset', 'project')
               OR t.held_by_id IS NOT NULL)
          AND m.reverses_id IS NULL
          AND NOT EXISTS (SELECT FROM inventory_stockmove w WHERE w.reverses_id = m.id)
        GROUP BY m.date) AS d ON true
 WHERE r.id = ANY(%(rules)s) AND first.date IS NOT NULL
 GROUP BY r.id, first.date
"""
_LEAD_TIMES = """
SELECT l.item_id, o.partner_id, count(*),
       percentile_cont(0.5) WITHIN GROUP (ORDER BY h.date - o.order_date),
       percentile_cont(0.9) WITHIN GROUP (ORDER BY h.date - o.order_date)
  FROM supply_chain_receiptline r
  JOIN supply_chain_receipt h ON h.id = r.receipt_id AND h.status = 'posted'
  JOIN supply_chain_purchaseorderline l ON l.id = r.order_line_id
  JOIN supply_chain_purchaseorder o ON o.id = l.order_id
 WHERE h.company_id = %(company)s AND l.item_id = ANY(%(items)s) AND r.quantity > 0
   AND h.date > %(today)s - %(days)s AND h.date >= o.order_date
 GROUP BY 1, 2
"""
_ON_HAND = """
SELECT b.item_id, p.site_id, sum(b.quantity)
  FROM inventory_stockbalance b
  JOIN inventory_location p ON p.id = b.location_id
  LEFT JOIN inventory_lot t ON t.id = b.lot_id
 WHERE b.company_id = %(company)s AND b.item_id = ANY(%(items)s) AND p.kind = 'internal'
   AND NOT p.is_quarantine AND p.held_by_id IS NULL
   AND coalesce(t.status, 'available') = 'available'
 GROUP BY 1, 2
"""
# What is reserved for a line that is expected to go out counts there.
_RESERVED = """
SELECT v.item_id, p.site_id, sum(v.quantity)
  FROM inventory_reservation v
  JOIN inventory_location p ON p.id = v.location_id
 WHERE v.company_id = %(company)s AND v.item_id = ANY(%(items)s)
   AND NOT EXISTS (SELECT FROM inventory_expectedmove e
                    WHERE e.source_type_id = v.source_type_id AND e.source_id = v.source_id
                      AND e.is_open AND e.direction = 'out')
 GROUP BY 1, 2
"""
_EXPECTED = """
SELECT item_id, site_id, direction, due_date, sum(greatest(quantity - quantity_done, 0))
  FROM inventory_expectedmove
 WHERE is_open AND cost_object_id IS NULL AND company_id = %(company)s AND item_id = ANY(%(items)s)
 GROUP BY 1, 2, 3, 4
"""
_REQUESTED = """
SELECT item_id, site_id, sum(quantity) FROM (
  SELECT l.item_id, r.site_id, l.stock_quantity AS quantity
    FROM supply_chain_requisitionline l
    JOIN supply_chain_requisition r ON r.id = l.requisition_id
   WHERE r.company_id = %(company)s AND r.status IN ('draft', 'submitted', 'approved')
     AND l.item_id = ANY(%(items)s) AND l.cost_object_id IS NULL
  UNION ALL
  SELECT l.item_id, o.site_id, l.stock_quantity
    FROM supply_chain_purchaseorderline l
    JOIN supply_chain_purchaseorder o ON o.id = l.order_id
   WHERE o.company_id = %(company)s AND o.status = 'draft'
     AND l.item_id = ANY(%(items)s) AND l.cost_object_id IS NULL) AS asked
 GROUP BY 1, 2
"""

Place = tuple[int, int]


@dataclass(slots=True)
class Flows:
    """Stock of items at sites, by (item, site); what goes out by day."""

    on_hand: dict[Place, Decimal] = field(default_factory=dict)
    reserved: dict[Place, Decimal] = field(default_factory=dict)
    requested: dict[Place, Decimal] = field(default_factory=dict)
    coming: dict[Place, Decimal] = field(default_factory=dict)
    going: dict[Place, list[tuple[Date, Decimal]]] = field(default_factory=dict)

    def going_until(self, place: Place, day: Date | None = None) -> Decimal:
        """What is promised to go out by ``day``, or at all."""
        days = self.going.get(place, ())
        return sum((much for due, much in days if day is None or due <= day), ZERO)


def demands(rule_ids: Iterable[int], today: Date) -> dict[int, Demand]:
    """Usage by rule; none for an item that never moved. One statement."""
    rows = fetch_all(_DEMAND, {"rules": list(rule_ids), "today": today})
    return {key: Demand(days, total, squares) for key, days, total, squares in rows}


def learned_lead_times(
    company: Company, item_ids: Iterable[int], today: Date
) -> dict[Place, LeadTime]:
    """Percentiles of days from order to receipt, by (item, supplier). One statement."""
    parameters = {
        "company": company.pk,
        "items": list(item_ids),
        "today": today,
        "days": LEAD_TIME_DAYS,
    }
    return {
        (item_id, partner_id): LeadTime(_days(p50), _days(p90), receipts)
        for item_id, partner_id, receipts, p50, p90 in fetch_all(_LEAD_TIMES, parameters)
        if receipts >= LEAST_RECEIPTS
    }


def flows(company: Company, item_ids: Iterable[int]) -> Flows:
    """Stock and what is on its way of these items at all sites. Four statements."""
    parameters: dict[str, Any] = {"company": company.pk, "items": list(item_ids)}
    found = Flows()
    for statement, kept in (
        (_ON_HAND, found.on_hand),
        (_RESERVED, found.reserved),
        (_REQUESTED, found.requested),
    ):
        kept.update({(item, site): much for item, site, much in fetch_all(statement, parameters)})
    for item, site, direction, due, much in fetch_all(_EXPECTED, parameters):
        if direction == "in":
            found.coming[item, site] = found.coming.get((item, site), ZERO) + much
        else:
            found.going.setdefault((item, site), []).append((due, much))
    return found


def _days(value: float) -> Decimal:
    """Percentiles are interpolated in floating point: tenths of days are exact enough."""
    return round(Decimal(repr(value)), 1)
