"""Attendance: from clock events to minutes, from minutes to regular time and overtime.

Plain values, no database.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date as Date
from datetime import datetime
from decimal import Decimal

from apps.core.money import ZERO, round_quantity

IN, OUT, PAUSE, RESUME = "in", "out", "break", "resume"
#: What may follow what; before the first event somebody is out.
FOLLOWERS: Mapping[str, frozenset[str]] = {
    OUT: frozenset({IN}),
    IN: frozenset({PAUSE, OUT}),
    PAUSE: frozenset({RESUME, OUT}),
    RESUME: frozenset({PAUSE, OUT}),
}
SECONDS = Decimal(60)


@dataclass(frozen=True, slots=True)
class Clocked:
    """An event that nobody voided, with the work day it belongs to."""

    kind: str
    at: datetime
    date: Date


@dataclass(frozen=True, slots=True)
class Piece:
    """Minutes on a day for a cost object (none: the cost centre)."""

    date: Date
    minutes: Decimal
    cost_object_id: int | None = None
    origin: str = "clock"
    is_overtime: bool = False


def first_out_of_turn(kinds: Sequence[str], *, before: str = OUT) -> int | None:
    """The place of the first event that can't follow the one before it; None when all can."""
    for place, kind in enumerate(kinds):
        if kind not in FOLLOWERS[before]:
            return place
        before = kind
    return None


def minutes_by_day(events: Iterable[Clocked]) -> dict[Date, Decimal]:
    """Minutes at work on each work day, breaks left out; who is still in counts to nobody's now."""
    found: dict[Date, Decimal] = defaultdict(lambda: ZERO)
    since: datetime | None = None
    for event in sorted(events, key=lambda one: one.at):
        if event.kind in (IN, RESUME):
            since = event.at
        elif since is not None:
            seconds = Decimal(str((event.at - since).total_seconds()))
            found[event.date] += seconds / SECONDS
            since = None
    return {day: round_quantity(minutes) for day, minutes in found.items()}


def open_days(events: Iterable[Clocked]) -> list[Date]:
    """Work days that somebody has not clocked out of."""
    last: dict[Date, str] = {}
    for event in sorted(events, key=lambda one: one.at):
        last[event.date] = event.kind
    return sorted(day for day, kind in last.items() if kind != OUT)


def with_indirect(
    present: Mapping[Date, Decimal], booked: Sequence[Piece]
) -> tuple[list[Piece], list[Date]]:
    """What was booked, plus the rest of the presence for the cost centre.

    Also the days on which more was booked than anybody was there; days without a clock event are
    taken as booked.
    """
    direct: dict[Date, Decimal] = defaultdict(lambda: ZERO)
    for piece in booked:
        direct[piece.date] += piece.minutes
    pieces = list(booked)
    too_much = []
    for day, minutes in sorted(present.items()):
        rest = minutes - direct[day]
        if rest < 0:
            too_much.append(day)
        elif rest:
            pieces.append(Piece(day, rest))
    return sorted(pieces, key=lambda p: (p.date, p.cost_object_id or 0)), too_much


def split_overtime(
    pieces: Sequence[Piece], *, weekly_minutes: Decimal, earlier: Mapping[tuple[int, int], Decimal]
) -> list[Piece]:
    """Minutes above ``weekly_minutes`` of a calendar week (ISO 8601) are overtime.

    Time that no order asked for becomes overtime first, the latest first; then the latest other.
    ``earlier`` are the regular minutes of the week outside of ``pieces``, by (year, week).
    """
    result: list[Piece] = []
    weeks: dict[tuple[int, int], list[Piece]] = defaultdict(list)
    for piece in pieces:
        weeks[week_of(piece.date)].append(piece)
    for week, of_week in weeks.items():
        regular = sum((p.minutes for p in of_week if not p.is_overtime), ZERO)
        excess = max(regular + earlier.get(week, ZERO) - weekly_minutes, ZERO)
        for piece in sorted(of_week, key=_overtime_order):
            taken = ZERO if piece.is_overtime else min(excess, piece.minutes)
            excess -= taken
            if taken:
                result.append(replace(piece, minutes=taken, is_overtime=True))
            if piece.minutes > taken:
                result.append(replace(piece, minutes=piece.minutes - taken))
    return sorted(result, key=lambda p: (p.date, p.is_overtime, p.cost_object_id or 0))


def week_of(day: Date) -> tuple[int, int]:
    year, week, _weekday = day.isocalendar()
    return year, week


def _overtime_order(piece: Piece) -> tuple[bool, int, int]:
    return piece.cost_object_id is not None, -piece.date.toordinal(), piece.cost_object_id or 0
