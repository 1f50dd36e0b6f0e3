"""What is in stock, what it is worth, and how it came to that."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal
from itertools import groupby
from typing import Any

from apps.core.models import Company, Site
from apps.core.money import ZERO, allocate
from apps.core.queries.currencies import decimal_places
from apps.core.sql import fetch_all, fetch_dicts
from apps.inventory.models import Location, Lot
from apps.inventory.queries.packages import with_packages
from apps.masterdata.models import Item

# Whole items, whatever is asked for: their value is shared out over all that is there of them.
_ON_HAND = """
SELECT b.id, b.item_id, i.code AS item, i.name, b.location_id, p.code AS location, p.site_id,
       b.lot_id, t.code AS lot, t.status AS lot_status, t.expires_on,
       b.quantity, b.reserved, t.catch_weight, v.value AS item_value, c.costing,
       CASE WHEN c.costing = 'specific' THEN
         (SELECT sum(l.value_left) FROM inventory_costlayer l
           WHERE l.lot_id = b.lot_id AND l.quantity_left > 0) END AS lot_value
  FROM inventory_stockbalance b
  JOIN masterdata_item i ON i.id = b.item_id
  JOIN masterdata_itemcategory c ON c.id = i.category_id
  JOIN inventory_itemvaluation v ON v.item_id = b.item_id
  JOIN inventory_location p ON p.id = b.location_id AND p.owner_id IS NULL
  LEFT JOIN inventory_lot t ON t.id = b.lot_id
 WHERE b.company_id = %(company)s AND b.quantity > 0
   AND (%(item)s::bigint IS NULL OR b.item_id = %(item)s)
   AND b.item_id IN (
     SELECT s.item_id FROM inventory_stockbalance s
       JOIN inventory_location q ON q.id = s.location_id AND q.owner_id IS NULL
      WHERE s.company_id = %(company)s AND s.quantity > 0
        AND (%(item)s::bigint IS NULL OR s.item_id = %(item)s)
        AND (%(places)s::bigint[] IS NULL OR s.location_id = ANY(%(places)s))
        AND (%(lot)s::bigint IS NULL OR s.lot_id = %(lot)s)
        AND (%(site)s::bigint IS NULL OR q.site_id = %(site)s))
 ORDER BY i.code, b.item_id, b.lot_id NULLS FIRST, p.code, b.id
"""
_VALUE_AT = """
SELECT item_id, sum(quantity) AS quantity, sum(value) AS value
  FROM (SELECT m.item_id, d.sign * m.quantity AS quantity, d.sign * m.value AS value
          FROM inventory_stockmove m
          JOIN inventory_location f ON f.id = m.from_location_id
          JOIN inventory_location t ON t.id = m.to_location_id
         CROSS JOIN LATERAL (SELECT (t.kind IN ('internal', 'transit'))::int
                                  - (f.kind IN ('internal', 'transit'))::int AS sign) AS d
         WHERE m.company_id = %(company)s AND m.date <= %(at)s AND d.sign <> 0
           AND (%(item)s::bigint IS NULL OR m.item_id = %(item)s)
        UNION ALL
        SELECT item_id, 0, amount FROM inventory_valuationadjustment
         WHERE company_id = %(company)s AND date <= %(at)s
           AND (%(item)s::bigint IS NULL OR item_id = %(item)s)) AS changes
 GROUP BY item_id HAVING sum(quantity) <> 0 OR sum(value) <> 0 ORDER BY item_id
"""
_CARD = """
WITH changes AS (
  SELECT m.date, 0 AS rank, m.id, d.sign * m.quantity AS quantity, d.sign * m.value AS value,
         f.code AS from_location, t.code AS to_location, l.code AS lot,
         m.entry_id, m.source_type_id, m.source_id
    FROM inventory_stockmove m
    JOIN inventory_location f ON f.id = m.from_location_id
    JOIN inventory_location t ON t.id = m.to_location_id
    LEFT JOIN inventory_lot l ON l.id = m.lot_id
   CROSS JOIN LATERAL (
     SELECT CASE WHEN %(location)s::bigint IS NULL
                 THEN (t.kind IN ('internal', 'transit'))::int
                    - (f.kind IN ('internal', 'transit'))::int
                 ELSE (t.id = %(location)s)::int - (f.id = %(location)s)::int END AS sign) AS d
   WHERE m.company_id = %(company)s AND m.item_id = %(item)s AND d.sign <> 0
     AND (%(lot)s::bigint IS NULL OR m.lot_id = %(lot)s)
  UNION ALL
  SELECT date, 1, id, 0, amount, '', '', NULL, entry_id, source_type_id, source_id
    FROM inventory_valuationadjustment
   WHERE company_id = %(company)s AND item_id = %(item)s
     AND %(location)s::bigint IS NULL AND %(lot)s::bigint IS NULL),
