"""What signals said, as it is kept: written by COPY, summed up by the minute."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from datetime import date as Date
from decimal import Decimal
from itertools import repeat
from typing import Any

from django.db import connection as database

from apps.core.sql import columns, execute, fetch_all
from apps.integration.models import MachineConnection, MachineTag
from apps.integration.protocols.readings import Reading
from apps.integration.services.reading_days import make_days
from apps.integration.tag_rules import number_text

#: Signal, time, and its value as text or as a number.
Row = tuple[int, datetime, str | None, float | None]

_TAGS = """
SELECT t.id, t.path, t.role, m.code, t.states, t.per_count, t.rolls_over_at, r.code,
       s.last_at, s.last_value
  FROM integration_machinetag t
  JOIN integration_tagstate s ON s.tag_id = t.id
  LEFT JOIN masterdata_machine m ON m.id = t.machine_id
  LEFT JOIN masterdata_reasoncode r ON r.id = t.scrap_reason_id
 WHERE t.connection_id = %s AND t.path = ANY(%s) ORDER BY t.id
"""
_NEW = """
INSERT INTO integration_tagstate (company_id, tag_id, last_value)
SELECT t.company_id, t.id, '' FROM integration_machinetag t
 WHERE t.connection_id = %s AND t.path = ANY(%s)
   AND NOT EXISTS (SELECT FROM integration_tagstate s WHERE s.tag_id = t.id)
 ORDER BY t.id ON CONFLICT (tag_id) DO NOTHING
"""
# Times are microseconds: a list of numbers is told ten times faster than one of times.
_STATES = """
UPDATE integration_tagstate s
   SET last_at = timestamptz 'epoch' + w.at * interval '1 microsecond', last_value = w.value
  FROM unnest(%s::bigint[], %s::bigint[], %s::text[]) AS w(id, at, value)
 WHERE s.tag_id = w.id
"""
_COPY = "COPY integration_tagreading (tag_id, at, value, number) FROM STDIN (FORMAT BINARY)"
_MINUTES = """
INSERT INTO integration_tagminute AS m (tag_id, minute, readings, lowest, highest, total)
SELECT w.id, timestamptz 'epoch' + w.minute * interval '1 microsecond', w.readings, w.lowest,
       w.highest, w.total
  FROM unnest(%s::bigint[], %s::bigint[], %s::int[], %s::float8[], %s::float8[], %s::float8[])
       AS w(id, minute, readings, lowest, highest, total)
ON CONFLICT (tag_id, minute) DO UPDATE
   SET readings = m.readings + excluded.readings, lowest = least(m.lowest, excluded.lowest),
       highest = greatest(m.highest, excluded.highest), total = m.total + excluded.total
"""
# Bounds are given twice: those of all signals let the planner leave out days.
_INSIDE = """
SELECT w.tag_id, r.at, r.value, r.number
  FROM unnest(%(tags)s::bigint[], %(first)s::timestamptz[], %(last)s::timestamptz[])
       AS w(tag_id, first, last)
  JOIN integration_tagreading r ON r.tag_id = w.tag_id AND r.at BETWEEN w.first AND w.last
 WHERE r.at BETWEEN %(from)s AND %(to)s
"""
_BEFORE = """
SELECT w.tag_id, k.at, k.value, k.number
  FROM unnest(%(tags)s::bigint[], %(edge)s::timestamptz[]) AS w(tag_id, edge)
 CROSS JOIN LATERAL (
       SELECT r.at, r.value, r.number FROM integration_tagreading r
        WHERE r.tag_id = w.tag_id AND r.at < w.edge AND r.at BETWEEN %(from)s AND %(to)s
        ORDER BY r.at DESC LIMIT 1) AS k
"""
_AFTER = """
SELECT w.tag_id, k.at, k.value, k.number
  FROM unnest(%(tags)s::bigint[], %(edge)s::timestamptz[]) AS w(tag_id, edge)
 CROSS JOIN LATERAL (
       SELECT r.at, r.value, r.number FROM integration_tagreading r
        WHERE r.tag_id = w.tag_id AND r.at > w.edge AND r.at BETWEEN %(from)s AND %(to)s
        ORDER BY r.at LIMIT 1) AS k
