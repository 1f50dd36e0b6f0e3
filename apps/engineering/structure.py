"""Product structure over plain edges (parent, component): cycles and low-level codes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

Edge = tuple[int, int]


def find_cycle(edges: Iterable[Edge]) -> list[int] | None:
    """Items of a circle, its first one repeated at the end; None when there is none."""
    below: dict[int, list[int]] = defaultdict(list)
    for parent, component in edges:
        below[parent].append(component)
    done: set[int] = set()
    for start in list(below):
        if start in done:
            continue
        path, on_path = [start], {start}
        waiting = [iter(below[start])]
        while waiting:
            item = next(waiting[-1], None)
            if item is None:
                waiting.pop()
                done.add(path[-1])
                on_path.discard(path.pop())
            elif item in on_path:
                return [*path[path.index(item) :], item]
            elif item not in done and item in below:
                path.append(item)
                on_path.add(item)
                waiting.append(iter(below[item]))
    return None


def low_level_codes(edges: Iterable[Edge]) -> dict[int, int]:
    """For each item the deepest level at which it is used; tops have 0.

    Raises ``ValueError`` when the structure is circular.
    """
    below: dict[int, list[int]] = defaultdict(list)
    parents: dict[int, int] = defaultdict(int)
    for parent, component in edges:
        below[parent].append(component)
        parents[component] += 1
        parents.setdefault(parent, 0)
    codes = dict.fromkeys(parents, 0)
    ready = [item for item, above in parents.items() if not above]
    seen = 0
    while ready:
        item = ready.pop()
        seen += 1
        for component in below.get(item, ()):
            codes[component] = max(codes[component], codes[item] + 1)
            parents[component] -= 1
            if not parents[component]:
                ready.append(component)
    if seen < len(codes):
        raise ValueError("circular structure")
    return codes
