"""The critical path method over activities with four kinds of links and lags.

Forward pass for the earliest, backward pass for the latest times (Kelley & Walker 1959), extended
to precedence diagrams: finish-start, start-start, finish-finish and start-finish, each with a lag
that may be negative (Moder, Phillips & Davis 1983). Linear in activities and links.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

ZERO = Decimal(0)
FS, SS, FF, SF = "FS", "SS", "FF", "SF"
KINDS = (FS, SS, FF, SF)
Key = Hashable


@dataclass(frozen=True, slots=True)
class Activity:
    """``duration`` in working days, zero for a milestone; it starts not before ``earliest``."""

    key: Key
    duration: Decimal
    earliest: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Link:
    """``successor`` waits for ``predecessor``; ``lag`` working days more, below zero a lead."""

    predecessor: Key
    successor: Key
    kind: str = FS
    lag: Decimal = ZERO


@dataclass(slots=True)
class Times:
    """When an activity may and must start and finish, in working days from the project's start."""

    early_start: Decimal
    early_finish: Decimal
    late_start: Decimal
    late_finish: Decimal
    total_float: Decimal
    free_float: Decimal

    @property
    def is_critical(self) -> bool:
        return self.total_float <= 0


@dataclass(frozen=True, slots=True)
class Network:
    """The scheduled activities by key, in an order in which every link points forward."""

    times: Mapping[Key, Times]
    duration: Decimal
    chain: Sequence[Key]

    @property
    def critical(self) -> list[Key]:
        """Every activity without float, in order of time."""
        return [key for key, times in self.times.items() if times.is_critical]


class Cycle(Exception):
    """The links close a circle: ``path`` begins and ends with the same activity."""

    def __init__(self, path: Sequence[Key]) -> None:
        super().__init__(" → ".join(map(str, path)))
        self.path = list(path)


def find_cycle(links: Iterable[Link]) -> list[Key] | None:
    """A circle in ``links`` as a path whose first and last are one; None without any."""
    following: dict[Key, list[Key]] = {}
    for link in links:
        following.setdefault(link.predecessor, []).append(link.successor)
    done: set[Key] = set()
    for start in following:
        if start in done:
            continue
        path, on_path = [start], {start}
        waiting = [iter(following[start])]
        while waiting:
            child = next(waiting[-1], None)
            if child is None:
                waiting.pop()
                left = path.pop()
                on_path.discard(left)
                done.add(left)
            elif child in on_path:
                return [*path[path.index(child) :], child]
            elif child not in done and child in following:
                path.append(child)
                on_path.add(child)
                waiting.append(iter(following[child]))
    return None


def schedule(activities: Sequence[Activity], links: Sequence[Link]) -> Network:
    """The earliest and latest times of every activity, its floats, and one critical chain.

    The chain is a longest path through the network: each activity of it is what the next one waits
    for. Raises ``Cycle`` naming the path, ``KeyError`` for a link to an unknown activity.
    """
    by_key = {activity.key: activity for activity in activities}
    incoming: dict[Key, list[Link]] = {key: [] for key in by_key}
    outgoing: dict[Key, list[Link]] = {key: [] for key in by_key}
    for link in links:
        incoming[link.successor].append(link)
        outgoing[link.predecessor].append(link)
    order = _ordered(by_key, incoming, outgoing, links)
    starts, drivers = _forward(order, by_key, incoming)
    end = max((starts[key] + by_key[key].duration for key in order), default=ZERO)
    finishes = _backward(order, by_key, outgoing, end)
    times = {}
    for key in order:
        duration, start = by_key[key].duration, starts[key]
        slack = finishes[key] - duration - start
        times[key] = Times(
            early_start=start,
            early_finish=start + duration,
            late_start=finishes[key] - duration,
            late_finish=finishes[key],
            total_float=slack,
            free_float=min(_free_float(key, by_key, starts, outgoing[key], end), slack),
        )
    return Network(times, end, _chain(order, times, drivers, end))


def _ordered(
    by_key: Mapping[Key, Activity],
    incoming: Mapping[Key, Sequence[Link]],
    outgoing: Mapping[Key, Sequence[Link]],
    links: Sequence[Link],
) -> list[Key]:
    missing = {key: len(incoming[key]) for key in by_key}
    order = [key for key, count in missing.items() if not count]
    for key in order:
        for link in outgoing[key]:
            missing[link.successor] -= 1
            if not missing[link.successor]:
                order.append(link.successor)
    if len(order) < len(by_key):
        raise Cycle(find_cycle(links) or [])
    return order


def _forward(
    order: Sequence[Key], by_key: Mapping[Key, Activity], incoming: Mapping[Key, Sequence[Link]]
) -> tuple[dict[Key, Decimal], dict[Key, Key | None]]:
    """The earliest starts, and what each activity waits for the longest."""
    starts: dict[Key, Decimal] = {}
    drivers: dict[Key, Key | None] = {}
    for key in order:
        activity = by_key[key]
        start, driver = max(ZERO, activity.earliest), None
        for link in incoming[key]:
            before = starts[link.predecessor]
            if link.kind in (FS, FF):
                before += by_key[link.predecessor].duration
            wanted = before + link.lag
            if link.kind in (FF, SF):
                wanted -= activity.duration
            if wanted > start or (wanted == start and driver is None):
                start, driver = wanted, link.predecessor
        starts[key], drivers[key] = start, driver
    return starts, drivers


def _backward(
    order: Sequence[Key],
    by_key: Mapping[Key, Activity],
    outgoing: Mapping[Key, Sequence[Link]],
    end: Decimal,
) -> dict[Key, Decimal]:
    finishes: dict[Key, Decimal] = {}
    for key in reversed(order):
        duration, finish = by_key[key].duration, end
        for link in outgoing[key]:
            after = finishes[link.successor]
            if link.kind in (FS, SS):
                after -= by_key[link.successor].duration
            wanted = after - link.lag
            if link.kind in (SS, SF):
                wanted += duration
            finish = min(finish, wanted)
        finishes[key] = finish
    return finishes


def _free_float(
    key: Key,
    by_key: Mapping[Key, Activity],
    starts: Mapping[Key, Decimal],
    links: Sequence[Link],
    end: Decimal,
) -> Decimal:
    """How long it may slip without moving anybody from his earliest start."""
    start, finish = starts[key], starts[key] + by_key[key].duration
    slack = end - finish
    for link in links:
        after = starts[link.successor]
        if link.kind in (FF, SF):
            after += by_key[link.successor].duration
        slack = min(slack, after - link.lag - (finish if link.kind in (FS, FF) else start))
    return slack


def _chain(
    order: Sequence[Key],
    times: Mapping[Key, Times],
    drivers: Mapping[Key, Key | None],
    end: Decimal,
) -> list[Key]:
    """From the first critical activity that ends last back through what each waits for."""
    last = [key for key in order if times[key].early_finish == end and times[key].is_critical]
    if not last:
        return []
    chain: list[Key] = []
    key: Key | None = last[-1]
    while key is not None:
        chain.append(key)
        key = drivers[key]
    return chain[::-1]