"""
_EPOCH, _MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
#: How far neighbours of a late reading are looked for, nearest first: most lie near.
_REACHES = (timedelta(days=1), timedelta(days=31), timedelta(days=400))


@dataclass(slots=True)
class Tag:
    """A signal: what it means, what it said last, what came late.

    ``floor`` is the time that a reading must be later than to be new. ``told`` is the value as it
    came last: one that comes again needs no second look.
    """

    id: int
    path: str
    role: str
    machine: str | None
    states: str
    per_count: Decimal
    rolls_over_at: Decimal | None
    reason: str | None
    last_at: datetime | None
    last_value: str
    is_measured: bool = field(init=False)
    floor: datetime = _EPOCH
    #: The floor that the batch began with: while it is the same object, nothing new was said.
    began: datetime = _EPOCH
    told: Any = None
    number: float | None = None
    late: list[Reading] = field(default_factory=list)
    #: The minute that measurements fall into now: [begin, end, count, lowest, highest, total].
    minute: list[Any] | None = None

    def __post_init__(self) -> None:
        self.is_measured = self.role == MachineTag.Role.MEASURED

    def begin(self, oldest: datetime) -> None:
        """Ready for a batch in which nothing before ``oldest`` counts."""
        if self.is_changed:
            self.last_at = self.floor
        self.floor = oldest if self.last_at is None else max(self.last_at, oldest)
        self.began, self.minute, self.late = self.floor, None, []

    @property
    def is_changed(self) -> bool:
        return self.floor is not self.began

    @property
    def newest(self) -> datetime | None:
        """When it spoke last, this batch included."""
        return self.floor if self.is_changed else self.last_at

    def say(self, at: datetime, value: str) -> None:
        """The newest reading, of a state, a counter or an alarm."""
        self.floor, self.last_value = at, value

    def measure(self, at: datetime, number: float) -> None:
        """The newest reading of a measurement."""
        self.floor, self.number = at, number


@dataclass(slots=True)
class Known:
    """What is known of a signal around late readings, in order of time."""

    times: list[datetime] = field(default_factory=list)
    values: list[str] = field(default_factory=list)

    def add(self, at: datetime, value: str) -> None:
        place = bisect_left(self.times, at)
        self.times.insert(place, at)
        self.values.insert(place, value)


def tags_of(connection: MachineConnection, paths: Iterable[str]) -> dict[str, Tag]:
    """The signals that have one of ``paths``. One statement, two more when a signal speaks for
    the first time, or is none of ours."""
    wanted = sorted(paths)
    rows = fetch_all(_TAGS, [connection.pk, wanted])
    if len(rows) < len(wanted) and execute(_NEW, [connection.pk, wanted]):
        rows = fetch_all(_TAGS, [connection.pk, wanted])
    return {row[1]: Tag(*row) for row in rows}


@dataclass(slots=True)
class NewRows:
    """Readings to be written: ``others``, and measurements as three lists, which cost no object
    each."""

    others: list[Row] = field(default_factory=list)
    ids: list[int] = field(default_factory=list)
    times: list[datetime] = field(default_factory=list)
    numbers: list[float] = field(default_factory=list)

    def copy(self) -> None:
        """Write them, once, into the tables of their days."""
        times = [*self.times, *(row[1] for row in self.others)]
        if not times:
            return
        make_days(_days(times))
        with database.cursor() as cursor, cursor.copy(_COPY) as copy:
            copy.set_types(["int8", "timestamptz", "text", "float8"])
            write = copy.write_row
            for row in self.others:
                write(row)
            for measured in zip(self.ids, self.times, repeat(None), self.numbers, strict=False):
                write(measured)
        for written in (self.others, self.ids, self.times, self.numbers):
            written.clear()


def _days(times: Sequence[datetime]) -> set[Date]:
    """The UTC days of moments; nearly always the one of the first and the last of them."""
    first, last = min(times).astimezone(UTC).date(), max(times).astimezone(UTC).date()
    return {first} if first == last else {at.astimezone(UTC).date() for at in times}


def keep_states(tags: Iterable[Tag]) -> None:
    """What the signals said last."""
    rows = [
        (tag.id, tag.floor, number_text(tag.number) if tag.number is not None else tag.last_value)
        for tag in tags
        if tag.is_changed
    ]
    if rows:
        ids, times, values = columns(rows, 3)
        execute(_STATES, [_list(ids), _list(map(_micros, times)), values])


def keep_minutes(minutes: Mapping[tuple[int, datetime], Sequence[Any]]) -> None:
    """Add measurements to their minutes."""
    if minutes:
        rows = (
            (tag_id, _micros(start), *sums[2:]) for (tag_id, start), sums in sorted(minutes.items())
        )
        execute(_MINUTES, [_list(values) for values in columns(rows, 6)])


def _list(numbers: Iterable[float]) -> str:
    """Numbers as the text of an array."""
    return f"{{{','.join(map(repr, numbers))}}}"


def _micros(at: datetime) -> int:
    return (at - _EPOCH) // _MICROSECOND


def known_around(tags: Sequence[Tag]) -> dict[int, Known]:
    """What is known in the time of each signal's late readings, and the neighbours of that time."""
    known = {tag.id: Known() for tag in tags}
    spans = {tag.id: (tag.late[0].at, tag.late[-1].at) for tag in tags}
    inside = {
        "tags": list(spans),
        "first": [first for first, _last in spans.values()],
        "last": [last for _first, last in spans.values()],
        "from": min(first for first, _last in spans.values()),
        "to": max(last for _first, last in spans.values()),
    }
    found = fetch_all(_INSIDE, inside)
    edges = {tag_id: first for tag_id, (first, _last) in spans.items()}
    found += _neighbours(_BEFORE, edges, is_before=True)
    edges = {tag.id: spans[tag.id][1] for tag in tags if tag.floor > spans[tag.id][1]}
    found += _neighbours(_AFTER, edges, is_before=False)
    for tag_id, at, value, number in found:
        known[tag_id].add(at, value if number is None else number_text(number))
    return known


def _neighbours(
    statement: str, edges: Mapping[int, datetime], *, is_before: bool
) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = []
    left = dict(edges)
    for reach in _REACHES:
        if not left:
            break
        first, last = min(left.values()), max(left.values())
        rows = fetch_all(
            statement,
            {
                "tags": list(left),
                "edge": list(left.values()),
                "from": first - reach if is_before else first,
                "to": last if is_before else last + reach,
            },
        )
        found += rows
        for row in rows:
            del left[row[0]]
    return found
