"""What is free, what comes and what goes, of many items in one statement."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal

from apps.core.models import Company, Site
from apps.core.sql import fetch_all

# What nobody may use (held lots, quarantine) promises nothing. What comes for a cost object is
# nobody else's. Items are of one company, and so is all that names them: asking for it again
# would read each expected move itself, where its index has the answer.
_AVAILABILITY = """
WITH asked AS MATERIALIZED (SELECT unnest(%(items)s::bigint[]) AS id),
stock AS (
  SELECT b.item_id, sum(b.quantity) AS on_hand, sum(b.reserved) AS reserved
    FROM asked a
    JOIN inventory_stockbalance b ON b.item_id = a.id
    JOIN inventory_location p ON p.id = b.location_id
    LEFT JOIN inventory_lot t ON t.id = b.lot_id
   WHERE b.quantity > 0
     AND (%(site)s::bigint IS NULL OR p.site_id = %(site)s)
     AND NOT p.is_quarantine AND coalesce(t.status, 'available') = 'available'
   GROUP BY b.item_id),
due AS (
  SELECT item_id,
         sum(quantity - quantity_done) FILTER (WHERE direction = 'in') AS coming,
         sum(quantity - quantity_done) FILTER (WHERE direction = 'out') AS going
    FROM inventory_expectedmove
   WHERE is_open AND cost_object_id IS NULL AND quantity > quantity_done
     AND item_id = ANY(%(items)s) AND (%(site)s::bigint IS NULL OR site_id = %(site)s)
     AND (%(until)s::date IS NULL OR due_date <= %(until)s)
   GROUP BY item_id)
SELECT i.id, i.code, coalesce(s.on_hand, 0), coalesce(s.reserved, 0), coalesce(d.coming, 0),
       coalesce(d.going, 0)
  FROM masterdata_item i
  LEFT JOIN stock s ON s.item_id = i.id LEFT JOIN due d ON d.item_id = i.id
 WHERE i.company_id = %(company)s AND i.id = ANY(%(items)s) ORDER BY i.code
"""


@dataclass(slots=True)
class Availability:
    """In stock units. ``coming`` and ``going`` are what is expected and not done yet."""

    item_id: int
    item: str
    on_hand: Decimal
    reserved: Decimal
    coming: Decimal
    going: Decimal

    @property
    def free(self) -> Decimal:
        """There and set aside for nobody."""
        return self.on_hand - self.reserved

    @property
    def projected(self) -> Decimal:
        """What is left when all has come and gone; below zero more is promised than comes."""
        return self.on_hand + self.coming - self.going


def availability(
    company: Company,
    item_ids: Iterable[int],
    *,
    site: Site | None = None,
    until: Date | None = None,
) -> list[Availability]:
    """How items stand, by code; with ``until``, what is due by then."""
    values = {
        "company": company.pk,
        "items": sorted(set(item_ids)),
        "site": site.pk if site else None,
        "until": until,
    }
    return [Availability(*row) for row in fetch_all(_AVAILABILITY, values)]
