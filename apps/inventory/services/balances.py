"""Stock balances and reservations: checked in Python for a clear answer, by CHECK for certain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company
from apps.core.money import ZERO
from apps.core.sql import columns, fetch_all
from apps.inventory.models import Location, Lot
from apps.inventory.queries.elsewhere import Elsewhere, stock_elsewhere
from apps.inventory.services.locking import (
    BalanceKey,
    LockedBalance,
    LockedItem,
    lock_balances,
    sorted_keys,
)

if TYPE_CHECKING:
    from apps.inventory.services.moves import Move

_CHANGE = """
UPDATE inventory_stockbalance b
   SET quantity = b.quantity + d.quantity, reserved = b.reserved + d.reserved,
       transit_value = b.transit_value + d.transit_value
  FROM unnest(%s::bigint[], %s::numeric[], %s::numeric[], %s::numeric[])
       AS d(id, quantity, reserved, transit_value)
 WHERE b.id = d.id
"""
_ADD = """
INSERT INTO inventory_stockbalance AS b
       (company_id, item_id, location_id, lot_id, quantity, reserved, transit_value)
SELECT %s, item_id, location_id, lot_id, quantity, 0, transit_value
  FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::numeric[], %s::numeric[])
       AS d(item_id, location_id, lot_id, quantity, transit_value)
ON CONFLICT (item_id, location_id, lot_id)
DO UPDATE SET quantity = b.quantity + EXCLUDED.quantity,
              transit_value = b.transit_value + EXCLUDED.transit_value
"""
# What its document has closed short stays closed; what was only done opens again when taken back.
_EXPECTED_DONE = """
WITH done AS (SELECT id, sum(quantity) AS quantity
                FROM unnest(%s::bigint[], %s::numeric[]) AS d(id, quantity) GROUP BY id),
     held AS (SELECT e.id, done.quantity FROM inventory_expectedmove e JOIN done USING (id)
               ORDER BY e.source_type_id, e.source_id FOR UPDATE OF e)
UPDATE inventory_expectedmove e
   SET quantity_done = e.quantity_done + held.quantity,
       is_open = e.quantity_done + held.quantity < e.quantity
             AND (e.is_open OR e.quantity_done >= e.quantity)
  FROM held WHERE e.id = held.id
"""
_RESERVATIONS = (
    "SELECT id, item_id, location_id, lot_id, quantity FROM inventory_reservation"
    " WHERE id = ANY(%s) ORDER BY id FOR UPDATE"
)
_USED = """
(SELECT id, sum(quantity) AS quantity
   FROM unnest(%s::bigint[], %s::numeric[]) AS d(id, quantity) GROUP BY id) AS u
"""
_END_RESERVATIONS = f"""
DELETE FROM inventory_reservation r USING {_USED} WHERE r.id = u.id AND r.quantity <= u.quantity
"""  # noqa: S608 - only a constant of this module is put in
_LOWER_RESERVATIONS = f"""
UPDATE inventory_reservation r SET quantity = r.quantity - u.quantity
  FROM {_USED} WHERE r.id = u.id AND r.quantity > u.quantity
