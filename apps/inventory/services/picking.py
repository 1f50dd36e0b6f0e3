"""Choosing lots for an issue, by the strategy of their item: first expired first, or by age."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError
from apps.core.sql import fetch_all
from apps.inventory.models import Location, Lot
from apps.inventory.services.locking import LockedItem

_CANDIDATES = """
SELECT b.item_id, b.lot_id, b.quantity - b.reserved, t.code, t.catch_weight
  FROM inventory_stockbalance b
  JOIN masterdata_item i ON i.id = b.item_id
  LEFT JOIN inventory_lot t ON t.id = b.lot_id
  LEFT JOIN inventory_itemhandling own ON own.item_id = i.id AND own.is_active
  LEFT JOIN inventory_itemhandling general
         ON general.category_id = i.category_id AND general.is_active
 CROSS JOIN LATERAL (
   SELECT coalesce(own.pick_strategy, general.pick_strategy, 'fefo') AS strategy) AS s
 WHERE b.item_id = ANY(%s) AND b.location_id = %s AND b.quantity > b.reserved
   AND (t.id IS NULL OR t.status = 'available')
 ORDER BY b.item_id, CASE WHEN s.strategy = 'fefo' THEN t.expires_on END NULLS LAST,
          CASE WHEN s.strategy = 'lifo' THEN -b.lot_id ELSE b.lot_id END
"""


@dataclass(frozen=True, slots=True)
class Pick:
    """``quantity`` of an item to take, from ``lot`` where the item is tracked."""

    row: int
    item_id: int
    lot: Lot | None
    quantity: Decimal


def pick_lots(
    items: Mapping[int, LockedItem],
    wanted: Sequence[tuple[int, Decimal]],
    *,
    location: Location,
) -> list[Pick]:
    """Cover each (item id, quantity) from free stock at ``location``.

    ``items`` are locked by the caller, with all others of the posting, so that what is picked is
    there when it is moved. Raises ``BusinessError`` naming the row that stock does not cover.
    """
    free: dict[int, list[tuple[Lot | None, Decimal]]] = {}
    for item_id, lot_id, quantity, code, weight in fetch_all(
        _CANDIDATES, [sorted({item_id for item_id, _quantity in wanted}), location.pk]
    ):
        lot = None
        if lot_id is not None:
            lot = Lot(id=lot_id, item_id=item_id, code=code, catch_weight=weight)
        free.setdefault(item_id, []).append((lot, quantity))
    picks = []
    for row, (item_id, quantity) in enumerate(wanted):
        missing = quantity
        stock = free.get(item_id, [])
        while missing and stock:
            lot, available = stock[0]
            taken = min(missing, available)
            picks.append(Pick(row, item_id, lot, taken))
            missing -= taken
            if taken == available:
                stock.pop(0)
            else:
                stock[0] = (lot, available - taken)
        if missing:
            covered = quantity - missing
            raise BusinessError(
                "insufficient_stock",
                _("{item} at {location}: {available} available, {wanted} wanted.").format(
                    item=items[item_id].code,
                    location=location.code,
                    available=f"{covered.normalize():f}",
                    wanted=f"{quantity.normalize():f}",
                ),
                field="quantity",
                row=row,
                details={"item": items[item_id].code, "available": str(covered)},
            )
    return picks
