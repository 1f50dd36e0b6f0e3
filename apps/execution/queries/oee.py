"""OEE of machines over time: states and counts inside the shifts, summed before dividing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
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
from apps.execution.oee import NOTHING, Elements, Recorded, counts, times
from apps.execution.quarters import whole_quarters
from apps.masterdata.models import Machine
from apps.masterdata.queries.calendars import calendars_of
from apps.masterdata.shift_spans import Piece, ShiftSpan, SiteCalendar, minutes_between

# Spans `s` of sites; `a`, those of a site as arrays in order, so that a moment's span is found by
# width_bucket (spans that overlap lie up to `back` places before); machines `m`; machines and spans
# together `w`. `whole` … `rest` are the quarters of an hour that lie inside a span.
_SPANS = """
WITH s AS MATERIALIZED (
  SELECT * FROM unnest(%(spans)s::int[], %(span_sites)s::bigint[], %(places)s::int[],
         %(since)s::timestamptz[], %(until)s::timestamptz[], %(whole)s::timestamptz[],
         %(rest)s::timestamptz[]) AS s(span, site_id, place, since, until, whole, rest)),
a AS MATERIALIZED (
  SELECT s.site_id, array_agg(s.span ORDER BY s.place) AS spans,
         array_agg(s.since ORDER BY s.place) AS starts,
         array_agg(s.whole ORDER BY s.place) AS wholes, array_agg(s.rest ORDER BY s.place) AS rests
    FROM s GROUP BY 1),
m AS MATERIALIZED (
  SELECT * FROM unnest(%(machines)s::bigint[], %(sites)s::bigint[]) AS m(id, site_id)),
w AS MATERIALIZED (
  SELECT m.id AS machine_id, s.* FROM m JOIN s ON s.site_id = m.site_id)
"""
# Minutes of each state inside the spans, and stops begun in them: one that goes on under another
# reason is the same stop. States have no gaps, so each span's first is the last begun before it.
# What is asked of a large table is asked in a LATERAL with a sum of its own: then its index is read
# between the bounds, whatever the planner makes of the rest.
_STATES = f"""
{_SPANS}
SELECT w.machine_id, w.span, c.* FROM w CROSS JOIN LATERAL (
  SELECT sum(t.spent) FILTER (WHERE t.is_stop),
         sum(t.spent) FILTER (WHERE t.state = 'stopped' AND t.is_planned),
         sum(t.spent) FILTER (WHERE t.state = 'setup'),
         sum(t.spent) FILTER (WHERE t.state = 'idle'),
         sum(t.spent) FILTER (WHERE t.state = 'running'),
         count(*) FILTER (WHERE t.is_stop AND t.starts_at >= w.since AND NOT t.goes_on)
    FROM (
      SELECT i.state, i.starts_at, p.is_planned, p.is_stop,
             extract(epoch FROM least(coalesce(i.ends_at, %(now)s), w.until)
                                - greatest(i.starts_at, w.since)) / 60 AS spent,
             coalesce(lag(p.is_stop AND i.starts_at >= w.since) OVER earlier, false)
               AND lag(i.ends_at) OVER earlier = i.starts_at AS goes_on
        FROM execution_machineinterval i
        LEFT JOIN masterdata_reasoncode r ON r.id = i.reason_id
       CROSS JOIN LATERAL (SELECT coalesce(r.is_planned, false) AS is_planned,
                 i.state = 'stopped' AND NOT coalesce(r.is_planned, false) AS is_stop) p
       WHERE i.machine_id = w.machine_id AND i.starts_at < w.until
         AND i.starts_at >= coalesce((SELECT max(b.starts_at) FROM execution_machineinterval b
                                       WHERE b.machine_id = w.machine_id
                                         AND b.starts_at <= w.since), w.since)
         AND (i.ends_at IS NULL OR i.ends_at > w.since)
      WINDOW earlier AS (ORDER BY i.starts_at)) t) c
