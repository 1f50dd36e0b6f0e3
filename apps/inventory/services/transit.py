"""Goods in transit carry the value they came in with, and take it with them when they leave.

Between coming and leaving the item's cost may change, and shares are rounded: valued anew at each
move, an amount would stay in transit where nothing lies any more.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from apps.core.money import ZERO
from apps.inventory.costing import Pool, in_transit
from apps.inventory.models import Location
from apps.inventory.services.balances import Change, short_of_stock
from apps.inventory.services.locking import BalanceKey, LockedItem

if TYPE_CHECKING:
    from apps.inventory.services.moves import Move


@dataclass(slots=True)
class Transit:
    """What each place in transit carries while a posting goes on; ``change`` takes what differs."""

    change: Change
    _pools: dict[BalanceKey, Pool] = field(default_factory=dict)

    def enter(self, move: Move, item: LockedItem, value: Decimal) -> None:
        """``value`` comes to lie in transit, if that is where the move goes."""
        if move.to_location.kind == Location.Kind.TRANSIT:
            key = _key(move, move.to_location)
            self._pool(key, item).receive(move.quantity, value)
            self._note(key, value)

    def leave(
        self, move: Move, item: LockedItem, row: int, *, own: Decimal | None = None
    ) -> Decimal | None:
        """The value that leaves transit with the move; None when that is not where it comes from.

        ``own`` is what it brought, when it is taken back, as far as that is still there. Raises
        ``BusinessError`` for what is to leave before it came.
        """
        if move.from_location.kind != Location.Kind.TRANSIT:
            return None
        key = _key(move, move.from_location)
        pool = self._pool(key, item)
        if pool.quantity < move.quantity:
            raise short_of_stock(move, item, pool.quantity, move.quantity, row)
        value = pool.issue(move.quantity) if own is None else pool.issue_at(move.quantity, own)
        self._note(key, -value)
        return value

    def _pool(self, key: BalanceKey, item: LockedItem) -> Pool:
        if key not in self._pools:
            balance = self.change.locked.get(key)
            quantity, value = (balance.quantity, balance.transit_value) if balance else (ZERO, ZERO)
            self._pools[key] = in_transit(quantity, value, item.pool.decimal_places)
        return self._pools[key]

    def _note(self, key: BalanceKey, value: Decimal) -> None:
        self.change.transit_values[key] = self.change.transit_values.get(key, ZERO) + value


def _key(move: Move, place: Location) -> BalanceKey:
    return move.item_id, place.pk, move.lot.pk if move.lot else None
