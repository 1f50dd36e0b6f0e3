"""OEE of machines over time: states and counts inside the shifts, summed before dividing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date as Date
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from apps.core.models import Company
from apps.core.money import ZERO
from apps.core.sql import columns, fetch_all
from apps.execution.oee import Elements, Recorded, counts, times
from apps.masterdata.models import Machine
from apps.masterdata.queries.calendars import calendars_of
from apps.masterdata.shift_spans import Piece, ShiftSpan, SiteCalendar, minutes_between

# `w` are the spans of the machines; minutes of each state inside them, and stops begun in them.
_STATES = """
SELECT w.place, i.state, coalesce(r.is_planned, false),
       sum(extract(epoch FROM least(coalesce(i.ends_at, %(now)s), w.until)
                            - greatest(i.starts_at, w.since))) / 60,
       count(*) FILTER (WHERE i.state = 'stopped' AND i.starts_at >= w.since
                          AND NOT coalesce(r.is_planned, false) AND p.id IS NULL)
  FROM unnest(%(places)s::int[], %(machines)s::bigint[], %(since)s::timestamptz[],
              %(until)s::timestamptz[]) AS w(place, machine_id, since, until)
  JOIN execution_machineinterval i ON i.machine_id = w.machine_id
   AND i.starts_at < w.until AND (i.ends_at IS NULL OR i.ends_at > w.since)
   AND i.starts_at < %(now)s
  LEFT JOIN masterdata_reasoncode r ON r.id = i.reason_id
  LEFT JOIN LATERAL (
       SELECT b.id FROM execution_machineinterval b
         LEFT JOIN masterdata_reasoncode q ON q.id = b.reason_id
        WHERE b.machine_id = i.machine_id AND b.ends_at = i.starts_at AND b.starts_at >= w.since
          AND b.state = 'stopped' AND NOT coalesce(q.is_planned, false)) p ON i.state = 'stopped'
 GROUP BY 1, 2, 3
"""
# Counts of the machine; what people reported for it counts where no machine count does. One row
# for each ideal cycle: that of the operation as its order has it, none where nothing says so.
_COUNTS = """
SELECT w.place, c.cycle, sum(c.good), sum(c.scrap), sum(c.startup_scrap)
  FROM unnest(%(places)s::int[], %(machines)s::bigint[], %(since)s::timestamptz[],
              %(until)s::timestamptz[]) AS w(place, machine_id, since, until)
 CROSS JOIN LATERAL (
    SELECT nullif(o.run_minutes, 0) * 60 AS cycle,
           e.quantity_good AS good, e.quantity_scrap AS scrap,
           CASE WHEN e.quantity_scrap > 0 AND EXISTS (
                  SELECT 1 FROM execution_machineinterval i
                   WHERE i.machine_id = e.machine_id AND i.state = 'setup'
                     AND i.starts_at <= e.occurred_at
                     AND (i.ends_at IS NULL OR i.ends_at > e.occurred_at))
                THEN e.quantity_scrap ELSE 0 END AS startup_scrap
      FROM execution_machineevent e
      LEFT JOIN execution_workorderoperation o ON o.id = e.operation_id
     WHERE e.machine_id = w.machine_id AND e.kind = 'count'
       AND e.occurred_at >= w.since AND e.occurred_at < w.until
    UNION ALL
    SELECT nullif(o.run_minutes, 0) * 60, r.quantity_good, r.quantity_scrap, 0
      FROM execution_productionreport r
      LEFT JOIN execution_workorderoperation o ON o.id = r.operation_id
     WHERE r.machine_id = w.machine_id AND r.event_id IS NULL AND r.status = 'posted'
       AND r.reported_at >= w.since AND r.reported_at < w.until
       AND (coalesce(o.is_counted, false) OR NOT EXISTS (
            SELECT 1 FROM execution_machineevent e
             WHERE e.machine_id = w.machine_id AND e.kind = 'count'
               AND e.occurred_at >= w.since AND e.occurred_at < w.until))) c
 GROUP BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class ShiftElements:
    """One machine in one shift (or one span of a site that works around the clock)."""

    machine_id: int
    work_centre_id: int
    site_id: int
    day: Date
    shift: ShiftSpan | None
    elements: Elements


@dataclass(frozen=True, slots=True)
class _Place:
    machine_id: int
    work_centre_id: int
    site_id: int
    ideal_cycle_seconds: Decimal
    day: Date
    piece: Piece


