"""What an unplanned stop costs: the machine's hourly rate for the planned time it took.

Dr downtime / Cr machine cost absorbed, in the journal of production, a line per shift. The part of
a stop outside the site's shifts costs nothing: nobody planned to work then.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date as Date
from datetime import datetime
from decimal import Decimal

from django.contrib.contenttypes.models import ContentType
from django.utils.translation import gettext as _

from apps.core.models import Company, User
from apps.core.money import ZERO, allocate, round_money, round_quantity
from apps.core.queries.currencies import decimal_places
from apps.core.sql import columns, execute, fetch_all
from apps.execution.models import MachineInterval
from apps.execution.queries.posting_days import first_open_days
from apps.finance.models import JournalEntry, JournalLine, PostingRole
from apps.finance.queries.posting_rules import AccountResolver
from apps.finance.services.journal import DIMENSIONS, Entry, Line, post_entries
from apps.masterdata.queries.calendars import calendars_of
from apps.masterdata.shift_spans import Piece, SiteCalendar

JOURNAL = "PRD"
MINUTES_PER_HOUR = Decimal(60)

_ABOUT = """
SELECT m.id, m.code, m.site_id, m.work_centre_id FROM masterdata_machine m WHERE m.id = ANY(%s)
"""
_RATES = """
SELECT w.id, (SELECT r.machine_rate FROM masterdata_workcentrerate r
               WHERE r.work_centre_id = w.work_centre_id AND r.effective_from <= w.day
               ORDER BY r.effective_from DESC LIMIT 1)
  FROM unnest(%s::bigint[], %s::bigint[], %s::date[]) AS w(id, work_centre_id, day)
"""
_PLANNED = "SELECT id FROM masterdata_reasoncode WHERE company_id = %s AND is_planned"
_POSTED = """
SELECT source_id, count(*) FROM finance_journalentry
 WHERE source_type_id = %s AND source_id = ANY(%s) GROUP BY source_id
"""
_KEEP = """
UPDATE execution_machineinterval i
   SET lost_minutes = w.minutes, hourly_rate = w.rate, entry_id = w.entry_id
  FROM unnest(%s::bigint[], %s::numeric[], %s::numeric[], %s::bigint[])
       AS w(id, minutes, rate, entry_id)
 WHERE i.id = w.id
"""


@dataclass(frozen=True, slots=True)
class Stop:
    """An interval as it is now, with what was posted for it before."""

    id: int
    machine_id: int
    starts_at: datetime
    ends_at: datetime | None
    reason_id: int | None
    is_stop: bool
    lost_minutes: Decimal | None = None
    hourly_rate: Decimal | None = None
    entry_id: int | None = None


@dataclass(frozen=True, slots=True)
class _Machine:
    code: str
    site_id: int
    work_centre_id: int
    calendar: SiteCalendar


@dataclass(slots=True)
class _Cost:
    """What a stop is to cost. Minutes None: nothing yet, or not a loss."""

    stop: Stop
    pieces: list[Piece]
    minutes: Decimal | None = None
    rate: Decimal | None = None
    amount: Decimal = ZERO
    entry_id: int | None = None


def settle_stops(company: Company, stops: Sequence[Stop], *, by: User) -> None:
    """Post what ended stops cost; reverse what was posted for those that changed.

    The number of statements does not depend on the number of stops. Raises ``BusinessError`` when
    no posting rule names the accounts or no period is open.
    """
    stops = [stop for stop in stops if stop.is_stop or stop.lost_minutes is not None]
    if not stops:
        return
    machines = _machines(company, stops)
    costs = _costs(company, stops, machines)
    due = [cost for cost in costs if cost.amount]
    undone = [cost for cost in costs if cost.stop.entry_id is not None]
    if due or undone:
        _post(company, undone, due, machines, by)
    rows = ((cost.stop.id, cost.minutes, cost.rate, cost.entry_id) for cost in costs)
    execute(_KEEP, columns(rows, 4))


def _machines(company: Company, stops: Iterable[Stop]) -> dict[int, _Machine]:
    rows = fetch_all(_ABOUT, [sorted({stop.machine_id for stop in stops})])
    calendars = calendars_of(company, {site_id for _id, _code, site_id, _centre in rows})
    return {
        machine_id: _Machine(code, site_id, centre_id, calendars[site_id])
        for machine_id, code, site_id, centre_id in rows
    }


def _costs(
    company: Company, stops: Sequence[Stop], machines: Mapping[int, _Machine]
) -> list[_Cost]:
    planned = {reason_id for (reason_id,) in fetch_all(_PLANNED, [company.pk])}
    rates = _rates(stops, machines)
    places = decimal_places(company.currency_id)
    costs = []
    for stop in stops:
        cost = _Cost(stop, [])
        if stop.is_stop and stop.ends_at is not None:
            if stop.reason_id not in planned:
                calendar = machines[stop.machine_id].calendar
                cost.pieces = calendar.working(stop.starts_at, stop.ends_at)
            cost.minutes = round_quantity(sum((piece.minutes for piece in cost.pieces), ZERO))
            cost.rate = rates[stop.id]
            cost.amount = round_money(cost.minutes * cost.rate / MINUTES_PER_HOUR, places)
        costs.append(cost)
    return costs


def _rates(stops: Sequence[Stop], machines: Mapping[int, _Machine]) -> dict[int, Decimal]:
    """The rate effective on the site's day on which each stop began; none is zero."""
    wanted = (
        (
            stop.id,
            machines[stop.machine_id].work_centre_id,
            machines[stop.machine_id].calendar.local_date(stop.starts_at),
        )
        for stop in stops
    )
    return {stop_id: rate or ZERO for stop_id, rate in fetch_all(_RATES, columns(wanted, 3))}


