"""Who needs what: each unit of supply against the unit of demand that it serves, first come first.

Both are laid end to end for each item, supply by the day it is there, demand by the day it is
wanted. Where two pieces overlap there is a peg, so the pegs of an item are as exact as its plan
and need no search.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from apps.planning.engine.scale import SAFE, Ints


@dataclass(slots=True)
class Pegs:
    """``quantity`` of supply row ``supply`` serves demand row ``demand``.

    ``demand`` is -1 for what nobody needs within the horizon (safety stock, the rest of a lot),
    ``supply`` is -1 for what nothing covers.
    """

    node: Ints
    supply: Ints
    demand: Ints
    quantity: Ints


def peg(
    supply_node: Ints, supply_quantity: Ints, demand_node: Ints, demand_quantity: Ints, nodes: int
) -> Pegs:
    """Pegs of all nodes. Both sides are sorted by node and then by their own order of service."""
    supplied = _totals(supply_node, supply_quantity, nodes)
    wanted = _totals(demand_node, demand_quantity, nodes)
    room = np.maximum(supplied, wanted)
    if float(room.astype(float).sum()) > SAFE:
        return _peg_apart(supply_node, supply_quantity, demand_node, demand_quantity, nodes)
    base = np.concatenate(([0], np.cumsum(room)))
    supply_ends = _ends(supply_node, supply_quantity, base[:-1], supplied)
    demand_ends = _ends(demand_node, demand_quantity, base[:-1], wanted)
    ends = np.concatenate((supply_ends, demand_ends, base))
    ends.sort()
    starts, ends = ends[:-1], ends[1:]
    some = ends > starts
    starts, ends = starts[some], ends[some]
    node = np.searchsorted(base, starts, side="right") - 1
    inside = starts - base[node]
    supply = np.where(
        inside < supplied[node], np.searchsorted(supply_ends, starts, side="right"), -1
    )
    demand = np.where(inside < wanted[node], np.searchsorted(demand_ends, starts, side="right"), -1)
    return Pegs(node, supply, demand, ends - starts)


def _totals(node: Ints, quantity: Ints, nodes: int) -> Ints:
    result = np.zeros(nodes, dtype=np.int64)
    np.add.at(result, node, quantity)
    return result


def _ends(node: Ints, quantity: Ints, base: Ints, totals: Ints) -> Ints:
    """Where each piece ends on the common line; a node's pieces follow each other from its base."""
    before = np.concatenate(([0], np.cumsum(totals)))[:-1]
    return np.cumsum(quantity) - before[node] + base[node] if len(node) else quantity.copy()


def _peg_apart(
    supply_node: Ints, supply_quantity: Ints, demand_node: Ints, demand_quantity: Ints, nodes: int
) -> Pegs:
    """Node by node, for quantities whose sum over all nodes would leave the 64 bits."""
    parts: list[Pegs] = []
    none = np.zeros(0, dtype=np.int64)
    for one in range(nodes):
        s = slice(*np.searchsorted(supply_node, (one, one + 1)).tolist())
        d = slice(*np.searchsorted(demand_node, (one, one + 1)).tolist())
        found = peg(
            np.zeros(s.stop - s.start, dtype=np.int64),
            supply_quantity[s],
            np.zeros(d.stop - d.start, dtype=np.int64),
            demand_quantity[d],
            1,
        )
        found.node[:] = one
        found.supply[found.supply >= 0] += s.start
        found.demand[found.demand >= 0] += d.start
        parts.append(found)
    if not parts:
        return Pegs(none, none, none, none)
    return Pegs(*(np.concatenate([getattr(p, name) for p in parts]) for name in Pegs.__slots__))
