"""What machines say, taken in batches: each event once, with everything that follows from it.

A state cuts the machine's timeline and costs the stop it ends; a count belongs to the operation
that ran, and where the operation is counted by machine it is the production report. The event and
what follows from it are one transaction; a batch is several, so a row that fails takes nothing
else with it and a batch that broke off is simply sent again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, User
from apps.core.sql import columns, fetch_all, insert_rows
from apps.core.transactions import independent_part
from apps.execution.models import MachineEvent
from apps.execution.queries.shift_handovers import closed_places
from apps.execution.services.counted_production import CountedRows, group_counts, report_counts
from apps.execution.services.event_rows import Answers, EventResult, EventRow, read_rows
from apps.execution.services.floor_news import tell_floor
from apps.execution.services.machine_locks import lock_machines
from apps.execution.services.machine_outputs import add_output
from apps.execution.services.machine_states import Window, recut
from apps.execution.services.maintenance_news import count_on_meters, follow_states
from apps.execution.services.shift_handovers import shift_closed
from apps.execution.services.stop_costs import settle_stops
from apps.execution.services.tool_wear import Wear, wear_tools

MOST_EVENTS = 1000

_KNOWN = """
SELECT e.machine_id, e.event_id, e.kind, e.occurred_at, e.state, e.reason_id,
       e.quantity_good, e.quantity_scrap
  FROM unnest(%s::bigint[], %s::text[]) AS w(machine_id, event_id)
  JOIN execution_machineevent e ON e.machine_id = w.machine_id AND e.event_id = w.event_id
"""
_RUNNING = """
SELECT w.place, r.operation_id, o.is_counted
  FROM unnest(%s::int[], %s::bigint[], %s::timestamptz[]) AS w(place, machine_id, at)
  JOIN execution_operationrun r ON r.machine_id = w.machine_id AND r.starts_at <= w.at
   AND (r.ends_at IS NULL OR r.ends_at > w.at)
  JOIN execution_workorderoperation o ON o.id = r.operation_id
