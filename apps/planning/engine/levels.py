"""Low-level codes by Kahn's algorithm: parents are planned before what goes into them."""

from __future__ import annotations

import numpy as np

from apps.planning.engine.errors import PlanError
from apps.planning.engine.scale import Ints


def low_level_codes(size: int, parents: Ints, components: Ints) -> Ints:
    """For each of ``size`` nodes the deepest level at which it is used; tops have 0.

    Raises ``PlanError`` ``circular_structure`` with the nodes of a circle.
    """
    codes = np.zeros(size, dtype=np.int64)
    waiting = np.bincount(components, minlength=size)
    order = np.argsort(parents, kind="stable")
    below = components[order]
    starts = np.searchsorted(parents[order], np.arange(size + 1))
    ready = np.flatnonzero(waiting == 0)
    seen = 0
    while ready.size:
        seen += ready.size
        lengths = starts[ready + 1] - starts[ready]
        edges = _ranges(starts[ready], lengths)
        reached = below[edges]
        np.maximum.at(codes, reached, np.repeat(codes[ready] + 1, lengths))
        before = waiting.copy()
        np.subtract.at(waiting, reached, 1)
        ready = np.flatnonzero((waiting == 0) & (before > 0))
    if seen < size:
        stuck = set(np.flatnonzero(waiting > 0).tolist())
        raise PlanError(
            "circular_structure", field="bom", items=_circle(stuck, parents, components)
        )
    return codes


def _ranges(starts: Ints, lengths: Ints) -> Ints:
    """The places of each run of ``lengths`` that begins at ``starts``, one after the other."""
    if not lengths.sum():
        return np.empty(0, dtype=np.int64)
    ends = np.cumsum(lengths)
    offsets = np.repeat(starts - (ends - lengths), lengths)
    return np.arange(ends[-1]) + offsets


def _circle(stuck: set[int], parents: Ints, components: Ints) -> tuple[int, ...]:
    """One circle among nodes that wait for each other, its first node repeated at the end."""
    above = {
        component: parent
        for parent, component in zip(parents.tolist(), components.tolist(), strict=True)
        if parent in stuck and component in stuck
    }
    node, path = next(iter(above)), list[int]()
    while node not in path:
        path.append(node)
        node = above[node]
    circle = [*path[path.index(node) :], node]
    return tuple(reversed(circle))
