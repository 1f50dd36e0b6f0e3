"""What lies at places with limits, beside what they bear."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from apps.core.money import ZERO
from apps.core.sql import fetch_all

_LOADS = """
WITH RECURSIVE inside AS (
  SELECT p.id AS root, p.id FROM inventory_location p WHERE p.id = ANY(%(places)s)
  UNION ALL
  SELECT i.root, p.id
    FROM inside i
    JOIN inventory_location p ON p.parent_id = i.id AND p.is_active
    JOIN inventory_package k ON k.location_id = p.id),
goods AS (
  SELECT i.root, sum(b.quantity) AS quantity, count(DISTINCT b.item_id) AS items,
         min(b.item_id) AS item_id,
         sum(b.quantity * coalesce(own.unit_weight, general.unit_weight, 0)) AS weight,
         sum(b.quantity * coalesce(own.unit_volume, general.unit_volume, 0)) AS volume
    FROM inside i
    JOIN inventory_stockbalance b ON b.location_id = i.id AND b.quantity > 0
    JOIN masterdata_item t ON t.id = b.item_id
    LEFT JOIN inventory_itemhandling own ON own.item_id = t.id AND own.is_active
    LEFT JOIN inventory_itemhandling general
           ON general.category_id = t.category_id AND general.is_active
   GROUP BY i.root),
tare AS (
  SELECT i.root, sum(k.tare_weight) AS weight
    FROM inside i JOIN inventory_package k ON k.location_id = i.id GROUP BY i.root)
SELECT p.id, p.code, p.max_quantity, p.max_weight, p.max_volume, p.is_single_item,
       coalesce(g.quantity, 0), coalesce(g.weight, 0) + coalesce(t.weight, 0),
       coalesce(g.volume, 0), coalesce(g.items, 0), g.item_id
  FROM inventory_location p
  LEFT JOIN goods g ON g.root = p.id LEFT JOIN tare t ON t.root = p.id
 WHERE p.id = ANY(%(places)s) ORDER BY p.id
"""


@dataclass(frozen=True, slots=True)
class Load:
    """What a place may bear, and what lies there with the packages standing in it."""

    location_id: int
    code: str
    max_quantity: Decimal | None
    max_weight: Decimal | None
    max_volume: Decimal | None
    is_single_item: bool
    quantity: Decimal
    weight: Decimal
    volume: Decimal
    items: int
    item_id: int | None

    def room_for(self, item_id: int, weight: Decimal, volume: Decimal) -> Decimal | None:
        """How much more of an item fits, in stock units; None when there is no limit."""
        if self.is_single_item and self.items and (self.items > 1 or self.item_id != item_id):
            return ZERO
        limits = (
            (self.max_quantity, self.quantity, Decimal(1)),
            (self.max_weight, self.weight, weight),
            (self.max_volume, self.volume, volume),
        )
        rooms = [(most - now) / one for most, now, one in limits if most is not None and one]
        return max(min(rooms), ZERO) if rooms else None


def loads_of(location_ids: Iterable[int]) -> dict[int, Load]:
    """The load of each place by key."""
    rows = fetch_all(_LOADS, {"places": sorted(set(location_ids))})
    return {row[0]: Load(*row) for row in rows}
