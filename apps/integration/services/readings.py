"""What signals of machines say becomes events: each once, in whatever order it comes.

Every reading is kept under its signal and time. One that is newer than all before it, as nearly
all are, is held against the signal's state and written by COPY; one that comes late or again is
held against its neighbours in time. A reading of a counter adds what it tells beyond them; a
reading of a state or an alarm is an event where it differs from the one before it, and so is the
one after it when this one comes in between; measurements are summed up by the minute. Reading,
event and everything that follows from it are one transaction. What can't be used is quarantined,
with its reason.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.models import User
from apps.core.transactions import unit_of_work
from apps.execution.models.machine_events import MachineState
from apps.execution.services.event_rows import CLOCK_TOLERANCE, LATEST_TELLING, EventError
from apps.execution.services.machine_alarms import explain_stops, record_alarms
from apps.execution.services.machine_events import MOST_EVENTS, record_events
from apps.integration.models import MachineConnection, MachineTag
from apps.integration.protocols.readings import Reading, Refused, clean
from apps.integration.services.machine_connections import acting_user
from apps.integration.services.quarantine import Unusable, quarantine
from apps.integration.services.reading_days import drop_days
from apps.integration.services.tag_events import Happened
from apps.integration.services.tag_log import (
    Known,
    NewRows,
    Tag,
    keep_minutes,
    keep_states,
    known_around,
)
from apps.integration.services.tag_memory import begin_batch, recall_tags, remember
from apps.integration.tag_rules import (
    as_count,
    as_text,
    meaning,
    measured,
    number_text,
    read_states,
)

Role = MachineTag.Role
LONGEST_PATH = 300
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a batch: events made or known before, and what was quarantined."""

    events: int = 0
    known: int = 0
    quarantined: int = 0


@dataclass(slots=True)
class _Batch:
    """``rows`` are readings to write; ``minutes`` what measurements add to."""

    newest: datetime
    oldest: datetime
    happened: Happened = field(default_factory=Happened)
    rows: NewRows = field(default_factory=NewRows)
    minutes: dict[tuple[int, datetime], list[Any]] = field(default_factory=dict)
    unusable: list[Unusable] = field(default_factory=list)
    known: int = 0

    def refuse(self, reading: Reading, code: str, detail: str) -> None:
        self.unusable.append(_unusable(reading, code, detail))

    def minute_of(self, tag: Tag, at: datetime, number: float) -> list[Any]:
        """The sums of the minute of ``at``: begin, end, count, lowest, highest, total."""
        start = at.replace(second=0, microsecond=0)
        fresh = [start, start + _MINUTE, 0, number, number, 0.0]
        sums = tag.minute = self.minutes.setdefault((tag.id, start), fresh)
        return sums

    def sum_up(self, tag: Tag, at: datetime, number: float) -> None:
        """Add a measurement to its minute."""
        sums = self.minute_of(tag, at, number)
        sums[2:] = [sums[2] + 1, min(sums[3], number), max(sums[4], number), sums[5] + number]


def take_readings(
    connection: MachineConnection,
    said: Sequence[Reading | Refused],
    *,
    now: datetime | None = None,
    by: User | None = None,
) -> Taken:
    """Take what a connection said; a batch that broke off is simply taken again.

    It is recorded by the connection's account, or ``by`` who sent it, within his own sites.

    The number of statements does not depend on the readings, but for what follows from their
    events.
    """
    now = now or timezone.now()
    by = by or acting_user(connection.account)
    with unit_of_work():
        known = begin_batch(connection, now=now)
        batch = _Batch(now + CLOCK_TOLERANCE, now - LATEST_TELLING)
        paths = {path: clean(path)[:LONGEST_PATH] for path in _names(said)}
        tags = recall_tags(connection, known, set(paths.values()), oldest=batch.oldest)
        by_name = {name: tags[path] for name, path in paths.items()}
        _sort_out(_take_new(said, by_name, batch), by_name, batch, now)
        told = [tag for tag in tags.values() if tag is not None]
        _take_late([tag for tag in told if tag.late], batch)
        batch.rows.copy()
        keep_states(told)
        keep_minutes(batch.minutes)
        made = _record(connection, batch, now, by)
        count = quarantine(connection, batch.unusable)
        remember(connection, known)
    return Taken(made, batch.known, count)


