"""What will be there, and when: balances and open expected moves together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal

from apps.core.models import Company, Site
from apps.core.money import ZERO
from apps.core.sql import fetch_all

# What nobody may use (held lots, quarantine, what lies at a subcontractor's) promises nothing.
_ON_HAND = """
SELECT b.item_id, sum(b.quantity)
  FROM inventory_stockbalance b
  JOIN inventory_location p ON p.id = b.location_id
  LEFT JOIN inventory_lot t ON t.id = b.lot_id
 WHERE b.company_id = %(company)s AND b.item_id = ANY(%(items)s)
   AND (%(site)s::bigint IS NULL OR p.site_id = %(site)s)
   AND NOT p.is_quarantine AND p.held_by_id IS NULL AND p.owner_id IS NULL
   AND coalesce(t.status, 'available') = 'available'
 GROUP BY b.item_id
"""
_OPEN = """
SELECT item_id, due_date,
       sum(greatest(quantity - quantity_done, 0)) FILTER (WHERE direction = 'in'),
       sum(greatest(quantity - quantity_done, 0)) FILTER (WHERE direction = 'out')
  FROM inventory_expectedmove
 WHERE is_open AND cost_object_id IS NULL AND company_id = %(company)s AND item_id = ANY(%(items)s)
   AND (%(site)s::bigint IS NULL OR site_id = %(site)s)
   AND (%(until)s::date IS NULL OR due_date <= %(until)s)
 GROUP BY item_id, due_date ORDER BY item_id, due_date
"""


@dataclass(frozen=True, slots=True)
class Projection:
    """What an item comes to at the end of a day; ``date`` None is now, before anything due."""

    item_id: int
    date: Date | None
    quantity_in: Decimal
    quantity_out: Decimal
    available: Decimal


def projected_availability(
    company: Company,
    item_ids: Iterable[int],
    *,
    site: Site | None = None,
    until: Date | None = None,
) -> dict[int, list[Projection]]:
    """For each item what is on hand and usable, then each day on which something is due.

    Quantities in stock units; ``available`` may go below zero: more is promised than comes.
    """
    wanted = list(dict.fromkeys(item_ids))
    values = {
        "company": company.pk,
        "items": wanted,
        "site": site.pk if site else None,
        "until": until,
    }
    on_hand = dict(fetch_all(_ON_HAND, values))
    result = {
        item_id: [Projection(item_id, None, ZERO, ZERO, on_hand.get(item_id, ZERO))]
        for item_id in wanted
    }
    for item_id, due_date, coming, going in fetch_all(_OPEN, values):
        coming, going = coming or ZERO, going or ZERO
        available = result[item_id][-1].available + coming - going
        result[item_id].append(Projection(item_id, due_date, coming, going, available))
    return result
