"""Cost layers and item valuations: what is left of each receipt, and what the whole is worth."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError
from apps.core.models import Company
from apps.core.money import ZERO
from apps.core.sql import columns, execute_together, fetch_all, insert_rows
from apps.inventory.costing import FIFO, Layer, Pool, Take, take_from_layers
from apps.inventory.models import CostLayer, LayerConsumption
from apps.inventory.services.locking import LockedItem

if TYPE_CHECKING:
    from apps.inventory.services.moves import Move, PostedMove

FIRST_LOOK = 64
# The oldest open layers of each key, a few at a time: an issue reads what it takes, not history.
_OPEN = """
SELECT k.item_id, k.lot_id, k.move_id, l.id, l.quantity_left, l.value_left
  FROM unnest(%(items)s::bigint[], %(lots)s::bigint[], %(moves)s::bigint[])
       AS k(item_id, lot_id, move_id)
 CROSS JOIN LATERAL (
   (SELECT id, quantity_left, value_left FROM inventory_costlayer c
     WHERE k.lot_id IS NULL AND k.move_id IS NULL AND c.item_id = k.item_id
       AND c.quantity_left > 0 ORDER BY c.id LIMIT %(most)s)
   UNION ALL
   (SELECT id, quantity_left, value_left FROM inventory_costlayer c
     WHERE k.move_id IS NULL AND c.lot_id = k.lot_id AND c.quantity_left > 0
     ORDER BY c.id LIMIT %(most)s)
   UNION ALL
   (SELECT id, quantity_left, value_left FROM inventory_costlayer c
     WHERE c.move_id = k.move_id AND c.quantity_left > 0)
 ) AS l
 ORDER BY l.id
"""
_POOLS = """
UPDATE inventory_itemvaluation v SET quantity = d.quantity, value = d.value
  FROM unnest(%s::bigint[], %s::numeric[], %s::numeric[]) AS d(item_id, quantity, value)
 WHERE v.item_id = d.item_id
"""
_LEFT = """
UPDATE inventory_costlayer l SET quantity_left = d.quantity_left, value_left = d.value_left
  FROM unnest(%s::bigint[], %s::numeric[], %s::numeric[]) AS d(id, quantity_left, value_left)
 WHERE l.id = d.id
"""

LayerKey = tuple[int, int | None, int | None]


def layer_key(move: Move, costing: str) -> LayerKey:
    """Which layers an issue takes from: a reversal from its own, a lot from the lot's, else oldest.

    FIFO takes the oldest whatever the lot; the others follow the lot where there is one.
    """
    if move.reverses is not None:
        return move.item_id, None, move.reverses.pk
    if costing != FIFO and move.lot is not None:
        return move.item_id, move.lot.pk, None
    return move.item_id, None, None


@dataclass(slots=True)
class OpenLayers:
    """The layers a posting may take from; the ones it took are written back once."""

    by_key: dict[LayerKey, list[Layer]] = field(default_factory=dict)
    touched: dict[int, Layer] = field(default_factory=dict)

    def take(self, move: Move, pool: Pool, row: int) -> list[Take]:
        """Take the quantity of ``move``; raises ``BusinessError`` when its receipt is used up."""
        try:
            takes = take_from_layers(
                self.by_key.get(layer_key(move, pool.costing), ()),
                move.quantity,
                pool.decimal_places,
            )
        except ValueError:
            raise BusinessError(
                "already_used",
                _("What this brought in has been used already."),
                field="quantity",
                row=row,
            ) from None
        self.touched.update({take.layer.id: take.layer for take in takes})
        return takes


def open_layers(moves: Sequence[Move], items: dict[int, LockedItem]) -> OpenLayers:
    """Read the layers that the issues among ``moves`` need: one statement, seldom more."""
    needed: dict[LayerKey, Decimal] = {}
    for move in moves:
        pool = items[move.item_id].pool
        if move.is_issue and pool.keeps_layers:
            key = layer_key(move, pool.costing)
            needed[key] = needed.get(key, ZERO) + move.quantity
    found = OpenLayers()
    most = FIRST_LOOK
    while needed:
        shared: dict[int, Layer] = {}
        by_key: dict[LayerKey, list[Layer]] = {key: [] for key in needed}
        items_, lots, sources = columns(needed, 3)
        rows = fetch_all(_OPEN, {"items": items_, "lots": lots, "moves": sources, "most": most})
        for item_id, lot_id, move_id, layer_id, quantity, value in rows:
            layer = shared.setdefault(layer_id, Layer(layer_id, quantity, value))
            by_key[item_id, lot_id, move_id].append(layer)
        found.by_key = by_key
        is_short = any(
            len(by_key[key]) >= most
            and sum((layer.quantity_left for layer in by_key[key]), ZERO) < quantity
            for key, quantity in needed.items()
        )
        if not is_short:
            break
        most *= 16
    return found


def write_pools(items: Iterable[LockedItem]) -> None:
    execute_together(written_pools(items))


def written_pools(items: Iterable[LockedItem]) -> list[tuple[str, list[Any]]]:
    """The statement, if any, that writes what items are worth now."""
    rows = [(item.id, item.pool.quantity, item.pool.value) for item in items]
    return [(_POOLS, columns(rows, 3))] if rows else []


def written_taken(taken: OpenLayers) -> list[tuple[str, list[Any]]]:
    """The statement, if any, that writes what is left of the layers taken from."""
    rows = [(layer.id, layer.quantity_left, layer.value_left) for layer in taken.touched.values()]
    return [(_LEFT, columns(rows, 3))] if rows else []


def write_received(company: Company, posted: Sequence[PostedMove]) -> None:
    """A layer for each receipt of an item that keeps layers."""
    insert_rows(
        CostLayer,
        [
            {
                "company_id": company.pk,
                "item_id": one.move.item_id,
                "lot_id": one.move.lot.pk if one.move.lot else None,
                "move_id": one.id,
                "quantity": one.move.quantity,
                "quantity_left": one.move.quantity,
                "value_left": one.value if one.item.pool.layers_hold_value else ZERO,
            }
            for one in posted
            if one.move.is_receipt and one.item.pool.keeps_layers
        ],
    )


def write_consumptions(company: Company, posted: Sequence[PostedMove]) -> None:
    insert_rows(
        LayerConsumption,
        [
            {
                "company_id": company.pk,
                "layer_id": take.layer.id,
                "move_id": one.id,
                "quantity": take.quantity,
                "value": take.value,
            }
            for one in posted
            for take in one.takes
        ],
    )