card AS (
  SELECT *, sum(quantity) OVER w AS quantity_after, sum(value) OVER w AS value_after
    FROM changes WINDOW w AS (ORDER BY date, rank, id))
SELECT * FROM card
 WHERE (%(since)s::date IS NULL OR date >= %(since)s)
   AND (%(until)s::date IS NULL OR date <= %(until)s)
 ORDER BY date, rank, id
"""


@dataclass(frozen=True, slots=True)
class OnHand:
    """What lies at one place of one item and lot; ``value`` in company currency.

    A weighed piece has its ``catch_weight``, in the unit of its item's.
    """

    item_id: int
    item: str
    name: str
    location_id: int
    location: str
    site_id: int | None
    lot_id: int | None
    lot: str | None
    lot_status: str | None
    expires_on: Date | None
    quantity: Decimal
    reserved: Decimal
    catch_weight: Decimal | None
    value: Decimal

    @property
    def available(self) -> Decimal:
        return self.quantity - self.reserved


@dataclass(frozen=True, slots=True)
class ItemValue:
    """Quantity and value of an item at the end of a day."""

    item_id: int
    quantity: Decimal
    value: Decimal


def stock_on_hand(
    company: Company,
    *,
    item: Item | None = None,
    location: Location | None = None,
    lot: Lot | None = None,
    site: Site | None = None,
) -> list[OnHand]:
    """What is there by item, lot and place; at a place also in the packages standing there.

    The values of an item's rows sum to its value.

    A specific lot carries its own cost; otherwise every unit of an item carries the same.
    """
    asked = {
        "lot": lot.pk if lot else None,
        "site": site.pk if site else None,
    }
    places = with_packages([location.pk]) if location else None
    values = {
        "company": company.pk,
        "item": item.pk if item else None,
        "places": places,
        **asked,
    }
    decimals = decimal_places(company.currency_id)
    result: list[OnHand] = []
    for _item_id, group in groupby(fetch_dicts(_ON_HAND, values), key=lambda row: row["item_id"]):
        rows = list(group)
        for row, value in zip(rows, _shares(rows, decimals), strict=True):
            if places is not None and row["location_id"] not in places:
                continue
            if all(wanted in (None, row[f"{name}_id"]) for name, wanted in asked.items()):
                kept = {name: row[name] for name in OnHand.__slots__ if name != "value"}
                result.append(OnHand(value=value, **kept))
    return result


def _shares(rows: list[dict[str, Any]], places: int) -> list[Decimal]:
    if rows[0]["costing"] != "specific":
        return allocate(rows[0]["item_value"], [row["quantity"] for row in rows], places)
    shares: list[Decimal] = []
    for _lot_id, group in groupby(rows, key=lambda row: row["lot_id"]):
        of_lot = list(group)
        value = of_lot[0]["lot_value"]
        if value is None:  # not tracked by lot: one pool after all
            value = rows[0]["item_value"]
        shares.extend(allocate(value, [row["quantity"] for row in of_lot], places))
    return shares


def stock_value_at(company: Company, at: Date, *, item: Item | None = None) -> list[ItemValue]:
    """Quantity and value of each item at the end of ``at``; the total equals the ledger's."""
    values = {"company": company.pk, "at": at, "item": item.pk if item else None}
    return [ItemValue(*row) for row in fetch_all(_VALUE_AT, values)]


def stock_total_at(company: Company, at: Date) -> Decimal:
    """What all stock was worth at the end of ``at``, in company currency."""
    return sum((row.value for row in stock_value_at(company, at)), ZERO)


def movement_card(
    company: Company,
    item: Item,
    *,
    location: Location | None = None,
    lot: Lot | None = None,
    since: Date | None = None,
    until: Date | None = None,
) -> list[dict[str, Any]]:
    """The card of an item: each move and adjustment with what there was after it, oldest first.

    For a place or a lot only its quantity is to be relied on; value belongs to the whole item.
    """
    values = {
        "company": company.pk,
        "item": item.pk,
        "location": location.pk if location else None,
        "lot": lot.pk if lot else None,
        "since": since,
        "until": until,
    }
    return fetch_dicts(_CARD, values)