"""  # noqa: S608 - constants only
# Counts of the machine, summed by quarters and at the edges from the events; what people reported
# for it counts where no machine count does. Scrap is start-up scrap while the machine is set up.
# One row for each ideal cycle: that of the operation as its order has it, none where nothing says
# so.
_COUNTS = f"""
{_SPANS},
made AS MATERIALIZED (
  SELECT m.id AS machine_id, a.spans[k] AS span, o.operation_id, sum(o.quantity_good) AS good,
         sum(o.quantity_scrap) AS scrap
    FROM m JOIN a ON a.site_id = m.site_id
    JOIN execution_machineoutput o ON o.machine_id = m.id
     AND o.starts_at >= %(first)s AND o.starts_at < %(last)s
   CROSS JOIN generate_series(0, %(back)s) AS earlier
   CROSS JOIN LATERAL (SELECT width_bucket(o.starts_at, a.starts) - earlier AS k) b
   WHERE o.starts_at >= a.wholes[k] AND o.starts_at < a.rests[k]
   GROUP BY 1, 2, 3
  UNION ALL
  SELECT w.machine_id, w.span, c.*
    FROM (SELECT machine_id, span, since AS first, whole AS last FROM w WHERE since < whole
          UNION ALL SELECT machine_id, span, rest, until FROM w WHERE rest < until) w
   CROSS JOIN LATERAL (
    SELECT e.operation_id, sum(e.quantity_good), sum(e.quantity_scrap)
      FROM execution_machineevent e
     WHERE e.machine_id = w.machine_id AND e.kind = 'count'
       AND e.occurred_at >= w.first AND e.occurred_at < w.last
     GROUP BY 1) c),
reported AS (
  SELECT w.machine_id, w.span, r.operation_id, sum(r.quantity_good) AS good,
         sum(r.quantity_scrap) AS scrap
    FROM w
    JOIN execution_productionreport r ON r.machine_id = w.machine_id AND r.event_id IS NULL
     AND r.status = 'posted' AND r.reported_at >= w.since AND r.reported_at < w.until
    LEFT JOIN execution_workorderoperation o ON o.id = r.operation_id
   WHERE coalesce(o.is_counted, false)
      OR (w.machine_id, w.span) NOT IN (SELECT machine_id, span FROM made)
   GROUP BY 1, 2, 3),
started AS (
  SELECT w.machine_id, w.span, c.operation_id, sum(c.scrap) AS scrap
    FROM w
    JOIN execution_machineinterval i ON i.machine_id = w.machine_id AND i.state = 'setup'
     AND i.starts_at < w.until AND i.starts_at >= coalesce((
           SELECT max(b.starts_at) FROM execution_machineinterval b
            WHERE b.machine_id = w.machine_id AND b.state = 'setup' AND b.starts_at <= w.since),
           w.since)
     AND (i.ends_at IS NULL OR i.ends_at > w.since)
   CROSS JOIN LATERAL (
    SELECT e.operation_id, sum(e.quantity_scrap) AS scrap FROM execution_machineevent e
     WHERE e.machine_id = w.machine_id AND e.quantity_scrap > 0
       AND e.occurred_at >= greatest(i.starts_at, w.since)
       AND e.occurred_at < least(i.ends_at, w.until)
     GROUP BY 1) c
   GROUP BY 1, 2, 3)
SELECT x.machine_id, x.span, nullif(o.run_minutes, 0) * 60, sum(x.good), sum(x.scrap),
       sum(x.startup_scrap)
  FROM (SELECT machine_id, span, operation_id, good, scrap, 0 AS startup_scrap FROM made
        UNION ALL SELECT machine_id, span, operation_id, good, scrap, 0 FROM reported
        UNION ALL SELECT machine_id, span, operation_id, 0, 0, scrap FROM started) x
  LEFT JOIN execution_workorderoperation o ON o.id = x.operation_id
 GROUP BY 1, 2, 3
