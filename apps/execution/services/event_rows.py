"""Rows of a batch of machine events: read, checked in sets, each with its own answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, User
from apps.core.money import ZERO
from apps.core.sql import fetch_all
from apps.execution.models import MachineEvent
from apps.execution.models.machine_events import MachineState
from apps.masterdata.models import ReasonCode

FIELDS = frozenset(
    {
        "event_id",
        "machine",
        "kind",
        "occurred_at",
        "state",
        "reason",
        "quantity_good",
        "quantity_scrap",
    }
)
#: How far a machine's clock may be ahead of ours, and how late it may tell.
CLOCK_TOLERANCE = timedelta(minutes=5)
LATEST_TELLING = timedelta(days=366)
LONGEST_EVENT_ID = 100
LARGEST_COUNT = Decimal(10) ** 9
_STATES = frozenset(MachineState.values)
#: What a device may say; a split is said by people.
_KINDS = frozenset({MachineEvent.Kind.STATE.value, MachineEvent.Kind.COUNT.value})

#: Key, site, whether it has a meter, whether it is an asset, whether tools are put on it.
_Machine = tuple[int, int, bool, bool, bool]

_MACHINES = """
SELECT m.code, m.id, m.site_id,
       EXISTS (SELECT 1 FROM maintenance_meter t WHERE t.machine_id = m.id AND t.is_active),
       EXISTS (SELECT 1 FROM maintenance_asset a WHERE a.machine_id = m.id AND a.is_active),
       EXISTS (SELECT 1 FROM execution_toolmounting o WHERE o.machine_id = m.id)
  FROM masterdata_machine m
 WHERE m.company_id = %s AND m.code = ANY(%s) AND m.is_active
   AND (%s OR m.site_id = ANY(%s))
"""
_REASONS = """
SELECT code, id, kind FROM masterdata_reasoncode
 WHERE company_id = %s AND code = ANY(%s) AND is_active
