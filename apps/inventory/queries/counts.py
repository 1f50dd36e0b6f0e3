"""What there is to count, and how well a count must tie."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal

from apps.core.models import Company, Site
from apps.core.sql import fetch_all
from apps.inventory.models import CountClass, ItemClass, Location, StockBalance

# What left our places for good, at what it was carried at; reversals take it back.
_USED = """
SELECT m.item_id, sum(CASE WHEN t.kind IN ('internal', 'transit') THEN -m.value ELSE m.value END)
  FROM inventory_stockmove m
  JOIN inventory_location f ON f.id = m.from_location_id
  JOIN inventory_location t ON t.id = m.to_location_id
 WHERE m.company_id = %s AND m.date BETWEEN %s AND %s
   AND (f.kind IN ('internal', 'transit')) <> (t.kind IN ('internal', 'transit'))
   AND CASE WHEN t.kind IN ('internal', 'transit') THEN f.kind ELSE t.kind END
       IN ('customer', 'production', 'maintenance', 'project', 'asset')
 GROUP BY m.item_id
"""
_DUE = """
SELECT b.id
  FROM inventory_stockbalance b
  JOIN inventory_location p ON p.id = b.location_id
  JOIN inventory_itemclass k ON k.item_id = b.item_id
  JOIN inventory_countclass c ON c.id = k.count_class_id
  LEFT JOIN LATERAL (
    SELECT max(l.counted_at) AS at FROM inventory_stockcountline l
     WHERE l.item_id = b.item_id AND l.location_id = b.location_id
       AND l.lot_id IS NOT DISTINCT FROM b.lot_id AND l.counted_at IS NOT NULL) AS last ON true
 WHERE b.company_id = %(company)s AND b.quantity > 0 AND p.site_id = %(site)s
   AND p.kind = 'internal' AND NOT p.is_frozen AND p.held_by_id IS NULL
   AND (last.at IS NULL OR last.at < %(on)s::date - c.interval_days * interval '1 day')
   AND NOT EXISTS (
     SELECT 1 FROM inventory_stockcountline l JOIN inventory_stockcount s ON s.id = l.count_id
      WHERE l.item_id = b.item_id AND l.location_id = b.location_id
        AND l.lot_id IS NOT DISTINCT FROM b.lot_id
        AND s.status IN ('planned', 'counting', 'review'))
 ORDER BY c.value_share, last.at NULLS FIRST, k.used_value DESC, b.id
 LIMIT %(limit)s
"""
_COSTS = """
SELECT v.item_id, CASE WHEN c.costing = 'standard' OR v.quantity = 0 THEN v.standard_cost
                       ELSE v.value / v.quantity END
  FROM inventory_itemvaluation v
  JOIN masterdata_item i ON i.id = v.item_id
  JOIN masterdata_itemcategory c ON c.id = i.category_id
 WHERE v.item_id = ANY(%s)
"""


@dataclass(frozen=True, slots=True)
class Tolerance:
    """A difference above both is counted again. ``value`` in company currency."""

    percent: Decimal
    value: Decimal


def balances_at(
    company: Company, locations: Sequence[Location] | Sequence[int]
) -> list[StockBalance]:
    """All that lies at ``locations``, with item, place and lot, in the order of a walk."""
    rows = StockBalance.objects.filter(company=company, location__in=locations, quantity__gt=0)
    return list(
        rows.select_related("item", "location", "lot").order_by(
            "location__code", "item__code", "lot__code", "pk"
        )
    )


def due_balances(company: Company, site: Site, *, on: Date, limit: int) -> list[StockBalance]:
    """What is to be counted ``on`` that day by its class, at most ``limit``, the dearest first.

    What is in an open count already, or has no class, is left out.
    """
    asked = {"company": company.pk, "site": site.pk, "on": on, "limit": limit}
    ids = [row[0] for row in fetch_all(_DUE, asked)]
    found = StockBalance.objects.select_related("item", "location", "lot").in_bulk(ids)
    return [found[balance_id] for balance_id in ids]


def used_values(company: Company, *, since: Date, until: Date) -> dict[int, Decimal]:
    """Item id → value of what was shipped or used of it, in company currency."""
    return dict(fetch_all(_USED, [company.pk, since, until]))


def unit_costs(item_ids: Collection[int]) -> dict[int, Decimal]:
    """Item id → what a unit is carried at now, to six places."""
    return {item_id: round(cost, 6) for item_id, cost in fetch_all(_COSTS, [sorted(item_ids)])}


def tolerances_of(item_ids: Collection[int]) -> dict[int, Tolerance]:
    """Item id → the tolerance of its class; none where it has no class."""
    rows = ItemClass.objects.filter(item__in=item_ids).values_list(
        "item_id", "count_class__tolerance_percent", "count_class__tolerance_value"
    )
    return {item_id: Tolerance(percent, value) for item_id, percent, value in rows}


def classes_of(company: Company) -> list[CountClass]:
    """The count classes in use, in the order in which they are filled."""
    return list(CountClass.objects.filter(company=company, is_active=True).order_by("value_share"))
