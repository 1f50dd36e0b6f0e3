"""Setting stock aside for a document's line, and giving it back. Never more than is there.

Only balances are locked here, not item valuations: reserve in one transaction, post in another.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date as Date
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, Site
from apps.core.money import ZERO, require_decimal
from apps.core.services.documents import require_company
from apps.core.sql import columns, execute, fetch_all, insert_rows
from apps.core.transactions import unit_of_work
from apps.inventory.models import Location, Lot, Reservation
from apps.inventory.services.expected import source_keys
from apps.inventory.services.locking import lock_balances
from apps.inventory.services.reservable_stock import (
    Candidate,
    lock_all_of_items,
    lock_candidates,
    places_inside,
    take_stock,
)
from apps.inventory.services.taking_over import Freed, take_over
from apps.masterdata.models import Item

_RESERVE = """
UPDATE inventory_stockbalance b SET reserved = b.reserved + d.quantity
  FROM unnest(%s::bigint[], %s::numeric[]) AS d(id, quantity) WHERE b.id = d.id
"""
_OF_SOURCES = """
SELECT r.id, r.item_id, r.location_id, r.lot_id, r.quantity, r.source_id
  FROM inventory_reservation r
  JOIN unnest(%s::int[], %s::bigint[]) AS d(source_type_id, source_id)
    ON r.source_type_id = d.source_type_id AND r.source_id = d.source_id
 WHERE r.company_id = %s ORDER BY r.id FOR UPDATE OF r
"""
_DELETE = "DELETE FROM inventory_reservation WHERE id = ANY(%s)"
_END = """
DELETE FROM inventory_reservation r USING unnest(%s::bigint[], %s::numeric[]) AS d(id, quantity)
 WHERE r.id = d.id AND r.quantity <= d.quantity
"""
_LOWER = """
UPDATE inventory_reservation r SET quantity = r.quantity - d.quantity
  FROM unnest(%s::bigint[], %s::numeric[]) AS d(id, quantity)
 WHERE r.id = d.id AND r.quantity > d.quantity
"""
_ASSIGN = """
UPDATE inventory_reservation r
   SET source_type_id = d.source_type_id, source_id = d.source_id
  FROM unnest(%s::bigint[], %s::int[], %s::bigint[]) AS d(id, source_type_id, source_id)
 WHERE r.id = d.id
