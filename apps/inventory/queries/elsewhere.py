"""Where else stock lies that is short at one place: what a refusal can offer."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from apps.core.sql import fetch_all

MOST = 5
# The lot that was asked for, or any where none was; the fullest places first.
_ELSEWHERE = """
SELECT p.code, t.code, b.quantity - b.reserved
  FROM inventory_stockbalance b
  JOIN inventory_location p ON p.id = b.location_id
  LEFT JOIN inventory_lot t ON t.id = b.lot_id
 WHERE b.item_id = %s AND b.location_id <> %s AND (%s::bigint IS NULL OR b.lot_id = %s)
   AND b.quantity > b.reserved AND p.kind = 'internal' AND NOT p.is_quarantine
   AND p.held_by_id IS NULL
   AND (t.id IS NULL OR t.status = 'available')
 ORDER BY b.quantity - b.reserved DESC, p.code LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Free stock of the item at another place."""

    location: str
    lot: str | None
    available: Decimal

    def as_dict(self) -> dict[str, Any]:
        return {"location": self.location, "lot": self.lot, "available": str(self.available)}


def stock_elsewhere(item_id: int, location_id: int, lot_id: int | None) -> list[Elsewhere]:
    """Up to five other places with free, usable stock."""
    rows = fetch_all(_ELSEWHERE, [item_id, location_id, lot_id, lot_id, MOST])
    return [Elsewhere(*row) for row in rows]
