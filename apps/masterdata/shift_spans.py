"""Shifts as spans of time: plain interval arithmetic on instants (UTC), without the database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)
_MICROSECONDS_PER_MINUTE = 60_000_000


@dataclass(frozen=True, slots=True)
class ShiftPattern:
    """A repeating shift; ``weekdays`` is a bit mask of the days on which it starts."""

    id: int
    code: str
    starts_at: time
    ends_at: time
    break_minutes: int
    weekdays: int

    def on(self, day: date, zone: ZoneInfo) -> ShiftSpan | None:
        """The span of the shift that starts on ``day``; None on a weekday without it."""
        if not self.weekdays & (1 << day.weekday()):
            return None
        last_day = day + _DAY if self.ends_at <= self.starts_at else day
        starts_at = instant(day, self.starts_at, zone)
        ends_at = instant(last_day, self.ends_at, zone)
        if ends_at <= starts_at:
            return None
        return ShiftSpan(starts_at, ends_at, self.id, self.code, day, self.break_minutes)


@dataclass(frozen=True, slots=True, order=True)
class ShiftSpan:
    """One shift that was, or will be, worked. ``day`` is the local date on which it starts."""

    starts_at: datetime
    ends_at: datetime
    shift_id: int
    code: str
    day: date
    break_minutes: int

    @property
    def minutes(self) -> Decimal:
        return minutes_between(self.starts_at, self.ends_at)

    def planned_minutes(self, until: datetime | None = None) -> Decimal:
        """Length less breaks; up to ``until``, the breaks in proportion."""
        ends_at = self.ends_at if until is None else min(self.ends_at, until)
        if ends_at <= self.starts_at:
            return Decimal(0)
        elapsed = minutes_between(self.starts_at, ends_at)
        return elapsed - self.break_minutes * elapsed / self.minutes


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of a span of time: inside ``shift``, or outside all of them (None)."""

    starts_at: datetime
    ends_at: datetime
    shift: ShiftSpan | None

    @property
    def minutes(self) -> Decimal:
        return minutes_between(self.starts_at, self.ends_at)


def instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The instant (UTC) of a local clock time.

    Where the clock is set back and shows a time twice the later one is meant; a time that it
    skips is as much after the change as it would have been (as PostgreSQL reads both).
    """
    local = datetime.combine(day, at, tzinfo=zone)
    return max(local.replace(fold=fold).astimezone(UTC) for fold in (0, 1))


def minutes_between(starts_at: datetime, ends_at: datetime) -> Decimal:
    """Exact to the microsecond."""
    return Decimal((ends_at - starts_at) // timedelta(microseconds=1)) / _MICROSECONDS_PER_MINUTE


def overlap(
    starts_at: datetime, ends_at: datetime, other_starts_at: datetime, other_ends_at: datetime
) -> tuple[datetime, datetime] | None:
    """What two spans have in common."""
    first, last = max(starts_at, other_starts_at), min(ends_at, other_ends_at)
    return (first, last) if first < last else None


@dataclass(frozen=True, slots=True)
class SiteCalendar:
    """When a site works. A site without any shift works around the clock."""

    zone: ZoneInfo
    shifts: Sequence[ShiftPattern]
    holidays: frozenset[date] = frozenset()

    @property
    def is_continuous(self) -> bool:
        return not self.shifts

    def local_date(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()

    def spans_on(self, day: date) -> list[ShiftSpan]:
        """The shifts that start on a local date, in order."""
        if day in self.holidays:
            return []
        found = (shift.on(day, self.zone) for shift in self.shifts)
        return sorted(span for span in found if span is not None)

    def spans(self, starts_at: datetime, ends_at: datetime) -> list[ShiftSpan]:
        """The shifts that touch a span of time, in order."""
        day = self.local_date(starts_at) - _DAY
        last = self.local_date(ends_at)
        found: list[ShiftSpan] = []
        while day <= last:
            found.extend(self.spans_on(day))
            day += _DAY
        return sorted(s for s in found if s.starts_at < ends_at and s.ends_at > starts_at)

    def shift_at(self, moment: datetime) -> ShiftSpan | None:
        """The shift that ``moment`` belongs to: of two that overlap, the one that began first."""
        found = self.spans(moment, moment + timedelta(microseconds=1))
        return found[0] if found else None

    def cut(self, starts_at: datetime, ends_at: datetime) -> list[Piece]:
        """A span of time cut at shift changes: pieces without gap or overlap."""
        return list(_cut(starts_at, ends_at, self.spans(starts_at, ends_at)))

    def working(self, starts_at: datetime, ends_at: datetime) -> list[Piece]:
        """The pieces in which the site works; all of it where it works around the clock."""
        if self.is_continuous:
            return [Piece(starts_at, ends_at, None)]
        return [piece for piece in self.cut(starts_at, ends_at) if piece.shift is not None]


def _cut(starts_at: datetime, ends_at: datetime, spans: Iterable[ShiftSpan]) -> Iterator[Piece]:
    reached = starts_at
    for span in spans:
        if span.ends_at <= reached or max(span.starts_at, reached) >= ends_at:
            continue
        if span.starts_at > reached:
            yield Piece(reached, span.starts_at, None)
            reached = span.starts_at
        until = min(span.ends_at, ends_at)
        yield Piece(reached, until, span)
        reached = until
    if reached < ends_at:
        yield Piece(reached, ends_at, None)
