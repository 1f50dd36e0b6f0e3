"""What receipts measure: their units, worth, kilograms and litres, by how their items lie."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from apps.core.models import Company
from apps.core.sql import fetch_dicts

_MEASURES = """
SELECT m.id AS move_id, i.code AS item, i.unit_id, m.quantity, m.value,
       coalesce(own.unit_weight, general.unit_weight) * m.quantity AS weight,
       coalesce(own.unit_volume, general.unit_volume) * m.quantity AS volume,
       (t.kind IN ('internal', 'transit') AND f.kind NOT IN ('internal', 'transit')) AS is_receipt,
       m.reverses_id IS NOT NULL
         OR EXISTS (SELECT 1 FROM inventory_stockmove r WHERE r.reverses_id = m.id) AS is_reversed
  FROM inventory_stockmove m
  JOIN inventory_location f ON f.id = m.from_location_id
  JOIN inventory_location t ON t.id = m.to_location_id
  JOIN masterdata_item i ON i.id = m.item_id
  LEFT JOIN inventory_itemhandling own ON own.item_id = i.id AND own.is_active
  LEFT JOIN inventory_itemhandling general
         ON general.category_id = i.category_id AND general.is_active
 WHERE m.company_id = %s AND m.id = ANY(%s)
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """A move with what it measures; ``weight`` (kg) and ``volume`` (l) are None when unknown."""

    move_id: int
    item: str
    unit_id: int
    quantity: Decimal
    value: Decimal
    weight: Decimal | None
    volume: Decimal | None
    is_receipt: bool
    is_reversed: bool


def measured_moves(company: Company, move_ids: Iterable[int]) -> dict[int, Measured]:
    """Each move that is the company's, by key; one statement."""
    rows = fetch_dicts(_MEASURES, [company.pk, sorted(set(move_ids))])
    return {row["move_id"]: Measured(**row) for row in rows}