"""  # noqa: S608 - constants only


@dataclass(frozen=True, slots=True)
class ShiftElements:
    """One machine in one shift as far as it is over (or a day of a site that works around the
    clock)."""

    machine_id: int
    work_centre_id: int
    site_id: int
    day: Date
    shift: ShiftSpan | None
    starts_at: datetime
    ends_at: datetime
    elements: Elements


@dataclass(frozen=True, slots=True)
class _Span:
    """A shift as far as it is over, or a local day: the same for all machines of a site."""

    site_id: int
    day: Date
    piece: Piece
    length: Decimal
    breaks: Decimal
    quarters: tuple[datetime, datetime]


#: A machine and the place of a span.
_Place = tuple[int, int]


def elements_by_shift(
    company: Company,
    machines: QuerySet[Machine],
    *,
    since: datetime,
    until: datetime,
    days: tuple[Date, Date] | None = None,
    now: datetime | None = None,
) -> list[ShiftElements]:
    """The elements of each machine in each shift that begins in ``since`` … ``until``, and on one
    of ``days`` (first and last, as the site counts them) where given.

    A shift that still lasts counts up to ``now``. What an operation made is measured by the run
    time that its order holds, the rest by the machine's own ideal cycle. Five statements for any
    number.
    """
    now = now or timezone.now()
    rows = list(
        machines.order_by("code").values_list(
            "id", "work_centre_id", "site_id", "ideal_cycle_seconds"
        )
    )
    spans = [
        span
        for span in _spans(company, {row[2] for row in rows}, since, until, now)
        if days is None or days[0] <= span.day <= days[1]
    ]
    if not spans:
        return []
    parameters = _parameters(rows, spans, now)
    recorded = _recorded(fetch_all(_STATES, parameters))
    cycles = {machine_id: cycle for machine_id, _centre, _site, cycle in rows}
    made = _made(cycles, fetch_all(_COUNTS, parameters))
    nothing: dict[str, Any] = {}
    return [
        ShiftElements(
            machine_id,
            centre_id,
            site_id,
            span.day,
            span.piece.shift,
            span.piece.starts_at,
            span.piece.ends_at,
            times(
                Recorded(span.length, span.breaks, **recorded.get((machine_id, n), nothing)),
                made.get((machine_id, n), NOTHING),
            ),
        )
        for machine_id, centre_id, site_id, _cycle in rows
        for n, span in enumerate(spans)
        if span.site_id == site_id
    ]


def summed(
    rows: Iterable[ShiftElements], key: Callable[[ShiftElements], Any]
) -> dict[Any, Elements]:
    """Elements summed by ``key``: machine, work centre, day, shift…"""
    result: dict[Any, Elements] = {}
    for row in rows:
        result[key(row)] = result.get(key(row), Elements()) + row.elements
    return result


def _spans(
    company: Company, site_ids: set[int], since: datetime, until: datetime, now: datetime
) -> list[_Span]:
    calendars = calendars_of(company, site_ids)
    return [
        _span(site_id, day, piece)
        for site_id, calendar in calendars.items()
        for day, piece in _pieces(calendar, since, until, now)
    ]


def _span(site_id: int, day: Date, piece: Piece) -> _Span:
    length = minutes_between(piece.starts_at, piece.ends_at)
    shift = piece.shift
    breaks = length - shift.planned_minutes(until=piece.ends_at) if shift else ZERO
    return _Span(
        site_id, day, piece, length, breaks, whole_quarters(piece.starts_at, piece.ends_at)
    )


def _parameters(
    rows: Sequence[Sequence[Any]], spans: Sequence[_Span], now: datetime
) -> dict[str, Any]:
    names = ("spans", "span_sites", "places", "since", "until", "whole", "rest")
    by_site: dict[int, list[_Span]] = {}
    values = []
    for n, span in enumerate(spans):
        own = by_site.setdefault(span.site_id, [])
        own.append(span)
        piece = span.piece
        values.append((n, span.site_id, len(own), piece.starts_at, piece.ends_at, *span.quarters))
    return {
        "machines": [machine_id for machine_id, *_about in rows],
        "sites": [site_id for _id, _centre, site_id, _cycle in rows],
        "now": now,
        "first": min(span.quarters[0] for span in spans),
        "last": max(span.quarters[1] for span in spans),
        "back": max(_longest_overlap(own) for own in by_site.values()),
        **dict(zip(names, columns(values, len(names)), strict=True)),
    }


def _longest_overlap(spans: Sequence[_Span]) -> int:
    """How many places before its own a span may lie that still lasts when another begins."""
    most = 0
    for n, span in enumerate(spans):
        while most < n and any(
            one.piece.ends_at > span.piece.starts_at for one in spans[: n - most]
        ):
            most += 1
    return most


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


def _recorded(rows: Iterable[Sequence[Any]]) -> dict[_Place, dict[str, Any]]:
    """Minutes by state, and stops; a state that did not occur is left out."""
    names = ("down", "planned_stops", "setup", "idle", "running", "stops")
    return {
        (machine_id, span): {
            name: value for name, value in zip(names, values, strict=True) if value is not None
        }
        for machine_id, span, *values in rows
    }


def _made(cycles: Mapping[int, Decimal], rows: Iterable[Sequence[Any]]) -> dict[_Place, Elements]:
    """What each machine made, each product measured by its own ideal cycle."""
    made: dict[_Place, Elements] = {}
    for machine_id, span, cycle, good, scrap, startup_scrap in rows:
        part = counts(
            good=good,
            scrap=scrap,
            startup_scrap=startup_scrap,
            ideal_cycle_seconds=cycle or cycles[machine_id],
        )
        before = made.get((machine_id, span))
        made[machine_id, span] = before + part if before else part
    return made
