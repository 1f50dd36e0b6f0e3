"""What machines do right now: for wall boards and the terminal. A constant number of statements."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date as Date
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from apps.core.models import Company, Site
from apps.core.money import ZERO
from apps.core.sql import fetch_dicts
from apps.execution.oee import Elements
from apps.execution.outlooks import Outlook, outlook
from apps.execution.queries.oee import ShiftElements, elements_by_shift, summed
from apps.execution.queries.stops import RunningStop, running_stops
from apps.masterdata.models import Machine
from apps.masterdata.queries.calendars import calendar_of
from apps.masterdata.shift_spans import ShiftSpan, SiteCalendar, instant

_NOW = """
SELECT m.id AS machine_id, m.code, m.name, m.work_centre_id, c.code AS work_centre,
       c.name AS work_centre_name, i.id AS interval_id, i.state, i.starts_at AS since,
       r.id AS run_id, r.starts_at AS run_since, o.id AS operation_id, o.sequence,
       o.name AS operation, o.run_minutes, o.is_counted, w.id AS work_order_id, w.number,
       w.quantity, w.due_date, t.code AS item, t.name AS item_name, u.code AS unit,
       coalesce(p.good, 0) AS good, coalesce(p.scrap, 0) AS scrap,
       coalesce(p.good_before, 0) AS good_before, x.at AS last_event_at
  FROM masterdata_machine m
  JOIN masterdata_workcentre c ON c.id = m.work_centre_id
  LEFT JOIN execution_machineinterval i ON i.machine_id = m.id AND i.ends_at IS NULL
  LEFT JOIN execution_operationrun r ON r.machine_id = m.id AND r.ends_at IS NULL
  LEFT JOIN execution_workorderoperation o ON o.id = r.operation_id
  LEFT JOIN execution_workorder w ON w.id = o.work_order_id
  LEFT JOIN masterdata_item t ON t.id = w.item_id
  LEFT JOIN masterdata_unit u ON u.id = t.unit_id
  LEFT JOIN LATERAL (
       SELECT sum(q.quantity_good) AS good, sum(q.quantity_scrap) AS scrap,
              sum(q.quantity_good) FILTER (WHERE q.reported_at < r.starts_at) AS good_before
         FROM execution_productionreport q
        WHERE q.operation_id = o.id AND q.status = 'posted') p ON true
  LEFT JOIN LATERAL (
       SELECT e.occurred_at AS at FROM execution_machineevent e
        WHERE e.machine_id = m.id ORDER BY e.occurred_at DESC LIMIT 1) x ON true
 WHERE m.id = ANY(%s) ORDER BY c.code, m.code
