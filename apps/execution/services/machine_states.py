"""The timelines of machines: cut from their state events, cut again when an event comes late.

Whoever calls holds the machines' locks (``lock_machines``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from apps.core.models import Company
from apps.core.sql import columns, execute, fetch_all, insert_rows
from apps.execution.machine_log import Mark, Segment, segments
from apps.execution.models import MachineInterval
from apps.execution.models.machine_events import MachineState
from apps.execution.services.stop_costs import Stop

Window = tuple[datetime, datetime]

# From the interval before the window to the first one after it that the machine began: splits in
# between depend on what the machine says.
_AROUND = """
SELECT i.machine_id, i.id, i.starts_at, i.ends_at, i.state, i.reason_id, i.event_id,
       i.operation_id, i.lost_minutes, i.hourly_rate, i.entry_id, e.event_id, e.reason_id,
       e.kind = 'split'
  FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[]) AS w(machine_id, first, last)
  JOIN execution_machineinterval i ON i.machine_id = w.machine_id
   AND i.starts_at >= coalesce((
        SELECT b.starts_at FROM execution_machineinterval b
          JOIN execution_machineevent x ON x.id = b.event_id AND x.kind <> 'split'
         WHERE b.machine_id = w.machine_id AND b.starts_at < w.first
         ORDER BY b.starts_at DESC LIMIT 1), '-infinity')
   AND i.starts_at <= coalesce((
        SELECT a.starts_at FROM execution_machineinterval a
          JOIN execution_machineevent x ON x.id = a.event_id AND x.kind <> 'split'
         WHERE a.machine_id = w.machine_id AND a.starts_at > w.last
         ORDER BY a.starts_at LIMIT 1), 'infinity')
  JOIN execution_machineevent e ON e.id = i.event_id
 ORDER BY i.machine_id, i.starts_at
"""
_EVENTS = """
SELECT w.machine_id, e.occurred_at, e.event_id, e.id, e.state, e.reason_id, e.kind = 'split'
  FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[]) AS w(machine_id, first, until)
  JOIN execution_machineevent e ON e.machine_id = w.machine_id AND e.kind IN ('state', 'split')
   AND e.occurred_at >= w.first AND e.occurred_at < coalesce(w.until, 'infinity')
"""
_RUNS = """
SELECT w.machine_id, w.at, r.operation_id
  FROM unnest(%s::bigint[], %s::timestamptz[]) AS w(machine_id, at)
  JOIN execution_operationrun r ON r.machine_id = w.machine_id AND r.starts_at <= w.at
   AND (r.ends_at IS NULL OR r.ends_at > w.at)
"""
_UPDATE = """
UPDATE execution_machineinterval i
   SET starts_at = w.starts_at, ends_at = w.ends_at, state = w.state, reason_id = w.reason_id,
       event_id = w.event_id, operation_id = w.operation_id
  FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[], %s::text[], %s::bigint[],
              %s::bigint[], %s::bigint[])
       AS w(id, starts_at, ends_at, state, reason_id, event_id, operation_id)
 WHERE i.id = w.id