"""
_RESERVE_AT = """
UPDATE inventory_stockbalance b SET reserved = b.reserved + d.quantity
  FROM (SELECT item_id, location_id, lot_id, sum(quantity) AS quantity
          FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::numeric[])
               AS d(item_id, location_id, lot_id, quantity)
         GROUP BY item_id, location_id, lot_id) AS d
 WHERE b.item_id = d.item_id AND b.location_id = d.location_id
   AND b.lot_id IS NOT DISTINCT FROM d.lot_id
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Stock to set aside for ``source``: of a lot, of a place, of a site, or wherever it is.

    A place is meant with the packages standing in it. ``priority``: 1 goes first, 9 last.
    """

    item: Item
    quantity: Decimal
    site: Site | None = None
    location: Location | None = None
    lot: Lot | None = None
    source: Model | None = None
    priority: int = 5
    held_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reserved:
    """What was set aside for one line (``row``) of one balance."""

    id: int
    row: int
    item_id: int
    location_id: int
    lot_id: int | None
    quantity: Decimal


def reserve(
    company: Company,
    lines: Sequence[Wanted],
    *,
    source: Model | None = None,
    by: Any,
    allow_partial: bool = False,
    today: Date | None = None,
) -> list[Reserved]:
    """Set stock aside for ``lines``, each for its own source or for ``source``.

    Lots go by the strategy of their item, without one the first to expire, then the oldest. Held,
    rejected and expired lots and quarantine are left alone. Raises ``BusinessError`` naming the
    row when there is not enough, unless ``allow_partial``. Short stock goes by priority: among
    the lines, and from reservations of a later one or past their time, but for pick lists'. Four
    statements however many lines, one more when they name places, three when stock is short.
    """
    for row, one in enumerate(lines):
        _check(company, one, source, row)
    if not lines:
        return []
    today = today or timezone.localdate()
    with unit_of_work():
        now = timezone.now()
        inside = places_inside(lines)
        candidates = lock_candidates(company, lines, today, now)
        taken: list[tuple[int, Candidate, Decimal]] = []
        missing: dict[int, Decimal] = {}
        for row, one in sorted(enumerate(lines), key=lambda line: line[1].priority):
            got = list(take_stock(row, one, candidates.get(one.item.pk, ()), inside))
            short = one.quantity - sum((quantity for _r, _c, quantity in got), ZERO)
            taken.extend(got)
            if short:
                missing[row] = short
        freed: list[Freed] = []
        if missing:
            wanted = [(row, lines[row], short) for row, short in missing.items()]
            for row, given in take_over(company, wanted, candidates, inside, now):
                missing[row] -= given.quantity
                taken.append((row, given.candidate, given.quantity))
                freed.append(given)
        for row in sorted(row for row, short in missing.items() if short and not allow_partial):
            raise _too_little(lines[row], lines[row].quantity - missing[row], row)
        return _write(company, lines, _merged(taken), freed, source)


def release_reservations(company: Company, sources: Iterable[Model], *, by: Any) -> int:
    """Give back all that is set aside for ``sources``; how many reservations there were."""
    keys = source_keys(sources)
    if not keys:
        return 0
    with unit_of_work():
        found = fetch_all(_OF_SOURCES, [*columns(keys, 2), company.pk])
        if not found:
            return 0
        totals: dict[tuple[int, int, int | None], Decimal] = {}
        for _id, item_id, location_id, lot_id, quantity, _source_id in found:
            key = (item_id, location_id, lot_id)
            totals[key] = totals.get(key, ZERO) + quantity
        locked = lock_balances(list(totals))
        execute(_RESERVE, columns([(locked[key].id, -total) for key, total in totals.items()], 2))
        execute(_DELETE, [[row[0] for row in found]])
    return len(found)


def give_back(
    company: Company, parts: Sequence[tuple[Model, Location, Decimal]], *, by: Any
) -> None:
    """Set aside so much less for a source at a place; the sources are of one kind."""
    left = {(source.pk, place.pk): quantity for source, place, quantity in parts}
    with unit_of_work():
        keys = sorted(set(source_keys(source for source, _place, _quantity in parts)))
        totals: dict[tuple[int, int, int | None], Decimal] = {}
        taken: list[tuple[int, Decimal]] = []
        for row_id, item_id, location_id, lot_id, quantity, source_id in fetch_all(
            _OF_SOURCES, [*columns(keys, 2), company.pk]
        ):
            part = min(quantity, left.get((source_id, location_id), ZERO))
            if part:
                left[source_id, location_id] -= part
                key = (item_id, location_id, lot_id)
                totals[key] = totals.get(key, ZERO) + part
                taken.append((row_id, part))
        locked = lock_balances(list(totals))
        execute(_RESERVE, columns([(locked[key].id, -total) for key, total in totals.items()], 2))
        for statement in (_END, _LOWER):
            execute(statement, columns(taken, 2))


def reallocate(
    company: Company,
    lines: Sequence[Wanted],
    *,
    instead_of: Sequence[Model],
    by: Any,
    today: Date | None = None,
) -> list[Reserved]:
    """Reserve as much of ``lines`` as there is, with what ``instead_of`` held given back before.

    Nobody else gets what is given back: all that could be taken is locked first.
    """
    if not lines:
        return []
    with unit_of_work():
        fetch_all(_OF_SOURCES, [*columns(source_keys(instead_of), 2), company.pk])
        lock_all_of_items(company, {one.item.pk for one in lines})
        release_reservations(company, instead_of, by=by)
        return reserve(company, lines, by=by, allow_partial=True, today=today)


def assign_reservations(given: Sequence[tuple[int, Model]], *, by: Any) -> None:
    """Let reservations (by key) be for other sources. The caller has just made them."""
    keys = source_keys(source for _reservation_id, source in given)
    rows = [(row[0], *key) for row, key in zip(given, keys, strict=True)]
    execute(_ASSIGN, columns(rows, 3))


def reserve_moved(company: Company, lines: Sequence[Wanted], *, by: Any) -> None:
    """Set aside what this transaction has just moved to the place, of the lot, that a line names.

    Its balances are held by that posting, so no lock is taken here.
    """
    if not lines:
        return
    rows = [
        (one.item.pk, one.location.pk if one.location else None, one.lot.pk if one.lot else None,
         one.quantity)
        for one in lines
    ]  # fmt: skip
    execute(_RESERVE_AT, columns(rows, 4))
    now = timezone.now()
    insert_rows(
        Reservation,
        [
            {
                "company_id": company.pk,
                "item_id": item_id,
                "location_id": location_id,
                "lot_id": lot_id,
                "quantity": quantity,
                "source_type_id": type_id,
                "source_id": source_id,
                "created_at": now,
            }
            for (item_id, location_id, lot_id, quantity), (type_id, source_id) in zip(
                rows, source_keys(_source(one, None) for one in lines), strict=True
            )
        ],
    )


def _write(
    company: Company,
    lines: Sequence[Wanted],
    taken: Sequence[tuple[int, Candidate, Decimal]],
    freed: Sequence[Freed],
    source: Model | None,
) -> list[Reserved]:
    if not taken:
        return []
    totals: dict[int, Decimal] = {}
    for _row, candidate, quantity in taken:
        totals[candidate.balance_id] = totals.get(candidate.balance_id, ZERO) + quantity
    for one in freed:
        totals[one.candidate.balance_id] -= one.quantity
    if freed:
        _give_up(freed)
    execute(_RESERVE, columns(totals.items(), 2))
    now = timezone.now()
    keys = source_keys(_source(lines[row], source) for row, _candidate, _quantity in taken)
    ids = insert_rows(
        Reservation,
        [
            {
                "company_id": company.pk,
                "item_id": candidate.item_id,
                "location_id": candidate.location_id,
                "lot_id": candidate.lot_id,
                "quantity": quantity,
                "source_type_id": type_id,
                "source_id": source_id,
                "created_at": now,
                "priority": lines[row].priority,
                "held_until": lines[row].held_until,
            }
            for (row, candidate, quantity), (type_id, source_id) in zip(taken, keys, strict=True)
        ],
        returning="id",
    )
    return [
        Reserved(row_id, row, c.item_id, c.location_id, c.lot_id, quantity)
        for (row_id,), (row, c, quantity) in zip(ids, taken, strict=True)
    ]


def _merged(
    taken: Sequence[tuple[int, Candidate, Decimal]],
) -> list[tuple[int, Candidate, Decimal]]:
    """What a line gets of one balance, free and taken over, as one."""
    sums: dict[tuple[int, int], tuple[int, Candidate, Decimal]] = {}
    for row, candidate, quantity in taken:
        key = (row, candidate.balance_id)
        known = sums[key][2] if key in sums else ZERO
        sums[key] = (row, candidate, known + quantity)
    return list(sums.values())


def _give_up(freed: Sequence[Freed]) -> None:
    """End or lower the reservations that are taken over."""
    sums: dict[int, Decimal] = {}
    for one in freed:
        sums[one.reservation_id] = sums.get(one.reservation_id, ZERO) + one.quantity
    for statement in (_END, _LOWER):
        execute(statement, columns(sums.items(), 2))


def _source(one: Wanted, source: Model | None) -> Model:
    chosen = one.source or source
    if chosen is None:
        raise ValueError("a reservation is for something")
    return chosen


def _check(company: Company, one: Wanted, source: Model | None, row: int) -> None:
    _source(one, source)
    require_decimal(one.quantity, field="quantity", row=row)
    require_company(
        company, row=row, item=one.item, site=one.site, location=one.location, lot=one.lot
    )
    if one.lot is not None and one.lot.item_id != one.item.pk:
        raise InvalidInput("wrong_lot", _("The lot is of another item."), field="lot", row=row)


def _too_little(one: Wanted, available: Decimal, row: int) -> BusinessError:
    return BusinessError(
        "insufficient_stock",
        _("{item}: {available} available, {wanted} wanted.").format(
            item=one.item.code + (f" / {one.lot.code}" if one.lot else ""),
            available=f"{available.normalize():f}",
            wanted=f"{one.quantity.normalize():f}",
        ),
        field="quantity",
        row=row,
        details={"available": str(available)},
    )
