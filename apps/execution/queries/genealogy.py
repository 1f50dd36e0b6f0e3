"""Where a lot went and what it came from: one recursive statement over the covering indexes."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

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
   WHERE r.depth + 1 < %(depth)s),
reach AS (SELECT DISTINCT lot_id FROM steps)
"""
_LOTS = "SELECT lot_id FROM reach"
_EDGES = """
SELECT r.lot_id, g.lot_id, g.quantity, g.orders, l.code, l.status, l.item_id, i.code, i.name,
       u.code
  FROM reach r
 CROSS JOIN LATERAL (
       SELECT e.{far}_lot_id AS lot_id, sum(e.quantity) AS quantity,
              array_agg(DISTINCT e.work_order_id) AS orders
         FROM execution_genealogyedge e WHERE e.{near}_lot_id = r.lot_id
        GROUP BY e.{far}_lot_id HAVING sum(e.quantity) > 0) g
  JOIN inventory_lot l ON l.id = g.lot_id
  JOIN masterdata_item i ON i.id = l.item_id
  JOIN masterdata_unit u ON u.id = i.unit_id
"""
_SIDES = {"down": {"near": "parent", "far": "child"}, "up": {"near": "child", "far": "parent"}}


@dataclass(frozen=True, slots=True)
class TracedLot:
    """A lot of the trace; ``depth`` is the fewest steps from the lot asked for."""

    id: int
    code: str
    status: str
    item_id: int
    item: str
    item_name: str
    unit: str
    depth: int


@dataclass(frozen=True, slots=True)
class TracedEdge:
    """``quantity`` of the parent, in its unit, went into the child in these work orders."""

    parent_id: int
    child_id: int
    quantity: Decimal
    work_order_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Trace:
    """``lots`` are in order of depth, the lot asked for first."""

    direction: Direction
    lots: list[TracedLot]
    edges: list[TracedEdge]

    @property
    def lot_ids(self) -> list[int]:
        return [lot.id for lot in self.lots]


def trace(lot: Lot, direction: Direction, depth: int | None = None) -> Trace:
    """What was made of ``lot`` (``down``) or what it was made of (``up``), ``depth`` steps far."""
    sides = _SIDES[direction]
    reach = _REACH if depth is None else _REACH_TO_DEPTH
    rows = fetch_all((reach + _EDGES).format(**sides), {"lot": lot.pk, "depth": depth})
    start = TracedLot(
        lot.pk,
        lot.code,
        lot.status,
        lot.item_id,
        lot.item.code,
        lot.item.name,
        lot.item.unit.code,
        0,
    )
    return Trace(direction, _lots(start, rows), _edges(rows, direction))


def reached_lot_ids(lot_id: int, direction: Direction) -> list[int]:
    """The ids of ``trace``, the lot itself among them; only the indexes are read."""
    statement = (_REACH + _LOTS).format(**_SIDES[direction])
    return [row[0] for row in fetch_all(statement, {"lot": lot_id})]


def _lots(start: TracedLot, rows: Sequence[Sequence[Any]]) -> list[TracedLot]:
    following: dict[int, list[Sequence[Any]]] = {}
    for row in rows:
        following.setdefault(row[0], []).append(row)
    found = {start.id: start}
    waiting = deque([start])
    while waiting:
        near = waiting.popleft()
        for _near_id, far_id, _quantity, _orders, *about in following.get(near.id, ()):
            if far_id not in found:
                depth: dict[str, Any] = {"depth": near.depth + 1}
                found[far_id] = TracedLot(far_id, *about, **depth)
                waiting.append(found[far_id])
    return list(found.values())


def _edges(rows: Iterable[Sequence[Any]], direction: Direction) -> list[TracedEdge]:
    if direction == "down":
        return [TracedEdge(row[0], row[1], row[2], tuple(row[3])) for row in rows]
    return [TracedEdge(row[1], row[0], row[2], tuple(row[3])) for row in rows]