"""


@dataclass(slots=True)
class EventRow:
    """One event that passed the checks; ``place`` is its row in the batch.

    Whether its machine has a meter or tools, and is an asset, is read with the machine.
    """

    place: int
    event_id: str
    machine_id: int
    site_id: int
    kind: str
    occurred_at: datetime
    state: str = ""
    reason_id: int | None = None
    quantity_good: Decimal = ZERO
    quantity_scrap: Decimal = ZERO
    operation_id: int | None = None
    has_meter: bool = False
    is_maintained: bool = False
    has_tools: bool = False

    @property
    def key(self) -> tuple[int, str]:
        return (self.machine_id, self.event_id)

    @property
    def body(self) -> tuple[Any, ...]:
        """What a repeated event must repeat."""
        return (
            self.kind,
            self.occurred_at,
            self.state,
            self.reason_id,
            self.quantity_good,
            self.quantity_scrap,
        )


@dataclass(frozen=True, slots=True)
class EventError:
    code: str
    field: str | None
    detail: str


@dataclass(frozen=True, slots=True)
class EventResult:
    """The answer to one row: ``created``, ``duplicate`` or ``rejected``."""

    event_id: str
    status: str
    error: EventError | None = None


class Answers:
    """The answers of a batch, by row."""

    def __init__(self, events: Sequence[Any]) -> None:
        self._ids = [_shown_id(event) for event in events]
        self._results: list[EventResult | None] = [None] * len(events)

    def created(self, row: EventRow) -> None:
        self._results[row.place] = EventResult(self._ids[row.place], "created")

    def duplicate(self, row: EventRow) -> None:
        self._results[row.place] = EventResult(self._ids[row.place], "duplicate")

    def rejected(self, place: int, error: BusinessError) -> None:
        reason = EventError(error.code, error.field, error.message)
        self._results[place] = EventResult(self._ids[place], "rejected", reason)

    def all(self) -> list[EventResult]:
        return [result for result in self._results if result is not None]


def read_rows(
    company: Company, events: Sequence[Any], answers: Answers, *, now: datetime, by: User
) -> list[EventRow]:
    """The rows that can be recorded; the others are answered. Two statements for any number."""
    machines = machines_by_code(company, _codes(events, "machine"), by)
    reasons = reasons_by_code(company, _codes(events, "reason"))
    rows = []
    for place, event in enumerate(events):
        try:
            rows.append(_read(place, event, machines, reasons, now))
        except BusinessError as error:
            answers.rejected(place, error)
    return rows


def _read(
    place: int,
    event: Any,
    machines: Mapping[str, _Machine],
    reasons: Mapping[str, tuple[int, str]],
    now: datetime,
) -> EventRow:
    if not isinstance(event, Mapping):
        raise InvalidInput("not_an_object", _("Each event is an object."))
    for name in event:
        if name not in FIELDS:
            raise InvalidInput("unknown_field", _("There is no such field."), field=str(name))
    event_id = _text(event, "event_id")
    if not 0 < len(event_id) <= LONGEST_EVENT_ID:
        raise InvalidInput(
            "event_id_length",
            _("An event id has 1 to {limit} characters.").format(limit=LONGEST_EVENT_ID),
            field="event_id",
        )
    machine = machines.get(_text(event, "machine"))
    if machine is None:
        raise InvalidInput("unknown_machine", _("There is no such machine."), field="machine")
    row = EventRow(
        place=place,
        event_id=event_id,
        machine_id=machine[0],
        site_id=machine[1],
        has_meter=machine[2],
        is_maintained=machine[3],
        has_tools=machine[4],
        kind=_kind(event),
        occurred_at=_occurred_at(event.get("occurred_at"), now),
    )
    if row.kind == MachineEvent.Kind.STATE:
        _read_state(row, event, reasons)
    else:
        _read_count(row, event, reasons)
    return row


def _kind(event: Mapping[str, Any]) -> str:
    kind = _text(event, "kind") or ("state" if event.get("state") else "count")
    if kind not in _KINDS:
        raise InvalidInput("unknown_kind", _("An event is a state or a count."), field="kind")
    return kind


def _read_state(
    row: EventRow, event: Mapping[str, Any], reasons: Mapping[str, tuple[int, str]]
) -> None:
    row.state = _text(event, "state")
    if row.state not in _STATES:
        raise InvalidInput("unknown_state", _("There is no such state."), field="state")
    for field in ("quantity_good", "quantity_scrap"):
        if event.get(field) is not None:
            raise InvalidInput("not_a_count", _("A state counts nothing."), field=field)
    row.reason_id = _reason_id(event, reasons, ReasonCode.Kind.DOWNTIME)


def _read_count(
    row: EventRow, event: Mapping[str, Any], reasons: Mapping[str, tuple[int, str]]
) -> None:
    if event.get("state"):
        raise InvalidInput("not_a_state", _("A count has no state."), field="state")
    row.quantity_good = _quantity(event.get("quantity_good"), "quantity_good")
    row.quantity_scrap = _quantity(event.get("quantity_scrap"), "quantity_scrap")
    if not row.quantity_good and not row.quantity_scrap:
        raise InvalidInput("empty_count", _("Nothing was counted."), field="quantity_good")
    row.reason_id = _reason_id(event, reasons, ReasonCode.Kind.SCRAP)


def _reason_id(
    event: Mapping[str, Any], reasons: Mapping[str, tuple[int, str]], kind: str
) -> int | None:
    code = _text(event, "reason")
    if not code:
        return None
    if code not in reasons:
        raise InvalidInput("unknown_reason", _("There is no such reason."), field="reason")
    reason_id, found = reasons[code]
    if found != kind:
        raise InvalidInput("wrong_reason", _("This reason is for something else."), field="reason")
    return reason_id


def _text(event: Mapping[str, Any], name: str) -> str:
    value = event.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or not value.isprintable():
        raise InvalidInput("not_text", _("Enter printable text."), field=name)
    return value


def _occurred_at(value: Any, now: datetime) -> datetime:
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise InvalidInput("naive_time", _("Give the time with its zone."), field="occurred_at")
        moment = moment.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise InvalidInput(
            "not_a_time", _("Enter a time as ISO 8601."), field="occurred_at"
        ) from None
    if moment > now + CLOCK_TOLERANCE:
        raise InvalidInput("in_the_future", _("The machine's clock is ahead."), field="occurred_at")
    if moment < now - LATEST_TELLING:
        raise InvalidInput("too_old", _("This is more than a year ago."), field="occurred_at")
    return moment


def _quantity(value: Any, field: str) -> Decimal:
    if value is None:
        return ZERO
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise InvalidInput("not_a_number", _("Enter a number."), field=field)
    try:
        quantity = Decimal(str(value))
    except InvalidOperation:
        raise InvalidInput("not_a_number", _("Enter a number."), field=field) from None
    if not quantity.is_finite():
        raise InvalidInput("not_a_number", _("Enter a finite number."), field=field)
    if quantity < 0:
        raise InvalidInput("negative", _("Can't be below zero."), field=field)
    if quantity >= LARGEST_COUNT:
        raise InvalidInput("too_large", _("The number is too large."), field=field)
    if quantity != round(quantity, 6):
        raise InvalidInput("too_many_decimals", _("At most 6 decimals are kept."), field=field)
    return abs(quantity)


def _codes(events: Sequence[Any], name: str) -> list[str]:
    found = (event.get(name) for event in events if isinstance(event, Mapping))
    return sorted({code for code in found if isinstance(code, str) and code.isprintable()})


def machines_by_code(company: Company, codes: Iterable[str], by: User) -> dict[str, _Machine]:
    """The active machines of these codes that ``by`` may record for."""
    sites = None if by.sees_everything else by.scope.site_ids
    rows = fetch_all(_MACHINES, [company.pk, sorted(codes), sites is None, sorted(sites or ())])
    return {code: tuple(machine) for code, *machine in rows}


def reasons_by_code(company: Company, codes: Iterable[str]) -> dict[str, tuple[int, str]]:
    """Id and kind of the active reasons of these codes."""
    rows = fetch_all(_REASONS, [company.pk, sorted(codes)])
    return {code: (reason_id, kind) for code, reason_id, kind in rows}


def _shown_id(event: Any) -> str:
    value = event.get("event_id") if isinstance(event, Mapping) else None
    return value[:LONGEST_EVENT_ID] if isinstance(value, str) else ""