"""


@dataclass(frozen=True, slots=True)
class CurrentRun:
    """The operation on a machine. ``expected`` is what should be made by now at standard pace."""

    run_id: int
    since: datetime
    operation_id: int
    sequence: int
    operation: str
    is_counted: bool
    work_order_id: int
    number: str
    item: str
    item_name: str
    unit: str
    due_date: Date
    quantity: Decimal
    run_minutes: Decimal
    good: Decimal
    scrap: Decimal
    expected: Decimal | None

    @property
    def left(self) -> Decimal:
        return max(self.quantity - self.good, ZERO)

    @property
    def is_behind(self) -> bool:
        return self.expected is not None and self.good < self.expected


@dataclass(frozen=True, slots=True)
class Tile:
    """A machine at a moment. ``state`` is empty when it never said anything."""

    machine_id: int
    code: str
    name: str
    work_centre_id: int
    work_centre: str
    work_centre_name: str
    interval_id: int | None
    state: str
    since: datetime | None
    last_event_at: datetime | None
    run: CurrentRun | None
    stop: RunningStop | None
    today: Elements
    outlook: Outlook | None = None

    @property
    def urgency(self) -> int:
        """Machines that are down come first, then those that say nothing or idle."""
        if self.state == "stopped" and not (self.stop and self.stop.is_planned):
            return 0
        return {"": 1, "idle": 1, "stopped": 2, "setup": 2}.get(self.state, 3)


@dataclass(frozen=True, slots=True)
class Board:
    """The machines of a site (or of one of its work centres) and their sum."""

    site: Site
    at: datetime
    day: Date
    shift: ShiftSpan | None
    tiles: list[Tile]
    today: Elements = field(default_factory=Elements)

    @property
    def outlook(self) -> Outlook | None:
        """The shift of all machines on which an order runs; None without."""
        found = [tile.outlook for tile in self.tiles if tile.outlook]
        return sum(found, Outlook()) if found else None

    @property
    def stop_cost(self) -> Decimal:
        """What the stops that last have cost so far; nothing of it is posted yet."""
        return sum((tile.stop.cost for tile in self.tiles if tile.stop), ZERO)


def board(site: Site, machines: QuerySet[Machine], *, now: datetime | None = None) -> Board:
    """``machines`` of ``site`` as they are, with the elements of the production day so far.

    The production day is that of the shift that lasts, else the calendar day.
    """
    now = now or timezone.now()
    calendar = calendar_of(site)
    shift = calendar.shift_at(now)
    day = shift.day if shift else calendar.local_date(now)
    machines = machines.filter(site=site, is_active=True)
    rows = _of_the_day(site.company, machines, calendar, day, now)
    today = summed(rows, key=lambda row: row.machine_id)
    in_shift = summed(
        (row for row in rows if shift and row.shift and row.shift.shift_id == shift.shift_id),
        key=lambda row: row.machine_id,
    )
    stops = running_stops(site.company, machines, now=now)
    ids = list(machines.values_list("pk", flat=True))
    tiles = [
        _tile(row, calendar, now, stops.get(row["machine_id"]), today)
        for row in fetch_dicts(_NOW, [ids])
    ]
    tiles = sorted(
        (
            replace(tile, outlook=_outlook(tile, shift, in_shift.get(tile.machine_id), now))
            for tile in tiles
        ),
        key=lambda tile: tile.urgency,
    )
    return Board(site, now, day, shift, tiles, sum(today.values(), Elements()))


def _of_the_day(
    company: Company,
    machines: QuerySet[Machine],
    calendar: SiteCalendar,
    day: Date,
    now: datetime,
) -> list[ShiftElements]:
    return elements_by_shift(
        company,
        machines,
        since=instant(day, time(), calendar.zone),
        until=instant(day + timedelta(days=1), time(), calendar.zone),
        now=now,
    )


def _outlook(
    tile: Tile, shift: ShiftSpan | None, made: Elements | None, now: datetime
) -> Outlook | None:
    """The shift of a machine at the standard pace of what runs on it."""
    if shift is None or tile.run is None or not tile.run.run_minutes:
        return None
    spent = shift.planned_minutes(until=now)
    return outlook(
        actual=made.quantity_good if made else ZERO,
        unit_minutes=tile.run.run_minutes,
        spent=spent,
        left=shift.planned_minutes() - spent,
    )


def _tile(
    row: dict[str, Any],
    calendar: SiteCalendar,
    now: datetime,
    stop: RunningStop | None,
    today: dict[int, Elements],
) -> Tile:
    return Tile(
        machine_id=row["machine_id"],
        code=row["code"],
        name=row["name"],
        work_centre_id=row["work_centre_id"],
        work_centre=row["work_centre"],
        work_centre_name=row["work_centre_name"],
        interval_id=row["interval_id"],
        state=row["state"] or "",
        since=row["since"],
        last_event_at=row["last_event_at"],
        run=_run(row, calendar, now) if row["run_id"] else None,
        stop=stop,
        today=today.get(row["machine_id"], Elements()),
    )


def _run(row: dict[str, Any], calendar: SiteCalendar, now: datetime) -> CurrentRun:
    expected = None
    if row["run_minutes"] and row["run_since"] < now:
        pieces = calendar.working(row["run_since"], now)
        worked = sum((piece.minutes for piece in pieces), ZERO)
        made = row["good_before"] + worked // row["run_minutes"]
        expected = min(made, row["quantity"])
    return CurrentRun(
        run_id=row["run_id"],
        since=row["run_since"],
        operation_id=row["operation_id"],
        sequence=row["sequence"],
        operation=row["operation"],
        is_counted=row["is_counted"],
        work_order_id=row["work_order_id"],
        number=row["number"],
        item=row["item"],
        item_name=row["item_name"],
        unit=row["unit"],
        due_date=row["due_date"],
        quantity=row["quantity"],
        run_minutes=row["run_minutes"],
        good=row["good"],
        scrap=row["scrap"],
        expected=expected,
    )