"""


def record_events(
    company: Company,
    events: Sequence[Mapping[str, Any]],
    *,
    by: User,
    received_at: datetime | None = None,
) -> list[EventResult]:
    """Record up to 1,000 events; an answer for each, in order.

    An event is ``event_id`` (the device's own), ``machine`` (code), ``occurred_at`` (ISO 8601 with
    zone) and either ``state`` (``running setup stopped idle off``, perhaps with the ``reason`` of
    a stop) or ``quantity_good`` and ``quantity_scrap`` since the last count (with the ``reason``
    of the scrap). An event that is known is a ``duplicate``; with another content it is
    ``rejected``. ``received_at`` is now, unless a log is read in later.

    Raises ``InvalidInput`` only when the batch itself is too long.
    """
    if len(events) > MOST_EVENTS:
        raise InvalidInput(
            "too_many_events",
            _("At most {limit} events come in one batch.").format(limit=MOST_EVENTS),
            field="events",
        )
    answers = Answers(events)
    now = received_at or timezone.now()
    rows = read_rows(company, events, answers, now=now, by=by)
    counted = _record(company, rows, answers, now, by)
    for group in group_counts(company, counted):
        _record_counted(company, group, answers, now, by)
    return answers.all()


def _record(
    company: Company, rows: Sequence[EventRow], answers: Answers, now: datetime, by: User
) -> list[EventRow]:
    """Record what needs no production report; the rows that do need one."""
    if not rows:
        return []
    try:
        with independent_part():
            return _record_together(company, rows, answers, now, by)
    except BusinessError as error:
        return _record_apart(company, rows, answers, now, by, error)


def _record_apart(
    company: Company,
    rows: Sequence[EventRow],
    answers: Answers,
    now: datetime,
    by: User,
    error: BusinessError,
) -> list[EventRow]:
    """What follows from a state was refused: find out whose, machine by machine."""
    machine_ids = sorted({row.machine_id for row in rows})
    counted: list[EventRow] = []
    if len(machine_ids) > 1:
        for machine_id in machine_ids:
            own = [row for row in rows if row.machine_id == machine_id]
            counted += _record(company, own, answers, now, by)
        return counted
    states = [row for row in rows if row.kind == MachineEvent.Kind.STATE]
    if len(states) > 1:
        for row in sorted(states, key=lambda row: row.occurred_at):
            counted += _record(company, [row], answers, now, by)
    for row in states if len(states) == 1 else []:
        answers.rejected(row.place, error)
    counts = [row for row in rows if row.kind == MachineEvent.Kind.COUNT]
    return counted + _record(company, counts, answers, now, by)


def _record_together(
    company: Company, rows: Sequence[EventRow], answers: Answers, now: datetime, by: User
) -> list[EventRow]:
    fresh = _claim(rows, answers)
    counted = _attribute(fresh)
    plain = [row for row in fresh if row.place not in counted]
    _insert(company, plain, now)
    states = [row for row in plain if row.kind == MachineEvent.Kind.STATE]
    if states:
        changed = recut(company, _windows(states))
        # documents before number series: stops that ended are posted last, those that changed
        # are reversed and posted anew
        follow_states(company, changed, rows=states, by=by)
        settle_stops(company, changed.stops, by=by)
    count_on_meters(company, plain, by=by)
    # what an operation makes that people report wears the tool with their report
    wear_tools([_wear(row) for row in plain if row.has_tools and row.operation_id is None])
    tell_floor(company.pk, (row.machine_id for row in plain))
    for row in plain:
        answers.created(row)
    return [row for row in fresh if row.place in counted]


def _record_counted(
    company: Company, group: CountedRows, answers: Answers, now: datetime, by: User
) -> None:
    """Events of one operation as one report; one by one when that is refused."""
    try:
        with independent_part():
            fresh = _claim(group.rows, answers)
            if not fresh:
                return
            ids = _insert(company, fresh, now)
            count_on_meters(company, fresh, by=by)
            wear_tools([_wear(row) for row in fresh if row.has_tools])
            report_counts(group.holding(fresh), event_id=ids[-1], by=by)
            tell_floor(company.pk, (row.machine_id for row in fresh))
    except BusinessError as error:
        if len(group.rows) == 1:
            answers.rejected(group.rows[0].place, error)
            return
        for row in group.rows:
            _record_counted(company, group.holding([row]), answers, now, by)
        return
    for row in fresh:
        answers.created(row)


def _claim(rows: Sequence[EventRow], answers: Answers) -> list[EventRow]:
    """Lock the machines; the rows that are new, the others answered.

    What happened in a shift that was handed over is refused: one statement for all of them.
    """
    lock_machines(row.machine_id for row in rows)
    known = {
        (machine_id, event_id): tuple(body)
        for machine_id, event_id, *body in fetch_all(_KNOWN, columns((r.key for r in rows), 2))
    }
    fresh = []
    for row in rows:
        own = row.body
        body = known.setdefault(row.key, own)
        if body is own:
            fresh.append(row)
        elif body == own:
            answers.duplicate(row)
        else:
            answers.rejected(
                row.place,
                BusinessError(
                    "event_changed",
                    _("An event with this id said something else."),
                    field="event_id",
                ),
            )
    return _in_open_shifts(fresh, answers)


def _in_open_shifts(rows: Sequence[EventRow], answers: Answers) -> list[EventRow]:
    closed = closed_places(
        [row.place for row in rows],
        [row.machine_id for row in rows],
        [row.occurred_at for row in rows],
    )
    for row in rows:
        if row.place in closed:
            answers.rejected(row.place, shift_closed(closed[row.place], "occurred_at"))
    return [row for row in rows if row.place not in closed]


def _attribute(rows: Sequence[EventRow]) -> set[int]:
    """Give counts the operation that ran; the places of those that are production reports."""
    counts = {row.place: row for row in rows if row.kind == MachineEvent.Kind.COUNT}
    if not counts:
        return set()
    asked = ((row.place, row.machine_id, row.occurred_at) for row in counts.values())
    counted = set()
    for place, operation_id, is_counted in fetch_all(_RUNNING, columns(asked, 3)):
        counts[place].operation_id = operation_id
        if is_counted:
            counted.add(place)
    return counted


def _insert(company: Company, rows: Sequence[EventRow], now: datetime) -> list[int]:
    """Write events and add what they count to its quarters of an hour; their ids in order."""
    made = insert_rows(
        MachineEvent,
        [
            {
                "company_id": company.pk,
                "machine_id": row.machine_id,
                "event_id": row.event_id,
                "kind": row.kind,
                "occurred_at": row.occurred_at,
                "received_at": now,
                "state": row.state,
                "reason_id": row.reason_id,
                "quantity_good": row.quantity_good,
                "quantity_scrap": row.quantity_scrap,
                "operation_id": row.operation_id,
            }
            for row in rows
        ],
        returning="id",
    )
    add_output(company, rows)
    return [event_id for (event_id,) in made]


def _wear(row: EventRow) -> Wear:
    return row.machine_id, row.occurred_at, row.quantity_good + row.quantity_scrap


def _windows(rows: Iterable[EventRow]) -> dict[int, Window]:
    """The first and the last new instant of each machine."""
    windows: dict[int, Window] = {}
    for row in rows:
        first, last = windows.get(row.machine_id, (row.occurred_at, row.occurred_at))
        windows[row.machine_id] = (min(first, row.occurred_at), max(last, row.occurred_at))
    return windows
