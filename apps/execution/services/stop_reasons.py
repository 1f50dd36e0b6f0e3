"""Why machines stood still: given, changed, told apart; the cost is posted anew each time.

Each change is written down with who and why (``StopClassification``).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, User
from apps.core.sql import fetch_all, insert_rows
from apps.core.transactions import unit_of_work
from apps.execution.models import MachineEvent, MachineInterval, StopClassification
from apps.execution.models.machine_events import MachineState
from apps.execution.services.floor_news import tell_floor
from apps.execution.services.machine_locks import lock_machines
from apps.execution.services.machine_states import recut
from apps.execution.services.maintenance_news import as_machine_stop
from apps.execution.services.stop_costs import Stop, settle_stops
from apps.maintenance.services.breakdowns import follow_stops
from apps.masterdata.models import ReasonCode

LONGEST_NOTE = 200

_STOPS = """
SELECT id, machine_id, starts_at, ends_at, reason_id, lost_minutes, hourly_rate, entry_id, state
  FROM execution_machineinterval WHERE company_id = %s AND id = ANY(%s) ORDER BY id
"""


def classify_stops(
    company: Company,
    intervals: Sequence[MachineInterval],
    *,
    reason: ReasonCode | None,
    note: str = "",
    by: User,
) -> list[MachineInterval]:
    """Say why machines stood still; what the stops cost is posted anew under the reason.

    Raises ``InvalidInput`` for a reason that is none for stops, ``BusinessError`` for an interval
    that is no stop; nothing is written.
    """
    _check_reason(company, reason)
    _check_note(note)
    ids = [interval.pk for interval in intervals]
    reason_id = reason.pk if reason else None
    with unit_of_work():
        lock_machines(interval.machine_id for interval in intervals)
        before = [stop for stop in _stops(company, ids) if stop.reason_id != reason_id]
        stops = [replace(stop, reason_id=reason_id) for stop in before]
        MachineInterval.objects.filter(pk__in=[stop.id for stop in stops]).update(reason=reason)
        _write_down(company, [(stop, reason_id) for stop in before], note, by)
        # documents before number series: the stops' cost is posted last
        follow_stops(company, [as_machine_stop(stop, reason_id) for stop in stops], by=by)
        settle_stops(company, stops, by=by)
        tell_floor(company.pk, (stop.machine_id for stop in stops))
    return list(
        MachineInterval.objects.filter(pk__in=ids).select_related("machine", "reason", "entry")
    )


def classify_stop(
    interval: MachineInterval, *, reason: ReasonCode | None, note: str = "", by: User
) -> MachineInterval:
    """``classify_stops`` for one."""
    return classify_stops(interval.company, [interval], reason=reason, note=note, by=by)[0]


def split_stop(
    interval: MachineInterval,
    *,
    at: datetime,
    reasons: tuple[ReasonCode | None, ReasonCode | None],
    note: str = "",
    by: User,
) -> tuple[MachineInterval, MachineInterval]:
    """Tell a stop apart at an instant inside it: before for the first reason, after for the second.

    The cost of the whole is reversed and posted anew for both. The cut is an event of its own, so
    it stands when the timeline is cut again; where a late event says that the machine ran by then,
    there is nothing to split any more and it is as if it had not been said.

    Raises ``InvalidInput`` for a wrong reason or note, ``BusinessError`` for what is no stop or
    does not last at that instant; nothing is written.
    """
    company = interval.company
    for reason in reasons:
        _check_reason(company, reason)
    _check_note(note)
    if at.tzinfo is None:
        raise InvalidInput("naive_time", _("Give the time with its zone."), field="at")
    first_id, second_id = (reason.pk if reason else None for reason in reasons)
    with unit_of_work():
        lock_machines([interval.machine_id])
        [stop] = _stops(company, [interval.pk])
        now = timezone.now()
        if not stop.starts_at < at < (stop.ends_at or now):
            raise BusinessError("not_inside", _("Split a stop at a time inside it."), field="at")
        MachineInterval.objects.filter(pk=stop.id).update(reason=reasons[0])
        [(event_id,)] = insert_rows(
            MachineEvent,
            [
                {
                    "company_id": company.pk,
                    "machine_id": stop.machine_id,
                    "event_id": f"split-{uuid.uuid4().hex}",
                    "kind": MachineEvent.Kind.SPLIT,
                    "occurred_at": at,
                    "received_at": now,
                    "state": MachineState.STOPPED,
                    "reason_id": second_id,
                    "quantity_good": 0,
                    "quantity_scrap": 0,
                }
            ],
            returning="id",
        )
        changed = recut(company, {stop.machine_id: (at, at)})
        parts = MachineInterval.objects.filter(machine_id=stop.machine_id)
        second = parts.get(event_id=event_id)
        _write_down(
            company,
            [(stop, first_id), (replace(stop, id=second.pk, starts_at=at), second_id)],
            note,
            by,
        )
        # documents before number series: the stops' cost is posted last
        follow_stops(company, [as_machine_stop(one, one.reason_id) for one in changed.stops], by=by)
        settle_stops(company, changed.stops, by=by)
        tell_floor(company.pk, [stop.machine_id])
    found = parts.select_related("machine", "reason", "entry").in_bulk([stop.id, second.pk])
    return found[stop.id], found[second.pk]


def _stops(company: Company, ids: Sequence[int]) -> list[Stop]:
    """The stops as they are now. Raises ``BusinessError`` when one is no stop."""
    rows = fetch_all(_STOPS, [company.pk, list(ids)])
    if len(rows) < len(set(ids)) or any(row[-1] != MachineState.STOPPED for row in rows):
        raise BusinessError(
            "not_a_stop", _("Only stops have a reason; reload and try again."), field="interval"
        )
    return [
        Stop(id_, machine_id, start, end, reason_id, True, lost, rate, entry_id)
        for id_, machine_id, start, end, reason_id, lost, rate, entry_id, _state in rows
    ]


def _check_reason(company: Company, reason: ReasonCode | None) -> None:
    if reason is not None and (
        reason.kind != ReasonCode.Kind.DOWNTIME or reason.company_id != company.pk
    ):
        raise InvalidInput("wrong_reason", _("This is no reason for a stop."), field="reason")


def _check_note(note: str) -> None:
    if len(note) > LONGEST_NOTE or not (note.isprintable() or not note):
        raise InvalidInput(
            "bad_note",
            _("Enter up to {limit} printable characters.").format(limit=LONGEST_NOTE),
            field="note",
        )


def _write_down(
    company: Company,
    changes: Iterable[tuple[Stop, int | None]],
    note: str,
    by: User,
) -> None:
    """A row for each stop that has another reason now."""
    intervals = ContentType.objects.get_for_model(MachineInterval).pk
    now = timezone.now()
    rows: list[dict[str, Any]] = [
        {
            "company_id": company.pk,
            "source_type_id": intervals,
            "source_id": stop.id,
            "created_at": now,
            "created_by_id": by.pk,
            "machine_id": stop.machine_id,
            "at": stop.starts_at,
            "old_reason_id": stop.reason_id,
            "new_reason_id": reason_id,
            "note": note,
        }
        for stop, reason_id in changes
        if stop.reason_id != reason_id
    ]
    insert_rows(StopClassification, rows)
