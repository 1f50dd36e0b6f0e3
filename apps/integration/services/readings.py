"""What signals of machines say becomes events: each once, in whatever order it comes.

Every reading is kept under its tag and time. A reading of a counter adds what it tells beyond its
neighbours in time; a reading of a state is an event where it differs from the one before it, and so
is the one after it when this one comes in between. Reading, event and everything that follows from
it are one transaction. What can't be used is quarantined, with its reason.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.models import User
from apps.core.sql import columns, execute, fetch_all, insert_rows
from apps.core.transactions import unit_of_work
from apps.execution.services.event_rows import CLOCK_TOLERANCE, LATEST_TELLING
from apps.execution.services.machine_events import MOST_EVENTS, record_events
from apps.integration.counters import added
from apps.integration.models import MachineConnection, MachineTag, TagReading
from apps.integration.protocols.readings import Reading, Refused, clean
from apps.integration.services.machine_connections import acting_user
from apps.integration.services.quarantine import Unusable, quarantine
from apps.integration.tag_rules import MeantState, as_count, as_text, meaning, read_states

Role = MachineTag.Role
# In one order, before any machine: as every batch locks them.
_TAGS = """
SELECT t.id, t.path, t.role, m.code, t.states, t.per_count, t.rolls_over_at, r.code
  FROM integration_machinetag t
  LEFT JOIN masterdata_machine m ON m.id = t.machine_id
  LEFT JOIN masterdata_reasoncode r ON r.id = t.scrap_reason_id
 WHERE t.connection_id = %s AND t.path = ANY(%s) ORDER BY t.id FOR UPDATE OF t
"""
# What is known in the time of the batch, and one reading on either side of it.
_KNOWN = """
SELECT w.tag_id, k.at, k.value
  FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[]) AS w(tag_id, first, last)
 CROSS JOIN LATERAL (
       (SELECT at, value FROM integration_tagreading
         WHERE tag_id = w.tag_id AND at < w.first ORDER BY at DESC LIMIT 1)
        UNION ALL
       (SELECT at, value FROM integration_tagreading
         WHERE tag_id = w.tag_id AND at BETWEEN w.first AND w.last)
        UNION ALL
       (SELECT at, value FROM integration_tagreading
         WHERE tag_id = w.tag_id AND at > w.last ORDER BY at LIMIT 1)) AS k
 ORDER BY w.tag_id, k.at
"""
_HEARD = """
INSERT INTO integration_connectionstate AS s
       (company_id, connection_id, is_online, changed_at, last_heard_at, detail, instance_id,
        session, sealed_password)
VALUES (%(company)s, %(connection)s, true, %(now)s, %(now)s, '', '', '[]', '')
ON CONFLICT (connection_id) DO UPDATE SET last_heard_at = %(now)s
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a batch: events made or known before, and what was quarantined."""

    events: int = 0
    known: int = 0
    quarantined: int = 0


@dataclass(slots=True)
class _Tag:
    id: int
    path: str
    role: str
    machine: str | None
    states: Mapping[str, MeantState]
    per_count: Any
    rolls_over_at: Any
    reason: str | None
    times: list[datetime] = field(default_factory=list)
    values: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Batch:
    events: list[dict[str, Any]] = field(default_factory=list)
    kept: list[tuple[int, datetime, str]] = field(default_factory=list)
    unusable: list[Unusable] = field(default_factory=list)
    known: int = 0


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
    with unit_of_work():
        batch = _Batch()
        readings = [_cleaned(one) for one in said if isinstance(one, Reading)]
        batch.unusable += [
            Unusable(
                clean(one.path)[:300],
                one.code,
                clean(one.detail),
                {"payload": clean(one.payload)},
                now,
            )
            for one in said
            if isinstance(one, Refused)
        ]
        usable = _with_tags(connection, readings, batch, now)
        _read_known(usable)
        for tag, own in usable:
            for reading in own:
                _take(tag, reading, batch)
        _keep(connection, batch)
        made = _record(connection, batch, now, by or acting_user(connection.account))
        count = quarantine(connection, batch.unusable)
        execute(_HEARD, {"company": connection.company_id, "connection": connection.pk, "now": now})
    return Taken(made, batch.known, count)


def _cleaned(reading: Reading) -> Reading:
    value = clean(reading.value) if isinstance(reading.value, str) else reading.value
    return replace(reading, path=clean(reading.path)[:300], value=value)


def _with_tags(
    connection: MachineConnection, readings: Iterable[Reading], batch: _Batch, now: datetime
) -> list[tuple[_Tag, list[Reading]]]:
    """The readings by their tag, in order of time; those that can't be used are set apart."""
    by_path: dict[str, list[Reading]] = {}
    for one in readings:
        by_path.setdefault(one.path, []).append(one)
    tags = {
        path: _Tag(id_, path, role, machine, read_states(states), per, rolls, reason)
        for id_, path, role, machine, states, per, rolls, reason in fetch_all(
            _TAGS, [connection.pk, sorted(by_path)]
        )
    }
    result = []
    for path, own in by_path.items():
        tag = tags.get(path)
        if tag is None:
            batch.unusable += [
                _unusable(r, "unknown_tag", _("No signal has this name.")) for r in own
            ]
        elif tag.role != Role.IGNORED:
            fit = [r for r in own if _is_usable(tag, r, batch, now)]
            if fit:
                result.append((tag, sorted(fit, key=lambda r: r.at)))
    return sorted(result, key=lambda pair: pair[0].id)


