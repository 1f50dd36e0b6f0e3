"""Stock in bare SQL: take from the oldest layer, move, value; a handful of statements in all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from apps.finance.models import PostingRole
from apps.finance.queries.posting_rules import AccountResolver
from apps.inventory.models import CostLayer, LayerConsumption, StockMove
from benchmarks.bare import Bare, now
from benchmarks.plant import DAY

POOLS = """
SELECT item_id, quantity, value FROM inventory_itemvaluation
 WHERE item_id = ANY(%s) ORDER BY item_id FOR UPDATE
"""
STOCK = """
SELECT b.id, l.id, l.quantity_left, l.value_left
  FROM unnest(%s::bigint[]) WITH ORDINALITY AS w(item_id, place)
  JOIN inventory_stockbalance b ON b.item_id = w.item_id AND b.location_id = %s
 CROSS JOIN LATERAL (SELECT id, quantity_left, value_left FROM inventory_costlayer c
                      WHERE c.item_id = w.item_id AND c.quantity_left > 0
                      ORDER BY c.id LIMIT 1) AS l
 ORDER BY w.place FOR UPDATE OF b
"""
CHANGE_POOLS = """
UPDATE inventory_itemvaluation v SET quantity = v.quantity - d.quantity, value = v.value - d.value
  FROM unnest(%s::bigint[], %s::numeric[], %s::numeric[]) AS d(item_id, quantity, value)
 WHERE v.item_id = d.item_id
"""
CHANGE_BALANCES = """
UPDATE inventory_stockbalance b SET quantity = b.quantity - d.quantity
  FROM unnest(%s::bigint[], %s::numeric[]) AS d(id, quantity) WHERE b.id = d.id
"""
CHANGE_LAYERS = """
UPDATE inventory_costlayer l SET quantity_left = l.quantity_left - d.quantity,
       value_left = l.value_left - d.value
  FROM unnest(%s::bigint[], %s::numeric[], %s::numeric[]) AS d(id, quantity, value)
 WHERE l.id = d.id
"""
_DONE = """
UPDATE inventory_expectedmove e SET quantity_done = e.quantity_done + d.quantity,
       is_open = e.quantity_done + d.quantity < e.quantity
  FROM unnest(%s::bigint[], %s::numeric[]) AS d(id, quantity) WHERE e.id = d.id
"""
_MOVE = (
    "company_id",
    "source_type_id",
    "source_id",
    "created_at",
    "created_by_id",
    "date",
    "item_id",
    "lot_id",
    "from_location_id",
    "to_location_id",
    "quantity",
    "value",
    "counter_value",
    "partner_id",
    "cost_object_id",
    "entry_id",
    "expected_move_id",
)
_LAYER = (
    "company_id",
    "item_id",
    "lot_id",
    "move_id",
    "quantity",
    "quantity_left",
    "value_left",
)
CONSUMPTION = ("company_id", "layer_id", "move_id", "quantity", "value")


@dataclass(frozen=True, slots=True)
class Taken:
    """What leaves stock for one line, and what it is worth."""

    item_id: int
    quantity: Decimal
    value: Decimal
    layer_id: int


@dataclass(frozen=True, slots=True)
class Source:
    """The document behind moves, and what they are about."""

    type_id: int
    id: int
    entry_id: int
    partner_id: int | None = None
    cost_object_id: int | None = None


class BareStock:
    def __init__(self, own: Bare) -> None:
        self.own = own
        self.resolver = AccountResolver(own.books.company)

    def account(self, role: PostingRole, category_id: int | None = None) -> int:
        return self.resolver.account_id(role, category_id=category_id)

    def take(self, location_id: int, wanted: Sequence[tuple[int, Decimal]]) -> list[Taken]:
        """Lock pools and balances, take the oldest layer of each item; five statements."""
        items = [item_id for item_id, _quantity in wanted]
        self.own.all(POOLS, [sorted(items)])
        stock = self.own.all(STOCK, [items, location_id])
        taken = [
            Taken(item_id, quantity, round(value * quantity / left, 2), layer_id)
            for (item_id, quantity), (_balance, layer_id, left, value) in zip(
                wanted, stock, strict=True
            )
        ]
        quantities = [one.quantity for one in taken]
        values = [one.value for one in taken]
        self.own.run(CHANGE_POOLS, [items, quantities, values])
        self.own.run(CHANGE_BALANCES, [[row[0] for row in stock], quantities])
        self.own.run(CHANGE_LAYERS, [[row[1] for row in stock], quantities, values])
        return taken

    def done(self, expected: Sequence[int], quantities: Sequence[Decimal]) -> None:
        self.own.run(_DONE, [list(expected), list(quantities)])

    def write_issues(
        self,
        source: Source,
        taken: Sequence[Taken],
        places: tuple[int, int],
        expected: Sequence[int],
        lots: Sequence[int | None],
    ) -> list[int]:
        """The moves and which layers they took; two statements. The moves' ids."""
        ids = self.write_moves(
            source,
            [
                (one.item_id, lot, *places, one.quantity, one.value)
                for one, lot in zip(taken, lots, strict=True)
            ],
            expected,
        )
        rows = [
            (self.own.company_id, one.layer_id, move_id, one.quantity, one.value)
            for one, move_id in zip(taken, ids, strict=True)
        ]
        self.own.insert(LayerConsumption, CONSUMPTION, rows)
        return ids

    def write_moves(
        self, source: Source, moves: Sequence[tuple[Any, ...]], expected: Sequence[int | None]
    ) -> list[int]:
        """``moves``: item, lot, from, to, quantity, value. Their ids."""
        made_at = now()
        rows = [
            (
                *(self.own.company_id, source.type_id, source.id, made_at, self.own.user_id, DAY),
                *(*move, move[-1], source.partner_id, source.cost_object_id, source.entry_id),
                expected_id,
            )
            for move, expected_id in zip(moves, expected, strict=True)
        ]
        return self.own.insert(StockMove, _MOVE, rows)

    def write_layer(
        self, item_id: int, lot_id: int | None, move_id: int, quantity: Decimal, value: Decimal
    ) -> None:
        row = (self.own.company_id, item_id, lot_id, move_id, quantity, quantity, value)
        self.own.insert(CostLayer, _LAYER, [row])
