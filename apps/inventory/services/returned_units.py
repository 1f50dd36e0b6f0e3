"""Which issues the units of a return had left with, the first to leave the first to come back."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from apps.core.models import Company
from apps.core.sql import columns, fetch_all, insert_rows
from apps.inventory.models import ReturnedUnits

if TYPE_CHECKING:
    from apps.inventory.services.moves import PostedMove

# What went out for a promise and has not come back. The posting holds the items.
_STILL_OUT = """
SELECT e.source_type_id, e.source_id, m.lot_id, m.id,
       m.quantity - coalesce(sum(b.quantity), 0) AS left
  FROM (SELECT DISTINCT * FROM unnest(%s::int[], %s::bigint[]) AS d(type_id, source_id)) AS d
  JOIN inventory_expectedmove e ON e.source_type_id = d.type_id AND e.source_id = d.source_id
  JOIN inventory_stockmove m ON m.item_id = e.item_id AND m.expected_move_id = e.id
                            AND m.reverses_id IS NULL
  JOIN inventory_location p ON p.id = m.to_location_id AND p.kind = 'customer'
  LEFT JOIN inventory_returnedunits b ON b.issue_id = m.id
 WHERE e.company_id = %s
   AND NOT EXISTS (SELECT 1 FROM inventory_stockmove r WHERE r.reverses_id = m.id)
 GROUP BY e.source_type_id, e.source_id, m.lot_id, m.id, m.quantity
 ORDER BY m.id
"""


def write_returned_units(company: Company, posted: Sequence[PostedMove]) -> None:
    """Note what each return among ``posted`` brings back; two statements if there is one."""
    returns = [one for one in posted if one.move.brings_back is not None]
    if not returns:
        return
    keys = columns([one.move.brings_back or () for one in returns], 2)
    out: dict[tuple[Any, ...], list[tuple[int, Decimal]]] = {}
    for type_id, source_id, lot_id, move_id, left in fetch_all(_STILL_OUT, [*keys, company.pk]):
        out.setdefault((type_id, source_id, lot_id), []).append((move_id, left))
    rows = []
    for one in returns:
        lot_id = one.move.lot.pk if one.move.lot else None
        issues = out.get((*(one.move.brings_back or ()), lot_id), [])
        missing = one.move.quantity
        for place, (issue_id, left) in enumerate(issues):
            taken = min(left, missing)
            if taken > 0:
                issues[place] = (issue_id, left - taken)
                missing -= taken
                rows.append(
                    {
                        "company_id": company.pk,
                        "issue_id": issue_id,
                        "receipt_id": one.id,
                        "quantity": taken,
                    }
                )
    insert_rows(ReturnedUnits, rows)