def _is_usable(tag: _Tag, reading: Reading, batch: _Batch, now: datetime) -> bool:
    refusal = _refusal(tag, reading, now)
    if refusal is not None:
        batch.unusable.append(_unusable(reading, *refusal))
        return False
    # a counter that is not known says nothing; a state that is not known is a silent machine
    return reading.is_known or tag.role == Role.STATE


def _refusal(tag: _Tag, reading: Reading, now: datetime) -> tuple[str, str] | None:
    if reading.at > now + CLOCK_TOLERANCE:
        return "in_the_future", _("The machine's clock is ahead.")
    if reading.at < now - LATEST_TELLING:
        return "too_old", _("This is more than a year ago.")
    if not reading.is_known:
        return None
    if tag.role == Role.STATE:
        if meaning(reading.value, tag.states) is None:
            return "unknown_value", _("No state is said to have this value.")
    elif as_count(reading.value) is None:
        return "not_a_number", _("A counter has a number from zero on.")
    return None


def _read_known(usable: Sequence[tuple[_Tag, list[Reading]]]) -> None:
    by_id = {tag.id: tag for tag, _own in usable}
    spans = [(tag.id, own[0].at, own[-1].at) for tag, own in usable]
    for tag_id, at, value in fetch_all(_KNOWN, columns(spans, 3)) if spans else ():
        by_id[tag_id].times.append(at)
        by_id[tag_id].values.append(value)


def _take(tag: _Tag, reading: Reading, batch: _Batch) -> None:
    value = as_text(reading.value) if reading.is_known else ""
    place = bisect_left(tag.times, reading.at)
    if place < len(tag.times) and tag.times[place] == reading.at:
        if tag.values[place] == value:
            batch.known += 1
        else:
            told = _("At this time it said {value}.").format(value=tag.values[place])
            batch.unusable.append(_unusable(reading, "contradiction", told))
        return
    before = tag.values[place - 1] if place else None
    after = tag.values[place] if place < len(tag.values) else None
    if tag.role == Role.STATE:
        if value != before:
            batch.events.append(_state_event(tag, reading.at, value))
        if after is not None and after == before != value:
            batch.events.append(_state_event(tag, tag.times[place], after))
    else:
        _count(tag, reading.at, value, before, after, batch)
    tag.times.insert(place, reading.at)
    tag.values.insert(place, value)
    batch.kept.append((tag.id, reading.at, value))


def _count(
    tag: _Tag, at: datetime, value: str, before: str | None, after: str | None, batch: _Batch
) -> None:
    count = as_count(value)
    if count is None:
        return
    gained = added(
        None if before is None else as_count(before),
        count,
        None if after is None else as_count(after),
        rolls_over_at=tag.rolls_over_at,
    )
    if not gained:
        return
    name = "quantity_good" if tag.role == Role.GOOD else "quantity_scrap"
    event = _event(tag, at, "count") | {name: gained * tag.per_count}
    if tag.reason:
        event["reason"] = tag.reason
    batch.events.append(event)


def _state_event(tag: _Tag, at: datetime, value: str) -> dict[str, Any]:
    meant = meaning(value, tag.states) or MeantState("off")
    event = _event(tag, at, meant.state) | {"state": meant.state}
    return event | {"reason": meant.reason} if meant.reason else event


def _event(tag: _Tag, at: datetime, what: str) -> dict[str, Any]:
    """Named by tag and time, so that it is the same event whenever it is made again."""
    since = round(at.timestamp() * 1_000_000)
    return {"event_id": f"tag{tag.id}@{since}:{what}", "machine": tag.machine, "occurred_at": at}


def _keep(connection: MachineConnection, batch: _Batch) -> None:
    insert_rows(
        TagReading,
        [
            {"company_id": connection.company_id, "tag_id": tag_id, "at": at, "value": value}
            for tag_id, at, value in batch.kept
        ],
    )


def _record(connection: MachineConnection, batch: _Batch, now: datetime, by: User) -> int:
    """Record the events; what is rejected is quarantined as the event that it would have been."""
    made = 0
    for start in range(0, len(batch.events), MOST_EVENTS):
        events = batch.events[start : start + MOST_EVENTS]
        results = record_events(connection.company, events, by=by, received_at=now)
        for event, result in zip(events, results, strict=True):
            if result.status == "created":
                made += 1
            elif result.status == "duplicate":
                batch.known += 1
            elif result.error is not None:
                plain = event | {"occurred_at": event["occurred_at"].isoformat()}
                batch.unusable.append(
                    Unusable(
                        event["event_id"],
                        result.error.code,
                        result.error.detail,
                        {"event": {name: str(value) for name, value in plain.items()}},
                        event["occurred_at"],
                    )
                )
    return made


def _unusable(reading: Reading, code: str, detail: str) -> Unusable:
    payload = {
        "path": reading.path,
        "value": reading.value if isinstance(reading.value, bool | str) else as_text(reading.value),
        "at": reading.at.isoformat(),
        "is_known": reading.is_known,
    }
    return Unusable(reading.path, code, detail, {"reading": payload}, reading.at)


def forget_old_readings(*, before: datetime | None = None) -> int:
    """Readings older than what may still be told late; how many."""
    limit = before or timezone.now() - LATEST_TELLING - timedelta(days=1)
    return execute("DELETE FROM integration_tagreading WHERE at < %s", [limit])