def _post(
    company: Company,
    undone: Sequence[_Cost],
    due: Sequence[_Cost],
    machines: Mapping[int, _Machine],
    by: User,
) -> None:
    """Reversals and new postings in one batch, on the day the stop ended or the next open one."""
    days = {
        cost.stop.id: machines[cost.stop.machine_id].calendar.local_date(
            cost.stop.ends_at or cost.stop.starts_at
        )
        for cost in (*undone, *due)
    }
    open_days = first_open_days(company, list(days.values()))
    dates = {stop_id: open_days[day] for stop_id, day in days.items()}
    entries = _reversals(undone, dates)
    resolver = AccountResolver(company)
    places = decimal_places(company.currency_id)
    before = _times_posted(due)
    for cost in due:
        entries.append(
            Entry(
                journal=JOURNAL,
                date=dates[cost.stop.id],
                source=MachineInterval(pk=cost.stop.id),
                lines=_lines(cost, machines[cost.stop.machine_id], resolver, places),
                description=_("Stop of {machine}").format(
                    machine=machines[cost.stop.machine_id].code
                ),
                purpose=f"stop {before.get(cost.stop.id, 0) + 1}",
            )
        )
    ids = post_entries(company, entries, by=by)
    for cost, entry_id in zip(due, ids[len(undone) :], strict=True):
        cost.entry_id = entry_id


def _times_posted(costs: Iterable[_Cost]) -> dict[int, int]:
    """How many entries each stop has already, reversals included: purposes are unique."""
    intervals = ContentType.objects.get_for_model(MachineInterval)
    return dict(fetch_all(_POSTED, [intervals.pk, [cost.stop.id for cost in costs]]))


def _lines(cost: _Cost, machine: _Machine, resolver: AccountResolver, places: int) -> list[Line]:
    stop = cost.stop
    debit = resolver.account_id(PostingRole.DOWNTIME, reason_id=stop.reason_id)
    credit = resolver.account_id(PostingRole.MACHINE_ABSORBED, reason_id=stop.reason_id)
    amounts = allocate(cost.amount, [piece.minutes for piece in cost.pieces], places)
    return [
        Line(
            account_id=account_id,
            amount=sign * amount,
            quantity=sign * round_quantity(piece.minutes),
            site_id=machine.site_id,
            work_centre_id=machine.work_centre_id,
            machine_id=stop.machine_id,
            shift_id=piece.shift.shift_id if piece.shift else None,
            reason_id=stop.reason_id,
        )
        for account_id, sign in ((debit, 1), (credit, -1))
        for piece, amount in zip(cost.pieces, amounts, strict=True)
        if amount
    ]


def _reversals(undone: Sequence[_Cost], dates: Mapping[int, Date]) -> list[Entry]:
    ids = [cost.stop.entry_id for cost in undone if cost.stop.entry_id is not None]
    numbers = dict(JournalEntry.objects.filter(pk__in=ids).values_list("pk", "number"))
    lines: dict[int, list[Line]] = {entry_id: [] for entry_id in numbers}
    for row in JournalLine.objects.filter(entry_id__in=ids).order_by("id"):
        lines[row.entry_id].append(
            Line(
                account_id=row.account_id,
                amount=-row.amount,
                quantity=None if row.quantity is None else -row.quantity,
                memo=row.memo,
                **{name: getattr(row, name) for name in DIMENSIONS},
            )
        )
    return [
        Entry(
            journal=JOURNAL,
            date=dates[cost.stop.id],
            source=MachineInterval(pk=cost.stop.id),
            lines=lines[entry_id],
            description=_("Reversal of {entry}").format(entry=numbers[entry_id]),
            purpose=f"reverses {entry_id}",
            reverses_id=entry_id,
        )
        for cost in undone
        if (entry_id := cost.stop.entry_id) is not None
    ]
