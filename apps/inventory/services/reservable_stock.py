"""The stock that reservations may take: locked, usable, in the order in which it goes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date as Date
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from apps.core.models import Company
from apps.core.sql import fetch_all
from apps.inventory.models import ItemHandling, Lot
from apps.inventory.queries.packages import standing_in

if TYPE_CHECKING:
    from apps.inventory.services.reservations import Wanted

# All that the lines could take, locked in the order of every posting.
_CANDIDATES = """
SELECT b.id, b.item_id, b.location_id, p.site_id, b.lot_id, b.quantity - b.reserved,
       p.is_sealed, p.walk_order, coalesce(own.pick_strategy, general.pick_strategy, 'fefo')
  FROM inventory_stockbalance b
  JOIN inventory_location p ON p.id = b.location_id
  JOIN masterdata_item i ON i.id = b.item_id
  LEFT JOIN inventory_itemhandling own ON own.item_id = i.id AND own.is_active
  LEFT JOIN inventory_itemhandling general
         ON general.category_id = i.category_id AND general.is_active
 WHERE b.company_id = %(company)s AND b.item_id = ANY(%(items)s) AND b.quantity > 0
   AND (b.quantity > b.reserved
        OR EXISTS (SELECT 1 FROM inventory_reservation r
                    WHERE r.item_id = b.item_id AND r.location_id = b.location_id
                      AND r.lot_id IS NOT DISTINCT FROM b.lot_id
                      AND (r.priority > %(first)s OR r.held_until < %(now)s)))
   AND p.kind = 'internal' AND NOT p.is_quarantine AND p.held_by_id IS NULL
 ORDER BY b.item_id, b.location_id, b.lot_id NULLS FIRST FOR UPDATE OF b
"""
# Whatever lines could take or give back, in the order of every posting.
_ALL_OF_ITEMS = """
SELECT id FROM inventory_stockbalance WHERE company_id = %s AND item_id = ANY(%s)
 ORDER BY item_id, location_id, lot_id NULLS FIRST FOR UPDATE
"""
# Read after the locks: whoever holds a lot waits for them, or has been waited for.
_LOTS = "SELECT id, status, expires_on FROM inventory_lot WHERE id = ANY(%s)"


@dataclass(slots=True)
class Candidate:
    balance_id: int
    item_id: int
    location_id: int
    site_id: int | None
    lot_id: int | None
    available: Decimal
    is_sealed: bool
    walk_order: int
    strategy: str
    status: str | None = None
    expires_on: Date | None = None

    @property
    def order(self) -> tuple[Any, ...]:
        """By the item's strategy; among equals what is not packed yet, then by the walk."""
        age = self.lot_id or 0
        if self.strategy == ItemHandling.Strategy.LIFO:
            first: tuple[Any, ...] = (Date.max, -age)
        elif self.strategy == ItemHandling.Strategy.FIFO:
            first = (Date.max, age)
        else:
            first = (self.expires_on or Date.max, age)
        return (*first, self.is_sealed, self.walk_order, self.balance_id)

    def suits(self, one: Wanted, inside: Mapping[int, Collection[int]]) -> bool:
        return (
            (one.site is None or self.site_id == one.site.pk)
            and (one.location is None or self.location_id in inside[one.location.pk])
            and (one.lot is None or self.lot_id == one.lot.pk)
        )


def places_inside(lines: Sequence[Wanted]) -> dict[int, set[int]]:
    """Place → itself and the packages standing in it, for the places that lines name."""
    named = {one.location.pk for one in lines if one.location is not None}
    standing = standing_in(named) if named else {}
    return {key: {key, *(inner for inner, _depth in standing.get(key, ()))} for key in named}


def lock_all_of_items(company: Company, item_ids: Iterable[int]) -> None:
    """Hold all stock of items, so that nobody else gets what is given back in between."""
    fetch_all(_ALL_OF_ITEMS, [company.pk, sorted(set(item_ids))])


def lock_candidates(
    company: Company, lines: Sequence[Wanted], today: Date, now: datetime
) -> dict[int, list[Candidate]]:
    """Item → usable stock that is free, or held for somebody who comes later than ``lines``."""
    parameters = {
        "company": company.pk,
        "items": sorted({one.item.pk for one in lines}),
        "first": min(one.priority for one in lines),
        "now": now,
    }
    found = [Candidate(*row) for row in fetch_all(_CANDIDATES, parameters)]
    lot_ids = sorted({one.lot_id for one in found if one.lot_id is not None})
    lots = {row[0]: row[1:] for row in fetch_all(_LOTS, [lot_ids])} if lot_ids else {}
    usable: dict[int, list[Candidate]] = {}
    for one in found:
        if one.lot_id is not None:
            one.status, one.expires_on = lots[one.lot_id]
        is_held = one.status not in (None, Lot.Status.AVAILABLE)
        if not is_held and (one.expires_on is None or one.expires_on >= today):
            usable.setdefault(one.item_id, []).append(one)
    for of_item in usable.values():
        of_item.sort(key=lambda one: one.order)
    return usable


def take_stock(
    row: int,
    one: Wanted,
    candidates: Sequence[Candidate],
    inside: Mapping[int, Collection[int]],
) -> Iterator[tuple[int, Candidate, Decimal]]:
    wanted = one.quantity
    for candidate in candidates:
        if not wanted:
            return
        if candidate.available and candidate.suits(one, inside):
            quantity = min(wanted, candidate.available)
            candidate.available -= quantity
            wanted -= quantity
            yield row, candidate, quantity
