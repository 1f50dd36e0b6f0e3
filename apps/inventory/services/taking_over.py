"""Short stock goes to who comes first: what is held for later ones, or too long, is taken over."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.contrib.contenttypes.models import ContentType

from apps.core.models import Company
from apps.core.money import ZERO
from apps.core.sql import fetch_all
from apps.inventory.models import PickLine
from apps.inventory.services.reservable_stock import Candidate

if TYPE_CHECKING:
    from apps.inventory.services.reservations import Wanted

# The least important first, then the youngest. What somebody is using right now is left alone:
# balances are held here, so nobody is waited for. Pick lists keep theirs: pickers are on the way.
_TAKEABLE = """
SELECT r.id, r.item_id, r.location_id, r.lot_id, r.quantity, r.priority,
       coalesce(r.held_until < %(now)s, false) AS is_late
  FROM inventory_reservation r
 WHERE r.company_id = %(company)s AND r.item_id = ANY(%(items)s)
   AND (r.priority > %(first)s OR r.held_until < %(now)s) AND r.source_type_id <> %(pick_line)s
 ORDER BY is_late DESC, r.priority DESC, r.id DESC FOR UPDATE SKIP LOCKED
"""


@dataclass(slots=True)
class _Held:
    id: int
    item_id: int
    location_id: int
    lot_id: int | None
    left: Decimal
    priority: int
    is_late: bool


@dataclass(frozen=True, slots=True)
class Freed:
    """``quantity`` of a reservation that is given up for somebody who comes first."""

    reservation_id: int
    candidate: Candidate
    quantity: Decimal


def take_over(
    company: Company,
    short: Sequence[tuple[int, Wanted, Decimal]],
    candidates: Mapping[int, Sequence[Candidate]],
    inside: Mapping[int, Collection[int]],
    now: datetime,
) -> list[tuple[int, Freed]]:
    """What each line (row, line, what it lacks) gets of stock held for others; one statement."""
    held = [
        _Held(*row)
        for row in fetch_all(
            _TAKEABLE,
            {
                "company": company.pk,
                "items": sorted({one.item.pk for _row, one, _missing in short}),
                "first": min(one.priority for _row, one, _missing in short),
                "pick_line": ContentType.objects.get_for_model(PickLine).pk,
                "now": now,
            },
        )
    ]
    places = {
        (one.item_id, one.location_id, one.lot_id): one
        for of_item in candidates.values()
        for one in of_item
    }
    given: list[tuple[int, Freed]] = []
    for row, line, missing in short:
        for one in held:
            candidate = places.get((one.item_id, one.location_id, one.lot_id))
            is_behind = one.is_late or one.priority > line.priority
            if one.item_id != line.item.pk or candidate is None or not is_behind:
                continue
            quantity = min(missing, one.left)
            if quantity > ZERO and candidate.suits(line, inside):
                one.left -= quantity
                missing -= quantity
                given.append((row, Freed(one.id, candidate, quantity)))
    return given
