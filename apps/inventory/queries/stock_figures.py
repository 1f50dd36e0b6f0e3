"""How old stock is, how it turns, what lies dead, what expires: at any day, from the register."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date as Date
from datetime import timedelta
from decimal import Decimal

from apps.core.models import Company
from apps.core.money import ZERO
from apps.core.queries.currencies import decimal_places
from apps.core.sql import fetch_all, fetch_dicts
from apps.finance.models import Account
from apps.finance.queries.filters import ReportFilter
from apps.finance.queries.trial_balance import trial_balance
from apps.inventory.queries.stock import stock_value_at
from apps.inventory.stock_figures import (
    abc_classes,
    turnover,
    values_by_age,
    variation,
    xyz_class,
)

_ITEMS = """
SELECT i.id, i.code, i.name, u.code AS unit, c.costing, c.code AS category
  FROM masterdata_item i
  JOIN masterdata_unit u ON u.id = i.unit_id
  JOIN masterdata_itemcategory c ON c.id = i.category_id
 WHERE i.company_id = %s AND i.id = ANY(%s)
"""
# What is there came in last: the newest receipts that make up the quantity. What was taken back
# never came.
_AGES = """
WITH came AS (
  SELECT m.item_id, m.date, m.quantity, w.quantity AS there,
         sum(m.quantity) OVER (PARTITION BY m.item_id ORDER BY m.date DESC, m.id DESC) AS upto
    FROM unnest(%(items)s::bigint[], %(quantities)s::numeric[]) AS w(item_id, quantity)
    JOIN inventory_stockmove m ON m.item_id = w.item_id AND m.date <= %(at)s
    JOIN inventory_location f ON f.id = m.from_location_id
    JOIN inventory_location t ON t.id = m.to_location_id
   WHERE t.kind IN ('internal', 'transit') AND f.kind NOT IN ('internal', 'transit')
     AND m.reverses_id IS NULL
     AND NOT EXISTS (SELECT 1 FROM inventory_stockmove r
                      WHERE r.reverses_id = m.id AND r.date <= %(at)s))
SELECT item_id, %(at)s::date - date, least(quantity, there - (upto - quantity))
  FROM came WHERE upto - quantity < there
"""
# What left our places for good; reversals take it back.
_USED = """
SELECT m.item_id, to_char(m.date, 'YYYY-MM'), sum(d.sign * m.quantity), sum(d.sign * m.value),
       max(m.date)
  FROM inventory_stockmove m
  JOIN inventory_location f ON f.id = m.from_location_id
  JOIN inventory_location t ON t.id = m.to_location_id
 CROSS JOIN LATERAL (
   SELECT CASE WHEN t.kind IN ('internal', 'transit') THEN -1 ELSE 1 END AS sign,
          CASE WHEN t.kind IN ('internal', 'transit') THEN f.kind ELSE t.kind END AS other) AS d
 WHERE m.company_id = %s AND m.date BETWEEN %s AND %s
   AND (f.kind IN ('internal', 'transit')) <> (t.kind IN ('internal', 'transit'))
   AND d.other IN ('customer', 'production', 'maintenance', 'project', 'asset')
 GROUP BY 1, 2
"""
# A specific lot is worth its own layers; every other unit of an item is worth the same.
_EXPIRING = """
SELECT b.item_id, i.code AS item, b.lot_id, t.code AS lot, p.code AS location, t.expires_on,
       t.expires_on - %(today)s::date AS days, t.status, b.quantity,
       round(b.quantity * CASE WHEN c.costing = 'specific' THEN own.cost
                               ELSE v.value / v.quantity END, %(places)s) AS value
  FROM inventory_lot t
  JOIN inventory_stockbalance b ON b.lot_id = t.id AND b.quantity > 0
  JOIN masterdata_item i ON i.id = b.item_id
  JOIN masterdata_itemcategory c ON c.id = i.category_id
  JOIN inventory_itemvaluation v ON v.item_id = b.item_id
  JOIN inventory_location p ON p.id = b.location_id
  LEFT JOIN LATERAL (SELECT sum(l.value_left) / sum(l.quantity_left) AS cost
                       FROM inventory_costlayer l
                      WHERE l.lot_id = t.id AND l.quantity_left > 0) AS own ON true
 WHERE t.company_id = %(company)s AND t.expires_on <= %(until)s
 ORDER BY t.expires_on, i.code, t.code, p.code
"""


@dataclass(frozen=True, slots=True)
class ValuedItem:
    """An item at the end of a day: quantity in stock units, value in company currency."""

    item_id: int
    code: str
    name: str
    unit: str
    category: str
    costing: str
    quantity: Decimal
    value: Decimal

    @property
    def unit_cost(self) -> Decimal | None:
        return round(self.value / self.quantity, 6) if self.quantity else None


@dataclass(frozen=True, slots=True)
class Valuation:
    """All stock at the end of a day, beside what the ledger says it is worth."""

    items: list[ValuedItem]
    ledger: Decimal

    @property
    def total(self) -> Decimal:
        return sum((one.value for one in self.items), ZERO)


@dataclass(frozen=True, slots=True)
class AgedItem:
    """``values`` by the classes of ``AGES``; they sum to the item's value."""

    item: ValuedItem
    values: list[Decimal]
    oldest_days: int | None


