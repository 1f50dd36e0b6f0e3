"""Where a lot went and what it came from: one recursive statement over the covering indexes."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, NamedTuple

from apps.core.sql import fetch_all
from apps.inventory.models import Lot

Direction = Literal["down", "up"]

# `near` is the side we come from, `far` the one we go to. An edge below zero undoes one, so a pair
# counts while its sum is above zero. UNION forgets what it has seen: a cycle ends.
_REACH = """
WITH RECURSIVE reach(lot_id) AS (
  SELECT %(lot)s::bigint
  UNION
  SELECT n.lot_id FROM reach r CROSS JOIN LATERAL (
    SELECT e.{far}_lot_id AS lot_id FROM execution_genealogyedge e
     WHERE e.{near}_lot_id = r.lot_id
     GROUP BY e.{far}_lot_id HAVING sum(e.quantity) > 0) n)
"""
_REACH_TO_DEPTH = """
WITH RECURSIVE steps(lot_id, depth) AS (
  SELECT %(lot)s::bigint, 0
  UNION
  SELECT n.lot_id, r.depth + 1 FROM steps r CROSS JOIN LATERAL (
    SELECT e.{far}_lot_id AS lot_id FROM execution_genealogyedge e
     WHERE e.{near}_lot_id = r.lot_id
     GROUP BY e.{far}_lot_id HAVING sum(e.quantity) > 0) n
   WHERE r.depth < %(depth)s),
named AS (SELECT DISTINCT lot_id FROM steps),
reach AS (SELECT DISTINCT lot_id FROM steps WHERE depth < %(depth)s)
"""
_LOTS = "SELECT lot_id FROM reach"
# What lies behind an undone edge too: whoever has the sums of all edges leaves it out.
_REACH_OF_ANY_EDGE = """
WITH RECURSIVE reach(lot_id) AS (
  SELECT %(lot)s::bigint
  UNION
  SELECT e.{far}_lot_id FROM reach r
    JOIN execution_genealogyedge e ON e.{near}_lot_id = r.lot_id)
"""
# Edges by work order, then lots, then their items: each is sent once, whatever points to it.
_WITH_NAMES = """,
lots AS MATERIALIZED (
  SELECT l.id, l.item_id, l.code, l.status FROM {named} n JOIN inventory_lot l ON l.id = n.lot_id)
SELECT e.{near}_lot_id, e.{far}_lot_id, e.work_order_id, sum(e.quantity), NULL, NULL, NULL
  FROM reach r JOIN execution_genealogyedge e ON e.{near}_lot_id = r.lot_id
 GROUP BY e.{near}_lot_id, e.{far}_lot_id, e.work_order_id
UNION ALL
SELECT id, item_id, NULL, NULL, code, status, NULL FROM lots
UNION ALL
SELECT i.id, NULL, NULL, NULL, i.code, i.name, u.code
  FROM masterdata_item i JOIN masterdata_unit u ON u.id = i.unit_id
 WHERE i.id IN (SELECT item_id FROM lots)
"""
_SIDES = {"down": {"near": "parent", "far": "child"}, "up": {"near": "child", "far": "parent"}}


class TracedLot(NamedTuple):
    """A lot of the trace; ``depth`` is the fewest steps from the lot asked for."""

    id: int
    code: str
    status: str
    item_id: int
    item: str
    item_name: str
    unit: str
    depth: int


class TracedEdge(NamedTuple):
    """``quantity`` of the parent, in its unit, went into the child in these work orders (none
    where a kit or a subcontractor made it)."""

    parent_id: int
    child_id: int
    quantity: Decimal
    work_order_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Trace:
    """``lots`` are in order of depth, the lot asked for first; ``edges`` follow them."""

    direction: Direction
    lots: list[TracedLot]
    edges: list[TracedEdge]

    @property
    def lot_ids(self) -> list[int]:
        return [lot.id for lot in self.lots]


def trace(lot: Lot, direction: Direction, depth: int | None = None) -> Trace:
    """What was made of ``lot`` (``down``) or what it was made of (``up``), ``depth`` steps far."""
    if depth is None:
        statement = (_REACH_OF_ANY_EDGE + _WITH_NAMES).format(**_SIDES[direction], named="reach")
    else:
        statement = (_REACH_TO_DEPTH + _WITH_NAMES).format(**_SIDES[direction], named="named")
    sums: dict[tuple[int, int], Decimal] = {}
    orders: dict[tuple[int, int], tuple[int, ...]] = {}
    lots: dict[int, tuple[str, str, int]] = {}
    items: dict[int, tuple[int, str, str, str]] = {}
    for key, other, order, quantity, code, name, unit in fetch_all(
        statement, {"lot": lot.pk, "depth": depth}
    ):
        if quantity is not None:
            pair = (key, other)
            made_in = () if order is None else (order,)
            if pair in sums:
                sums[pair] += quantity
                orders[pair] = (*orders[pair], *made_in)
            else:
                sums[pair], orders[pair] = quantity, made_in
        elif other is not None:
            lots[key] = (code, name, other)
        else:
            items[key] = (key, code, name, unit)
    following: dict[int, list[int]] = {}
    for (near, far), total in sums.items():
        if total > 0:
            following.setdefault(near, []).append(far)
    depths = _depths(lot.pk, following)
    named = []
    for key, steps in depths.items():
        code, status, item_id = lots[key]
        named.append(TracedLot(key, code, status, *items[item_id], steps))
    pairs = ((near, far) for near in depths for far in following.get(near, ()))
    if direction == "down":
        edges = [TracedEdge(*pair, sums[pair], orders[pair]) for pair in pairs]
    else:
        edges = [TracedEdge(far, near, sums[near, far], orders[near, far]) for near, far in pairs]
    return Trace(direction, named, edges)


def reached_lot_ids(lot_id: int, direction: Direction) -> list[int]:
    """The ids of ``trace``, the lot itself among them; only the indexes are read."""
    statement = (_REACH + _LOTS).format(**_SIDES[direction])
    return [row[0] for row in fetch_all(statement, {"lot": lot_id})]


def _depths(start: int, following: dict[int, list[int]]) -> dict[int, int]:
    """The fewest steps to each lot, in the order in which they are reached."""
    found = {start: 0}
    ring, depth = [start], 0
    while ring:
        depth += 1
        reached = []
        for near in ring:
            for far in sorted(following.get(near, ())):
                if far not in found:
                    found[far] = depth
                    reached.append(far)
        ring = reached
    return found