"""  # noqa: S608 - only a constant of this module is put in
_SERIALS_IN_STOCK = """
SELECT lot_id FROM inventory_stockbalance WHERE lot_id = ANY(%s) AND quantity > 0
"""
_LOT_STATUS = "SELECT id, status FROM inventory_lot WHERE id = ANY(%s)"
_BLOCKED_FOR = frozenset(
    {
        Location.Kind.CUSTOMER,
        Location.Kind.PRODUCTION,
        Location.Kind.MAINTENANCE,
        Location.Kind.ASSET,
        Location.Kind.PROJECT,
    }
)


@dataclass(slots=True)
class Change:
    """What a posting does to balances, reservations and expected moves."""

    quantities: dict[BalanceKey, Decimal] = field(default_factory=dict)
    reserved: dict[BalanceKey, Decimal] = field(default_factory=dict)
    transit_values: dict[BalanceKey, Decimal] = field(default_factory=dict)
    locked: dict[BalanceKey, LockedBalance] = field(default_factory=dict)
    used_reservations: list[tuple[int, Decimal]] = field(default_factory=list)
    expected: list[tuple[int, Decimal]] = field(default_factory=list)


def prepare_change(moves: Sequence[Move], items: dict[int, LockedItem]) -> Change:
    """Lock what is touched and refuse what stock does not allow, naming the row."""
    change = Change()
    gives: dict[BalanceKey, int] = {}
    for row, move in enumerate(moves):
        lot_id = move.lot.pk if move.lot else None
        if move.from_location.has_balances:
            key = (move.item_id, move.from_location.pk, lot_id)
            change.quantities[key] = change.quantities.get(key, ZERO) - move.quantity
            gives.setdefault(key, row)
        if move.to_location.has_balances:
            key = (move.item_id, move.to_location.pk, lot_id)
            change.quantities[key] = change.quantities.get(key, ZERO) + move.quantity
        if move.expected_move_id is not None:
            sign = 1 if move.reverses is None else -1
            change.expected.append((move.expected_move_id, sign * move.quantity))
    _use_reservations(moves, change)
    if gives:
        change.locked = lock_balances(list(change.quantities))
        for key, row in gives.items():
            _check_available(key, row, change, moves[row], items)
        _check_blocked(moves, items)
    _check_serials(moves, items)
    return change


def _use_reservations(moves: Sequence[Move], change: Change) -> None:
    wanted = {m.reservation_id: row for row, m in enumerate(moves) if m.reservation_id is not None}
    if not wanted:
        return
    left = {row[0]: row for row in fetch_all(_RESERVATIONS, [list(wanted)])}
    for row, move in enumerate(moves):
        if move.reservation_id is None:
            continue
        found = left.get(move.reservation_id)
        key = (move.item_id, move.from_location.pk, move.lot.pk if move.lot else None)
        if found is None or tuple(found[1:4]) != key:
            raise BusinessError(
                "no_reservation",
                _("The reservation is not for this item, lot and place."),
                field="reservation",
                row=row,
            )
        used = min(move.quantity, found[4])
        change.reserved[key] = change.reserved.get(key, ZERO) - used
        change.used_reservations.append((move.reservation_id, used))


def _check_available(
    key: BalanceKey, row: int, change: Change, move: Move, items: dict[int, LockedItem]
) -> None:
    balance = change.locked.get(key)
    on_hand = balance.quantity if balance else ZERO
    reserved = (balance.reserved if balance else ZERO) + change.reserved.get(key, ZERO)
    if on_hand + change.quantities[key] < reserved:
        raise short_of_stock(
            move,
            items[key[0]],
            on_hand - reserved,
            -change.quantities[key],
            row,
            elsewhere=stock_elsewhere(*key),
        )


def short_of_stock(
    move: Move,
    item: LockedItem,
    available: Decimal,
    wanted: Decimal,
    row: int,
    *,
    elsewhere: Sequence[Elsewhere] = (),
) -> BusinessError:
    """The refusal of what would go below zero (ADR 0031); says where else there is some."""
    text = _("{item} at {location}: {available} available, {wanted} wanted.").format(
        item=item.code + (f" / {move.lot.code}" if move.lot else ""),
        location=move.from_location.code,
        available=f"{available.normalize():f}",
        wanted=f"{wanted.normalize():f}",
    )
    if elsewhere:
        places = ", ".join(f"{one.location} ({one.available.normalize():f})" for one in elsewhere)
        text += " " + _("Elsewhere: {places}.").format(places=places)
    details: dict[str, Any] = {"available": str(available)}
    if elsewhere:
        details["elsewhere"] = [one.as_dict() for one in elsewhere]
    return BusinessError("insufficient_stock", text, field="quantity", row=row, details=details)


def _check_blocked(moves: Sequence[Move], items: dict[int, LockedItem]) -> None:
    """Refuse to use or ship what is held.

    The status is read after the balances are locked: whoever holds a lot locks them too, so a
    lot held in the meantime is seen.
    """
    used = [
        (row, move)
        for row, move in enumerate(moves)
        if move.from_location.is_physical
        and move.to_location.kind in _BLOCKED_FOR
        and move.reverses is None
        and not move.is_disposition
    ]
    lot_ids = sorted({move.lot.pk for _row, move in used if move.lot})
    statuses = dict(fetch_all(_LOT_STATUS, [lot_ids])) if lot_ids else {}
    for row, move in used:
        status = statuses.get(move.lot.pk) if move.lot else None
        is_held = status is not None and status != Lot.Status.AVAILABLE
        if not is_held and not move.from_location.is_quarantine:
            continue
        raise BusinessError(
            "stock_blocked",
            _("{item} is blocked: {why}.").format(
                item=items[move.item_id].code + (f" / {move.lot.code}" if move.lot else ""),
                why=Lot.Status(status).label if status and is_held else _("quarantine"),
            ),
            field="lot",
            row=row,
        )


def _check_serials(moves: Sequence[Move], items: dict[int, LockedItem]) -> None:
    arriving: dict[int, int] = {}
    for row, move in enumerate(moves):
        if move.arrives and move.lot is not None and items[move.item_id].tracking == "serial":
            if move.lot.pk in arriving:
                raise InvalidInput(
                    "serial_twice", _("This serial number is here twice."), field="lot", row=row
                )
            arriving[move.lot.pk] = row
    if not arriving:
        return
    for (lot_id,) in fetch_all(_SERIALS_IN_STOCK, [list(arriving)]):
        raise BusinessError(
            "serial_in_stock",
            _("This serial number is in stock already."),
            field="lot",
            row=arriving[lot_id],
        )


def written(company: Company, change: Change) -> list[tuple[str, list[Any]]]:
    """The statements that write the prepared change; they touch different rows."""
    statements: list[tuple[str, list[Any]]] = []
    known = [key for key in sorted_keys(change.quantities) if key in change.locked]
    new = [key for key in sorted_keys(change.quantities) if key not in change.locked]
    if known:
        rows = [
            (
                change.locked[key].id,
                change.quantities[key],
                change.reserved.get(key, ZERO),
                change.transit_values.get(key, ZERO),
            )
            for key in known
        ]
        statements.append((_CHANGE, columns(rows, 4)))
    if new:
        rows_new = [
            (*key, change.quantities[key], change.transit_values.get(key, ZERO)) for key in new
        ]
        statements.append((_ADD, [company.pk, *columns(rows_new, 5)]))
    if change.used_reservations:
        used = columns(change.used_reservations, 2)
        statements += [(_END_RESERVATIONS, used), (_LOWER_RESERVATIONS, used)]
    if change.expected:
        statements.append((_EXPECTED_DONE, columns(change.expected, 2)))
    return statements
