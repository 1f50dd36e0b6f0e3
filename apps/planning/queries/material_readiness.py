"""When the components of released orders will be there: stock first, then what is on its way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal

from apps.core.money import ZERO
from apps.core.sql import fetch_all

# Everything that takes the same items competes for them, the earliest due first.
_DEMAND = """
SELECT e.item_id, e.quantity - e.quantity_done, c.work_order_id
  FROM inventory_expectedmove e
  LEFT JOIN django_content_type t ON t.id = e.source_type_id
   AND t.app_label = 'execution' AND t.model = 'workordercomponent'
  LEFT JOIN execution_workordercomponent c ON t.id IS NOT NULL AND c.id = e.source_id
 WHERE e.is_open AND e.direction = 'out' AND e.quantity > e.quantity_done
   AND e.company_id = %(company)s AND e.site_id = %(site)s
   AND e.item_id IN (SELECT item_id FROM execution_workordercomponent
                      WHERE work_order_id = ANY(%(orders)s))
 ORDER BY e.item_id, e.due_date, e.id
"""
_SUPPLY = """
SELECT item_id, date, sum(quantity) FROM (
  SELECT b.item_id, NULL::date AS date, b.quantity
    FROM inventory_stockbalance b
    JOIN inventory_location p ON p.id = b.location_id AND p.site_id = %(site)s
    LEFT JOIN inventory_lot l ON l.id = b.lot_id
   WHERE b.item_id = ANY(%(items)s) AND NOT p.is_quarantine
     AND p.held_by_id IS NULL AND p.owner_id IS NULL
     AND coalesce(l.status, 'available') = 'available'
  UNION ALL
  SELECT e.item_id, e.due_date, e.quantity - e.quantity_done
    FROM inventory_expectedmove e
   WHERE e.is_open AND e.direction = 'in' AND e.quantity > e.quantity_done
     AND e.cost_object_id IS NULL
     AND e.site_id = %(site)s AND e.item_id = ANY(%(items)s)) AS s
 GROUP BY item_id, date ORDER BY item_id, date NULLS FIRST
"""


@dataclass(frozen=True, slots=True)
class Readiness:
    """``date`` is when the last component comes (None: all is there), ``item_id`` which one.

    ``is_missing``: nothing that is known of will cover it.
    """

    date: Date | None
    item_id: int | None
    is_missing: bool = False


def material_readiness(
    company_id: int, site_id: int, order_ids: Iterable[int]
) -> dict[int, Readiness]:
    """By work order, for those that wait for something; two statements."""
    values = {"company": company_id, "site": site_id, "orders": list(order_ids)}
    if not values["orders"]:
        return {}
    demand = fetch_all(_DEMAND, values)
    values["items"] = sorted({item for item, _quantity, _order in demand})
    supply: dict[int, list[tuple[Date | None, Decimal]]] = {}
    for item, date, quantity in fetch_all(_SUPPLY, values):
        supply.setdefault(item, []).append((date, quantity))
    taken: dict[int, Decimal] = {}
    found: dict[int, Readiness] = {}
    for item, quantity, order in demand:
        taken[item] = taken.get(item, ZERO) + quantity
        if order is None:
            continue
        date, is_covered = _covered(supply.get(item, []), taken[item])
        before = found.get(order)
        if not is_covered:
            if before is None or not before.is_missing:
                found[order] = Readiness(before.date if before else None, item, True)
        elif date is not None and (before is None or _later(date, before)):
            found[order] = Readiness(date, item)
    return found


def _covered(
    supply: list[tuple[Date | None, Decimal]], wanted: Decimal
) -> tuple[Date | None, bool]:
    reached = ZERO
    for date, quantity in supply:
        reached += quantity
        if reached >= wanted:
            return date, True
    return None, False


def _later(date: Date, before: Readiness) -> bool:
    return not before.is_missing and (before.date is None or date > before.date)