def _names(said: Sequence[Reading | Refused]) -> set[str]:
    return {one.path for one in said if one.__class__ is Reading}


def _take_new(
    said: Sequence[Reading | Refused], tags: Mapping[str, Tag | None], batch: _Batch
) -> list[Reading | Refused]:
    """Take what is newer than all before and a measurement, or the value told last: nearly all
    that machines say, so this loop calls nothing. What else was said."""
    newest, rows = batch.newest, batch.rows
    add_id, add_time, add_number = rows.ids.append, rows.times.append, rows.numbers.append
    others: list[Reading | Refused] = []
    for one in said:
        if isinstance(one, Refused):
            others.append(one)
            continue
        path, value, at, is_known = one
        tag = tags[path]
        if tag is None or not is_known or not tag.floor < at <= newest:
            others.append(one)
        elif tag.is_measured and value.__class__ is float and value - value == 0:
            add_id(tag.id)
            add_time(at)
            add_number(value)
            tag.floor, tag.number = at, value
            sums = tag.minute
            if sums is None or at >= sums[1]:
                sums = batch.minute_of(tag, at, value)
            sums[2] += 1
            sums[5] += value
            if value < sums[3]:
                sums[3] = value
            elif value > sums[4]:
                sums[4] = value
        elif tag.told is not None and value == tag.told and value.__class__ is tag.told.__class__:
            rows.others.append((tag.id, at, tag.last_value, None))
            tag.floor = at
        else:
            others.append(one)
    return others


def _sort_out(
    said: Sequence[Reading | Refused], tags: Mapping[str, Tag | None], batch: _Batch, now: datetime
) -> None:
    """Take what is new, set apart what came late or again, and what can't be used."""
    for one in said:
        if isinstance(one, Refused):
            batch.unusable.append(_unreadable(one, now))
            continue
        tag = tags[one.path]
        if tag is None:
            batch.refuse(one, "unknown_tag", _("No signal has this name."))
        elif tag.role == Role.IGNORED:
            continue
        elif one.at > batch.newest:
            batch.refuse(one, "in_the_future", _("The machine's clock is ahead."))
        elif one.at < batch.oldest:
            batch.refuse(one, "too_old", _("This is more than a year ago."))
        elif tag.is_measured:
            _measure(tag, one, batch)
        else:
            _take(tag, one, batch)


def _measure(tag: Tag, reading: Reading, batch: _Batch) -> None:
    """A measurement that is late, or was told as a word or a whole number."""
    if not reading.is_known:
        return
    number = measured(reading.value)
    if number is None:
        batch.refuse(reading, "not_a_number", _("A measurement is a finite number."))
    elif tag.newest is not None and reading.at <= tag.newest:
        tag.late.append(reading._replace(value=number))
    else:
        batch.rows.others.append((tag.id, reading.at, None, number))
        tag.measure(reading.at, number)
        batch.sum_up(tag, reading.at, number)


def _take(tag: Tag, reading: Reading, batch: _Batch) -> None:
    """A state, a counter or an alarm. A counter that is not known says nothing; a state that is
    not known is a silent machine."""
    if not reading.is_known and tag.role != Role.STATE:
        return
    value = reading.value
    text = as_text(clean(value) if isinstance(value, str) else value) if reading.is_known else ""
    refusal = _refusal(tag, text, reading)
    if refusal is not None:
        batch.refuse(reading, *refusal)
        return
    if tag.newest is not None and reading.at <= tag.newest:
        tag.late.append(reading._replace(value=text))
        return
    before = None if tag.newest is None else tag.last_value
    batch.happened.note(tag, reading.at, text, before)
    batch.rows.others.append((tag.id, reading.at, text, None))
    tag.say(reading.at, text)
    tag.told = value if reading.is_known else None


def _refusal(tag: Tag, text: str, reading: Reading) -> tuple[str, str] | None:
    if tag.role == Role.STATE:
        if meaning(text, read_states(tag.states)) is None:
            return "unknown_value", _("No state is said to have this value.")
    elif tag.role != Role.ALARM and text != tag.last_value and as_count(reading.value) is None:
        return "not_a_number", _("A counter has a number from zero on.")
    return None