@dataclass(frozen=True, slots=True)
class MovingItem:
    """How an item moved in a time. ``last_used`` is None when nothing of it was used in it."""

    item: ValuedItem
    used_quantity: Decimal
    used_value: Decimal
    last_used: Date | None
    turns: Decimal | None
    days_of_cover: int | None
    abc: str
    xyz: str
    variation: Decimal | None


@dataclass(frozen=True, slots=True)
class ExpiringLot:
    """A lot on hand that expires; ``days`` are left, below zero when it has."""

    item_id: int
    item: str
    lot_id: int
    lot: str
    location: str
    expires_on: Date
    days: int
    status: str
    quantity: Decimal
    value: Decimal


def valuation(company: Company, at: Date) -> Valuation:
    """Each item's quantity and value at the end of ``at``, and the ledger's balance of stock."""
    rows = trial_balance(ReportFilter(company, at)).rows
    ledger = (row.closing for row in rows if row.control == Account.Control.INVENTORY)
    return Valuation(_valued(company, at), sum(ledger, ZERO))


def aged_stock(company: Company, at: Date) -> list[AgedItem]:
    """What lay there at the end of ``at`` by age, the most value first; the newest came last."""
    items = [one for one in _valued(company, at) if one.quantity > 0]
    asked = {
        "items": [one.item_id for one in items],
        "quantities": [one.quantity for one in items],
        "at": at,
    }
    parts: dict[int, list[tuple[int, Decimal]]] = defaultdict(list)
    for item_id, days, quantity in fetch_all(_AGES, asked):
        parts[item_id].append((days, quantity))
    places = decimal_places(company.currency_id)
    aged = [
        AgedItem(
            one,
            values_by_age(one.value, parts[one.item_id], places),
            max((days for days, _quantity in parts[one.item_id]), default=None),
        )
        for one in items
    ]
    return sorted(aged, key=lambda one: (-one.item.value, one.item.code))


def moving_stock(company: Company, *, since: Date, until: Date) -> list[MovingItem]:
    """Turns, cover and classes of what was there or was used from ``since`` to ``until``."""
    opening = {row.item_id: row.value for row in stock_value_at(company, since - timedelta(days=1))}
    months: dict[int, dict[str, Decimal]] = defaultdict(dict)
    values: dict[int, Decimal] = defaultdict(Decimal)
    last: dict[int, Date] = {}
    for item_id, month, quantity, value, day in fetch_all(_USED, [company.pk, since, until]):
        months[item_id][month] = quantity
        values[item_id] += value
        last[item_id] = max(day, last.get(item_id, day))
    items = _valued(company, until, also=values)
    classes = abc_classes({one.item_id: values[one.item_id] for one in items})
    names = _months(since, until)
    found = []
    for one in items:
        used, own = values[one.item_id], months[one.item_id]
        speed = turnover(
            opening=opening.get(one.item_id, ZERO),
            closing=one.value,
            used=used,
            on_hand=one.value,
            days=(until - since).days + 1,
        )
        swing = variation([max(own.get(name, ZERO), ZERO) for name in names])
        found.append(
            MovingItem(
                one,
                sum(own.values(), ZERO),
                used,
                last.get(one.item_id),
                speed.turns,
                speed.days_of_cover,
                classes[one.item_id],
                xyz_class(swing),
                None if swing is None else round(Decimal(swing), 2),
            )
        )
    return sorted(found, key=lambda one: (-one.used_value, -one.item.value, one.item.code))


def dead_stock(company: Company, *, since: Date, until: Date) -> list[MovingItem]:
    """What is worth something at the end of ``until`` and was not used since, dearest first."""
    rows = moving_stock(company, since=since, until=until)
    dead = [one for one in rows if one.item.value > 0 and one.last_used is None]
    return sorted(dead, key=lambda one: (-one.item.value, one.item.code))


def expiring_lots(company: Company, *, until: Date, today: Date) -> list[ExpiringLot]:
    """Lots on hand that expire by ``until``, the first to expire first."""
    asked = {
        "company": company.pk,
        "until": until,
        "today": today,
        "places": decimal_places(company.currency_id),
    }
    return [ExpiringLot(**row) for row in fetch_dicts(_EXPIRING, asked)]


def _valued(company: Company, at: Date, also: dict[int, Decimal] | None = None) -> list[ValuedItem]:
    """Items in stock at the end of ``at``, and those of ``also``, by code."""
    there = {row.item_id: (row.quantity, row.value) for row in stock_value_at(company, at)}
    keys = sorted({*there, *(also or ())})
    rows = fetch_dicts(_ITEMS, [company.pk, keys])
    found = []
    for row in rows:
        quantity, value = there.get(row["id"], (ZERO, ZERO))
        found.append(ValuedItem(item_id=row.pop("id"), quantity=quantity, value=value, **row))
    return sorted(found, key=lambda one: one.code)


def _months(since: Date, until: Date) -> list[str]:
    first, last = since.year * 12 + since.month - 1, until.year * 12 + until.month - 1
    return [f"{month // 12}-{month % 12 + 1:02d}" for month in range(first, last + 1)]
