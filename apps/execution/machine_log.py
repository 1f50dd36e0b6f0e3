"""From what a machine said to the states it was in: plain arithmetic, without the database.

The states depend on the set of events only, not on the order in which they came in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Mark:
    """A state that begins at an instant, as one event says.

    A *split* is a person's word that a stop has another reason from there on. It is no news of the
    machine: it counts only while the machine stands still.
    """

    at: datetime
    event_id: str
    row_id: int
    state: str
    reason_id: int | None
    is_split: bool = False

    @property
    def key(self) -> tuple[datetime, bool, str]:
        return (self.at, not self.is_split, self.event_id)


@dataclass(slots=True)
class Segment:
    """A machine in one state from ``starts_at`` to ``ends_at`` (None: it still is).

    ``row_ids`` are the events that said so, the one that began it first.
    """

    starts_at: datetime
    ends_at: datetime | None
    state: str
    reason_id: int | None
    row_ids: list[int] = field(default_factory=list)


def segments(marks: Iterable[Mark]) -> list[Segment]:
    """The states that ``marks`` tell of, in order and without gaps.

    Of two events at one instant the greater event id counts, and a split only by itself. A state
    said again goes on, also after a split.
    """
    result: list[Segment] = []
    told: tuple[str, int | None] | None = None
    for mark in _last_at_each_instant(sorted(marks, key=lambda mark: mark.key)):
        last = result[-1] if result else None
        if mark.is_split and (last is None or last.state != mark.state):
            continue  # the machine ran by then: there is nothing to split
        if not mark.is_split:
            said, told = told, (mark.state, mark.reason_id)
            if last is not None and said == told:
                last.row_ids.append(mark.row_id)
                continue
        if last is not None:
            last.ends_at = mark.at
        result.append(Segment(mark.at, None, mark.state, mark.reason_id, [mark.row_id]))
    return result


def _last_at_each_instant(marks: Sequence[Mark]) -> Iterable[Mark]:
    for place, mark in enumerate(marks):
        if place + 1 == len(marks) or marks[place + 1].at != mark.at:
            yield mark