def _take_late(tags: Sequence[Tag], batch: _Batch) -> None:
    """Hold what came late, or again, against what is known around it: the new ones included."""
    if not tags:
        return
    batch.rows.copy()
    for tag in tags:
        tag.late.sort(key=lambda reading: reading.at)
    known = known_around(tags)
    for tag in tags:
        for reading in tag.late:
            _take_one_late(tag, reading, known[tag.id], batch)


def _take_one_late(tag: Tag, reading: Reading, known: Known, batch: _Batch) -> None:
    at, value = reading.at, reading.value
    text = number_text(value) if isinstance(value, float) else str(value)
    place = bisect_left(known.times, at)
    if place < len(known.times) and known.times[place] == at:
        if known.values[place] == text:
            batch.known += 1
        else:
            told = _("At this time it said {value}.").format(value=known.values[place])
            batch.refuse(reading, "contradiction", told)
        return
    if isinstance(value, float):
        batch.rows.others.append((tag.id, at, None, value))
        batch.sum_up(tag, at, value)
    else:
        batch.rows.others.append((tag.id, at, text, None))
        before = known.values[place - 1] if place else None
        after = (known.times[place], known.values[place]) if place < len(known.times) else None
        batch.happened.note_late(tag, at, text, before, after)
    known.add(at, text)


def _record(connection: MachineConnection, batch: _Batch, now: datetime, by: User) -> int:
    """Record events and alarms; what is rejected is quarantined as what it would have been."""
    made, events = 0, batch.happened.events
    for start in range(0, len(events), MOST_EVENTS):
        part = events[start : start + MOST_EVENTS]
        results = record_events(connection.company, part, by=by, received_at=now)
        for event, result in zip(part, results, strict=True):
            if result.status == "created":
                made += 1
            elif result.status == "duplicate":
                batch.known += 1
            elif result.error is not None:
                batch.unusable.append(_rejected(event, result.error))
    alarms, refused = batch.happened.alarms, 0
    for alarm, error in record_alarms(connection.company, alarms, by=by):
        refused += 1
        batch.unusable.append(
            Unusable(alarm.signal, error.code, error.detail, {"alarm": alarm.as_plain()}, alarm.at)
        )
    explain_stops(connection.company, _to_explain(batch.happened), by=by)
    return made + len(alarms) - refused


def _to_explain(happened: Happened) -> list[tuple[str, datetime]]:
    """When stops began without a reason, and when alarms came: each may explain the other."""
    stops = [
        (event["machine"], event["occurred_at"])
        for event in happened.events
        if event.get("state") == MachineState.STOPPED and "reason" not in event
    ]
    return stops + [(alarm.machine, alarm.at) for alarm in happened.alarms]


def _rejected(event: dict[str, Any], error: EventError) -> Unusable:
    plain = event | {"occurred_at": event["occurred_at"].isoformat()}
    payload = {"event": {name: str(value) for name, value in plain.items()}}
    return Unusable(event["event_id"], error.code, error.detail, payload, event["occurred_at"])


def _unreadable(one: Refused, now: datetime) -> Unusable:
    payload = {"payload": clean(one.payload)}
    return Unusable(clean(one.path)[:LONGEST_PATH], one.code, clean(one.detail), payload, now)


def _unusable(reading: Reading, code: str, detail: str) -> Unusable:
    value = reading.value
    path = clean(reading.path)[:LONGEST_PATH]
    if isinstance(value, str):
        value = clean(value)
    payload = {
        "path": path,
        "value": value if isinstance(value, bool | str) else as_text(value),
        "at": reading.at.isoformat(),
        "is_known": reading.is_known,
    }
    return Unusable(path, code, detail, {"reading": payload}, reading.at)


def forget_old_readings(*, before: datetime | None = None) -> int:
    """Drop the days of readings older than what may still be told late; how many tables."""
    limit = before or timezone.now() - LATEST_TELLING - timedelta(days=1)
    return len(drop_days(before=limit.astimezone(UTC).date()))
