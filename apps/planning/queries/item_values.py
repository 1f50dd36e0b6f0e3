"""What a unit is worth to the plan: its cost as valued today, and what customers pay for it."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from apps.core.money import round_quantity
from apps.core.sql import fetch_all

_VALUES = """
SELECT i.id, coalesce(nullif(CASE WHEN v.quantity > 0 THEN v.value / v.quantity ELSE 0 END, 0),
                      nullif(v.standard_cost, 0), i.purchase_price),
       i.sales_price
  FROM masterdata_item i LEFT JOIN inventory_itemvaluation v ON v.item_id = i.id
 WHERE i.id = ANY(%s)
"""


def unit_values(item_ids: Iterable[int]) -> dict[int, tuple[Decimal, Decimal]]:
    """(cost, sales price) of one stock unit in company currency; one statement."""
    wanted = sorted({int(key) for key in item_ids})
    return {key: (round_quantity(cost), price) for key, cost, price in fetch_all(_VALUES, [wanted])}