"""


@dataclass(frozen=True, slots=True)
class _Interval:
    """An interval as the table has it, and what its event said."""

    id: int
    starts_at: datetime
    ends_at: datetime | None
    state: str
    reason_id: int | None
    event_row_id: int
    operation_id: int | None
    lost_minutes: Any
    hourly_rate: Any
    entry_id: int | None
    event_id: str
    event_reason_id: int | None
    is_split: bool

    @property
    def is_classified(self) -> bool:
        """Somebody gave it another reason than its event did."""
        return self.reason_id != self.event_reason_id

    @property
    def mark(self) -> Mark:
        return Mark(
            self.starts_at,
            self.event_id,
            self.event_row_id,
            self.state,
            self.event_reason_id,
            self.is_split,
        )

    def as_stop(self, machine_id: int) -> Stop:
        return Stop(
            id=self.id,
            machine_id=machine_id,
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            reason_id=self.reason_id,
            is_stop=self.state == MachineState.STOPPED,
            lost_minutes=self.lost_minutes,
            hourly_rate=self.hourly_rate,
            entry_id=self.entry_id,
        )


@dataclass(slots=True)
class _Planned:
    """An interval as it shall be; ``was`` is the row that becomes it."""

    machine_id: int
    segment: Segment
    reason_id: int | None
    was: _Interval | None
    operation_id: int | None = None

    @property
    def is_changed(self) -> bool:
        was, now = self.was, self.segment
        return was is None or (
            (was.starts_at, was.ends_at, was.state, was.reason_id, was.event_row_id)
            != (now.starts_at, now.ends_at, now.state, self.reason_id, now.row_ids[0])
        )


@dataclass(frozen=True, slots=True)
class Recut:
    """What a cut changed: stops as they are now, and how long more each machine ran (less, when
    a late event says so)."""

    stops: Sequence[Stop]
    running: Mapping[int, timedelta]


def recut(company: Company, windows: Mapping[int, Window]) -> Recut:
    """Bring the intervals of machines up to their state events, which changed in ``windows``.

    A window is the first and the last instant with a new event. The caller settles the stops
    that it returns. The number of statements is constant.
    """
    around = _around(windows)
    planned: list[_Planned] = []
    gone: list[tuple[int, _Interval]] = []
    running: dict[int, timedelta] = {}
    for machine_id, marks in _marks(windows, around).items():
        before = around.get(machine_id, [])
        now, left = _plan(machine_id, marks, before)
        running[machine_id] = _running(one.segment for one in now) - _running(before)
        planned += [one for one in now if one.is_changed]
        gone += [(machine_id, interval) for interval in left]
    _set_operations(planned)
    ids = _write(company, planned, [interval.id for _machine_id, interval in gone])
    stops = [_as_stop(one, id_) for one, id_ in zip(planned, ids, strict=True)]
    stops += [replace(one.as_stop(machine_id), is_stop=False) for machine_id, one in gone]
    return Recut(stops, running)


def _running(intervals: Iterable[_Interval | Segment]) -> timedelta:
    """How long the machine ran in those that ended."""
    spans = (
        one.ends_at - one.starts_at
        for one in intervals
        if one.state == MachineState.RUNNING and one.ends_at is not None
    )
    return sum(spans, timedelta())


def _around(windows: Mapping[int, Window]) -> dict[int, list[_Interval]]:
    wanted = columns(((machine_id, *window) for machine_id, window in windows.items()), 3)
    found: dict[int, list[_Interval]] = {}
    for machine_id, *values in fetch_all(_AROUND, wanted):
        found.setdefault(machine_id, []).append(_Interval(*values))
    return found


def _marks(
    windows: Mapping[int, Window], around: Mapping[int, Sequence[_Interval]]
) -> dict[int, list[Mark]]:
    """What to cut: the state carried in (with its splits), the events from the window's first
    instant on, the state they lead to."""
    marks: dict[int, list[Mark]] = {machine_id: [] for machine_id in windows}
    asked = []
    for machine_id, (first, last) in windows.items():
        until = None
        for interval in around.get(machine_id, []):
            if interval.starts_at < first:
                marks[machine_id].append(interval.mark)
            elif interval.starts_at > last and not interval.is_split:
                marks[machine_id].append(interval.mark)
                until = interval.starts_at
        asked.append((machine_id, first, until))
    for machine_id, *mark in fetch_all(_EVENTS, columns(asked, 3)):
        marks[machine_id].append(Mark(*mark))
    return marks


def _plan(
    machine_id: int, marks: Sequence[Mark], existing: Sequence[_Interval]
) -> tuple[list[_Planned], list[_Interval]]:
    """The intervals as they shall be, each with the row it keeps; and the rows left over."""
    cut = segments(marks)
    if existing and existing[-1].starts_at >= cut[-1].starts_at:
        cut[-1].ends_at = existing[-1].ends_at
    by_event = {interval.event_row_id: interval for interval in existing}
    planned = []
    for segment in cut:
        rows = [by_event[row_id] for row_id in segment.row_ids if row_id in by_event]
        reason_id = next((row.reason_id for row in rows if row.is_classified), segment.reason_id)
        planned.append(_Planned(machine_id, segment, reason_id, rows[0] if rows else None))
    kept = {one.was.id for one in planned if one.was}
    return planned, [interval for interval in existing if interval.id not in kept]


def _set_operations(planned: Sequence[_Planned]) -> None:
    wanted = columns(((one.machine_id, one.segment.starts_at) for one in planned), 2)
    running = {
        (machine_id, at): operation_id for machine_id, at, operation_id in fetch_all(_RUNS, wanted)
    }
    for one in planned:
        one.operation_id = running.get((one.machine_id, one.segment.starts_at))


def _write(company: Company, planned: Sequence[_Planned], gone: Sequence[int]) -> list[int]:
    """Delete, update, insert: three statements. The ids of ``planned``, in order."""
    if gone:
        execute("DELETE FROM execution_machineinterval WHERE id = ANY(%s)", [list(gone)])
    kept = [one for one in planned if one.was]
    if kept:
        rows = (
            (
                one.was.id if one.was else 0,
                one.segment.starts_at,
                one.segment.ends_at,
                one.segment.state,
                one.reason_id,
                one.segment.row_ids[0],
                one.operation_id,
            )
            for one in kept
        )
        execute(_UPDATE, columns(rows, 7))
    made = insert_rows(
        MachineInterval,
        [
            {
                "company_id": company.pk,
                "machine_id": one.machine_id,
                "state": one.segment.state,
                "reason_id": one.reason_id,
                "starts_at": one.segment.starts_at,
                "ends_at": one.segment.ends_at,
                "operation_id": one.operation_id,
                "event_id": one.segment.row_ids[0],
            }
            for one in planned
            if one.was is None
        ],
        returning="id",
    )
    new_ids = iter(made)
    return [one.was.id if one.was else next(new_ids)[0] for one in planned]


def _as_stop(planned: _Planned, interval_id: int) -> Stop:
    was, now = planned.was, planned.segment
    return Stop(
        id=interval_id,
        machine_id=planned.machine_id,
        starts_at=now.starts_at,
        ends_at=now.ends_at,
        reason_id=planned.reason_id,
        is_stop=now.state == MachineState.STOPPED,
        lost_minutes=was.lost_minutes if was else None,
        hourly_rate=was.hourly_rate if was else None,
        entry_id=was.entry_id if was else None,
    )
