"""Material requirements planning, level by level: net, size, offset, explode.

The nodes are items at sites. Every structure is a flat array, so that five thousand items with
hundreds of thousands of orders are planned by a few dozen vector operations.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from apps.planning.engine.calendars import WorkingDays
from apps.planning.engine.errors import PlanError
from apps.planning.engine.levels import low_level_codes
from apps.planning.engine.lots import MOST_LOTS
from apps.planning.engine.netting import (
    Policies,
    after_loss,
    planned_receipts,
    required_by_day,
    split_lots,
)
from apps.planning.engine.scale import Ints, times_ratio


@dataclass(slots=True)
class Nodes:
    """Items at sites, one entry per node. ``lead_time`` and ``safety_time`` in working days."""

    on_hand: Ints
    lead_time: Ints
    safety_time: Ints
    calendar: Ints
    policies: Policies

    def __len__(self) -> int:
        return len(self.on_hand)


@dataclass(slots=True)
class Edges:
    """One unit of ``parent`` takes ``numerator / denominator`` units of ``component``, when it is
    started on the days ``first`` to ``last``; None where that is on any day.
    """

    parent: Ints
    component: Ints
    numerator: Ints
    denominator: Ints
    first: Ints | None = None
    last: Ints | None = None

    def rows(self, places: Ints) -> Edges:
        return Edges(
            self.parent[places],
            self.component[places],
            self.numerator[places],
            self.denominator[places],
            None if self.first is None else self.first[places],
            None if self.last is None else self.last[places],
        )


@dataclass(slots=True)
class Flow:
    """Quantities by node and day; the same node and day may come more than once."""

    node: Ints
    day: Ints
    quantity: Ints

    @classmethod
    def of(cls, rows: Sequence[tuple[int, int, int]]) -> Flow:
        table = np.array(rows, dtype=np.int64).reshape(-1, 3)
        return cls(table[:, 0], table[:, 1], table[:, 2])


@dataclass(slots=True)
class Situation:
    """All that a plan is made of. ``fixed`` are orders that the plan may not touch but must feed:
    firm planned orders by (node, start day, quantity started); what they bring stands in
    ``arriving`` with everything else on order.
    """

    nodes: Nodes
    edges: Edges
    demand: Flow
    arriving: Flow
    fixed: Flow
    calendars: Sequence[WorkingDays]
    days: int
    is_rescheduling: bool = True
    level: Ints | None = None
    bucket: Ints | None = None  # the day on which the bucket of each day begins


@dataclass(slots=True)
class Orders:
    """New orders, by node and day. ``day`` is when they are needed, ``due`` and ``start`` follow
    from safety and lead time and may lie in the past. ``good`` is what is left after loss.
    """

    node: Ints
    day: Ints
    due: Ints
    start: Ints
    quantity: Ints
    good: Ints

    def __len__(self) -> int:
        return len(self.node)


@dataclass(slots=True)
class Plan:
    """``dependent`` is what orders ask of their components, summed by node and day; ``required``
    (nodes, days) what must have come in by the end of each day so that stock never runs short.
    """

    level: Ints
    orders: Orders
    dependent: Flow
    required: Ints


def make_plan(situation: Situation) -> Plan:
    """The plan of a situation.

    Raises ``PlanError``: ``circular_structure`` (with the nodes), ``lot_size_required``,
    ``negative_demand``, ``no_working_days``.
    """
    nodes, edges = situation.nodes, situation.edges
    if (situation.demand.quantity < 0).any():
        bad = situation.demand.node[situation.demand.quantity < 0]
        raise PlanError("negative_demand", field="quantity", items=tuple(bad[:1].tolist()))
    level = situation.level
    if level is None:
        level = low_level_codes(len(nodes), edges.parent, edges.component)
    bucket = situation.bucket
    gross = _matrix(situation.demand, len(nodes), situation.days, bucket)
    outside = gross.copy()
    arriving = _matrix(situation.arriving, len(nodes), situation.days, bucket)
    fixed = _matrix(situation.fixed, len(nodes), situation.days, None)
    if situation.is_rescheduling:
        arriving[:] = arriving.sum(axis=1, keepdims=True)
    else:
        np.cumsum(arriving, axis=1, out=arriving)
    parts: list[Orders] = []
    required = np.empty_like(gross)
    by_level = _edges_by_parent_level(edges, level)
    for number, rows in _levels(level):
        policies = nodes.policies.rows(rows)
        need = required_by_day(gross[rows], nodes.on_hand[rows], policies.safety_stock)
        required[rows] = need
        started, _good = planned_receipts(need, arriving[rows], policies)
        orders = _offset(rows, started, nodes, situation.calendars)
        parts.append(orders)
        chosen = by_level.get(number)
        if chosen is not None:
            _explode(orders, fixed, edges, chosen, gross, bucket)
    gross -= outside
    node, day = np.nonzero(gross)
    return Plan(level, _joined(parts), Flow(node, day, gross[node, day]), required)


def _matrix(flow: Flow, size: int, days: int, bucket: Ints | None) -> Ints:
    """Summed into (nodes, days): what is past due counts today, what lies beyond is left out."""
    result = np.zeros((size, days), dtype=np.int64)
    inside = flow.day < days
    day = bucketed(flow.day[inside], bucket)
    np.add.at(result, (flow.node[inside], day), flow.quantity[inside])
    return result


def bucketed(day: Ints, bucket: Ints | None) -> Ints:
    """The day that stands for each day within the horizon: today for what is past due."""
    inside = np.maximum(day, 0)
    return inside if bucket is None else bucket[inside]


def _levels(level: Ints) -> Iterator[tuple[int, Ints]]:
    if not len(level):
        return
    order = np.argsort(level, kind="stable")
    numbers, starts = np.unique(level[order], return_index=True)
    yield from zip(numbers.tolist(), np.split(order, starts[1:]), strict=True)


def _edges_by_parent_level(edges: Edges, level: Ints) -> dict[int, Ints]:
    """Edges by the level of their parent, in the order of their components."""
    if not len(edges.parent):
        return {}
    order = np.lexsort((edges.component, level[edges.parent]))
    numbers, starts = np.unique(level[edges.parent][order], return_index=True)
    return dict(zip(numbers.tolist(), np.split(order, starts[1:]), strict=True))


def _offset(rows: Ints, started: Ints, nodes: Nodes, calendars: Sequence[WorkingDays]) -> Orders:
    """Orders by due day and start day, each on the calendar of its node."""
    place, day = np.nonzero(started)
    node = rows[place]
    quantity = started[place, day]
    lots = split_lots(quantity, nodes.policies.rule[node], nodes.policies.fixed[node], MOST_LOTS)
    if (lots > 1).any():
        node, day = np.repeat(node, lots), np.repeat(day, lots)
        quantity = np.repeat(quantity // lots, lots)
    due, start = np.empty_like(day), np.empty_like(day)
    for number, calendar in enumerate(calendars):
        mine = nodes.calendar[node] == number
        if mine.any():
            due[mine] = calendar.shift(day[mine], nodes.safety_time[node[mine]])
            start[mine] = calendar.shift(due[mine], nodes.lead_time[node[mine]])
    good = after_loss(quantity, 1_000_000 - nodes.policies.loss[node])
    return Orders(node, day, due, start, quantity, good)


def _explode(
    orders: Orders, fixed: Ints, edges: Edges, chosen: Ints, gross: Ints, bucket: Ints | None
) -> None:
    """Ask the components of these orders, and of fixed ones of the same nodes, on start day."""
    below = edges.rows(chosen)
    parents, places = np.unique(below.parent, return_inverse=True)
    starts = fixed[parents]
    row_of = np.full(len(fixed), -1, dtype=np.int64)
    row_of[parents] = np.arange(len(parents))
    mine = row_of[orders.node] >= 0
    np.add.at(
        starts,
        (row_of[orders.node[mine]], bucketed(orders.start[mine], None)),
        orders.quantity[mine],
    )
    needed, active = asked_of_components(starts, places, below, bucket)
    if not active.size:
        return
    components, firsts = np.unique(below.component, return_index=True)
    gross[np.ix_(components, active)] += np.add.reduceat(needed, firsts, axis=0)


def asked_of_components(
    starts: Ints, places: Ints, edges: Edges, bucket: Ints | None
) -> tuple[Ints, Ints]:
    """What each edge takes, (edges, days), and which days these are: those that stand for buckets.

    ``starts`` is (parents, days), ``places`` the parent of each edge in it.
    """
    active = np.flatnonzero(starts.any(axis=0))
    table = starts[:, active]
    limited = np.zeros(0, dtype=np.int64)
    if active.size and edges.first is not None and edges.last is not None:
        limited = np.flatnonzero((edges.first > active[0]) | (edges.last < active[-1]))
    if not limited.size:
        table, active = _by_bucket(table, active, bucket)
        return times_ratio(table[places], edges.numerator, edges.denominator), active
    table = table[places]
    inside = edges.first[limited, None] <= active  # type: ignore[index]
    inside &= edges.last[limited, None] >= active  # type: ignore[index]
    table[limited] *= inside
    table, active = _by_bucket(table, active, bucket)
    return times_ratio(table, edges.numerator, edges.denominator), active


def _by_bucket(table: Ints, day: Ints, bucket: Ints | None) -> tuple[Ints, Ints]:
    if bucket is None or not day.size:
        return table, day
    days, firsts = np.unique(bucket[day], return_index=True)
    return np.add.reduceat(table, firsts, axis=1), days


def _joined(parts: Sequence[Orders]) -> Orders:
    names = Orders.__slots__
    if not parts:
        return Orders(*(np.zeros(0, dtype=np.int64) for _name in names))
    columns = [np.concatenate([getattr(part, name) for part in parts]) for name in names]
    order = np.lexsort((columns[1], columns[0]))
    return Orders(*(column[order] for column in columns))