def elements_by_shift(
    company: Company,
    machines: QuerySet[Machine],
    *,
    since: datetime,
    until: datetime,
    now: datetime | None = None,
) -> list[ShiftElements]:
    """The elements of each machine in each shift that begins in ``since`` … ``until``.

    A shift that still lasts counts up to ``now``. What an operation made is measured by the run
    time that its order holds, the rest by the machine's own ideal cycle. Five statements for any
    number.
    """
    now = now or timezone.now()
    places = _places(company, machines, since, until, now)
    if not places:
        return []
    arrays = columns(
        ((n, p.machine_id, p.piece.starts_at, p.piece.ends_at) for n, p in enumerate(places)),
        4,
    )
    parameters = dict(zip(("places", "machines", "since", "until"), arrays, strict=True))
    recorded, stops = _recorded(places, fetch_all(_STATES, parameters | {"now": now}))
    output = _output(places, fetch_all(_COUNTS, parameters))
    return [
        ShiftElements(
            place.machine_id,
            place.work_centre_id,
            place.site_id,
            place.day,
            place.piece.shift,
            times(recorded[n]) + output[n] + Elements(stops=stops.get(n, 0)),
        )
        for n, place in enumerate(places)
    ]


def summed(
    rows: Iterable[ShiftElements], key: Callable[[ShiftElements], Any]
) -> dict[Any, Elements]:
    """Elements summed by ``key``: machine, work centre, day, shift…"""
    result: dict[Any, Elements] = {}
    for row in rows:
        result[key(row)] = result.get(key(row), Elements()) + row.elements
    return result


def _places(
    company: Company,
    machines: QuerySet[Machine],
    since: datetime,
    until: datetime,
    now: datetime,
) -> list[_Place]:
    rows = list(
        machines.order_by("code").values_list(
            "id", "work_centre_id", "site_id", "ideal_cycle_seconds"
        )
    )
    calendars = calendars_of(company, {site_id for _id, _centre, site_id, _cycle in rows})
    pieces = {
        site_id: _pieces(calendar, since, until, now) for site_id, calendar in calendars.items()
    }
    return [
        _Place(machine_id, centre_id, site_id, cycle, day, piece)
        for machine_id, centre_id, site_id, cycle in rows
        for day, piece in pieces[site_id]
    ]


def _pieces(
    calendar: SiteCalendar, since: datetime, until: datetime, now: datetime
) -> list[tuple[Date, Piece]]:
    """The shifts that begin in the time asked for, as far as they are over; else local days."""
    if calendar.is_continuous:
        return _days(calendar, since, min(until, now))
    found = []
    for span in calendar.spans(since, until):
        ends_at = min(span.ends_at, now)
        if since <= span.starts_at < ends_at:
            found.append((span.day, Piece(span.starts_at, ends_at, span)))
    return found


def _days(calendar: SiteCalendar, since: datetime, until: datetime) -> list[tuple[Date, Piece]]:
    found = []
    while since < until:
        day = calendar.local_date(since)
        midnight = datetime.combine(
            day + timedelta(days=1), datetime.min.time(), tzinfo=calendar.zone
        )
        ends_at = min(midnight.astimezone(since.tzinfo), until)
        found.append((day, Piece(since, ends_at, None)))
        since = ends_at
    return found


def _recorded(
    places: Sequence[_Place], rows: Iterable[Sequence[Any]]
) -> tuple[list[Recorded], dict[int, int]]:
    minutes: list[dict[str, Decimal]] = [{} for _place in places]
    stops: dict[int, int] = {}
    for place, state, is_planned, spent, begun in rows:
        name = {"stopped": "planned_stops" if is_planned else "down", "off": ""}.get(state, state)
        if name:
            minutes[place][name] = minutes[place].get(name, ZERO) + spent
        stops[place] = stops.get(place, 0) + begun
    recorded = []
    for place, spent_on in zip(places, minutes, strict=True):
        length = minutes_between(place.piece.starts_at, place.piece.ends_at)
        shift = place.piece.shift
        breaks = length - shift.planned_minutes(until=place.piece.ends_at) if shift else ZERO
        recorded.append(Recorded(length, breaks, **spent_on))
    return recorded, stops


def _output(places: Sequence[_Place], rows: Iterable[Sequence[Any]]) -> list[Elements]:
    """What each place made, each product measured by its own ideal cycle."""
    made = [Elements() for _place in places]
    for place, cycle, good, scrap, startup_scrap in rows:
        made[place] += counts(
            good=good,
            scrap=scrap,
            startup_scrap=startup_scrap,
            ideal_cycle_seconds=cycle or places[place].ideal_cycle_seconds,
        )
    return made
