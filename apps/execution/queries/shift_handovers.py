"""What a shift of a work centre made, where it is, and what it leaves: out of the registers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.contenttypes.models import ContentType

from apps.core.money import ZERO, round_money
from apps.core.queries.currencies import decimal_places
from apps.core.sql import fetch_all, fetch_dicts
from apps.execution.models import ProductionReport, ShiftHandover
from apps.execution.oee import Elements
from apps.execution.queries.oee import elements_by_shift
from apps.masterdata.models import Machine

# Units of an operation are good and scrap. What it took came from the operation before; what it
# passed on is what the next one took.
_LINES = """
WITH made AS (
  SELECT r.operation_id, sum(r.quantity_good) AS good, sum(r.quantity_scrap) AS scrap,
         array_agg(r.id) AS reports
    FROM execution_productionreport r
    JOIN execution_workorderoperation o ON o.id = r.operation_id
   WHERE o.work_centre_id = %(centre)s AND r.status = 'posted'
     AND r.reported_at >= %(since)s AND r.reported_at < %(until)s
   GROUP BY r.operation_id)
SELECT o.id AS operation_id, w.id AS work_order_id, w.number, o.sequence, o.name AS operation,
       t.code AS item, t.name AS item_name, u.code AS unit, w.quantity AS ordered, d.good, d.scrap,
       coalesce(v.stocked, 0) AS stocked, coalesce(v.shipped, 0) AS shipped,
       coalesce(v.scrapped, 0) AS scrapped, n.id IS NULL AS is_last,
       coalesce(own.good_before, 0) - coalesce(later.units_before, 0) AS wip_before,
       coalesce(later.units_now, 0) AS passed_on,
       coalesce(own.good_all, 0) AS good_all, coalesce(own.units_all, 0) AS units_all,
       coalesce(later.units_all, 0) AS later_all, b.id IS NOT NULL AS has_before,
       coalesce(earlier.good_all, 0) AS available
  FROM made d
  JOIN execution_workorderoperation o ON o.id = d.operation_id
  JOIN execution_workorder w ON w.id = o.work_order_id
  JOIN masterdata_item t ON t.id = w.item_id
  JOIN masterdata_unit u ON u.id = t.unit_id
  LEFT JOIN LATERAL (
       SELECT a.id FROM execution_workorderoperation a WHERE a.work_order_id = o.work_order_id
          AND a.sequence > o.sequence ORDER BY a.sequence LIMIT 1) n ON true
  LEFT JOIN LATERAL (
       SELECT a.id FROM execution_workorderoperation a WHERE a.work_order_id = o.work_order_id
          AND a.sequence < o.sequence ORDER BY a.sequence DESC LIMIT 1) b ON true
  LEFT JOIN LATERAL (
       SELECT sum(q.quantity_good) AS good_all,
              sum(q.quantity_good) FILTER (WHERE q.reported_at < %(since)s) AS good_before,
              sum(q.quantity_good + q.quantity_scrap) AS units_all
         FROM execution_productionreport q WHERE q.operation_id = o.id AND q.status = 'posted'
          AND q.reported_at < %(until)s) own ON true
  LEFT JOIN LATERAL (
       SELECT sum(q.quantity_good + q.quantity_scrap) AS units_all,
              sum(q.quantity_good + q.quantity_scrap)
                FILTER (WHERE q.reported_at < %(since)s) AS units_before,
              sum(q.quantity_good + q.quantity_scrap)
                FILTER (WHERE q.reported_at >= %(since)s) AS units_now
         FROM execution_productionreport q WHERE q.operation_id = n.id AND q.status = 'posted'
          AND q.reported_at < %(until)s) later ON true
  LEFT JOIN LATERAL (
       SELECT sum(q.quantity_good) AS good_all
         FROM execution_productionreport q WHERE q.operation_id = b.id AND q.status = 'posted'
          AND q.reported_at < %(until)s) earlier ON true
  LEFT JOIN LATERAL (
       SELECT sum(m.quantity) FILTER (WHERE p.kind = 'internal') AS stocked,
              sum(m.quantity) FILTER (WHERE p.kind IN ('customer', 'transit')) AS shipped,
              sum(m.quantity) FILTER (WHERE p.kind = 'scrap') AS scrapped
         FROM inventory_stockmove m
         JOIN inventory_location f ON f.id = m.from_location_id AND f.kind = 'production'
         JOIN inventory_location p ON p.id = m.to_location_id
        WHERE m.source_type_id = %(kind)s AND m.source_id = ANY(d.reports)
          AND m.item_id = w.item_id) v ON true
 ORDER BY w.number, o.sequence
"""
_SCRAP = """
SELECT c.code, c.name, sum(r.quantity_scrap)
  FROM execution_productionreport r
  JOIN execution_workorderoperation o ON o.id = r.operation_id
  JOIN masterdata_reasoncode c ON c.id = r.scrap_reason_id
 WHERE o.work_centre_id = %(centre)s AND r.status = 'posted' AND r.quantity_scrap > 0
   AND r.reported_at >= %(since)s AND r.reported_at < %(until)s
 GROUP BY c.code, c.name ORDER BY 3 DESC, 1
"""
# What is lost in the shift costs the rate of the work centre, whether its entry is posted or not:
# a stop that outlasts the shift is settled later.
_STOPS = """
SELECT coalesce(c.code, ''), coalesce(c.name, ''), coalesce(c.is_planned, false), count(*),
       sum(x.minutes),
       sum(CASE WHEN coalesce(c.is_planned, false) THEN 0
                ELSE x.minutes * coalesce(i.hourly_rate, x.rate, 0) / 60 END),
       count(*) FILTER (WHERE i.ends_at IS NULL OR i.ends_at > %(until)s)
  FROM execution_machineinterval i
  JOIN masterdata_machine m ON m.id = i.machine_id
  JOIN core_site s ON s.id = m.site_id
  LEFT JOIN masterdata_reasoncode c ON c.id = i.reason_id
 CROSS JOIN LATERAL (
       SELECT (extract(epoch FROM least(coalesce(i.ends_at, %(until)s), %(until)s)
                                - greatest(i.starts_at, %(since)s)) / 60)::numeric AS minutes,
              (SELECT w.machine_rate FROM masterdata_workcentrerate w
                WHERE w.work_centre_id = m.work_centre_id
                  AND w.effective_from <= (i.starts_at AT TIME ZONE s.time_zone)::date
                ORDER BY w.effective_from DESC LIMIT 1) AS rate) x
 WHERE m.work_centre_id = %(centre)s AND i.state = 'stopped' AND i.starts_at < %(until)s
   AND (i.ends_at IS NULL OR i.ends_at > %(since)s)
 GROUP BY 1, 2, 3 ORDER BY 5 DESC, 1
"""
_OPEN_STOPS = """
SELECT m.code, i.starts_at, coalesce(c.code || ' ' || c.name, '')
  FROM execution_machineinterval i
  JOIN masterdata_machine m ON m.id = i.machine_id
  LEFT JOIN masterdata_reasoncode c ON c.id = i.reason_id
 WHERE m.work_centre_id = %(centre)s AND i.state = 'stopped' AND i.starts_at < %(until)s
   AND (i.ends_at IS NULL OR i.ends_at > %(until)s) ORDER BY m.code
"""
_ANDON = """
SELECT k.number, a.name, m.code, k.called_at,
       CASE WHEN k.acknowledged_at < %(until)s THEN k.acknowledged_at END,
       CASE WHEN k.resolved_at < %(until)s THEN k.resolved_at END,
       CASE WHEN k.resolved_at < %(until)s THEN k.resolution ELSE '' END
  FROM execution_andoncall k
  JOIN execution_andoncategory a ON a.id = k.category_id
  JOIN masterdata_machine m ON m.id = k.machine_id
 WHERE m.work_centre_id = %(centre)s AND k.status <> 'cancelled' AND k.called_at < %(until)s
   AND (k.called_at >= %(since)s OR k.resolved_at IS NULL OR k.resolved_at >= %(since)s)
 ORDER BY k.called_at, k.number
"""
# By what happened until then, not by how things stand now: the next shift has begun to work.
_LEFT = """
SELECT w.number, o.sequence, o.name, t.code,
       greatest(w.quantity - coalesce(p.good, 0), 0)
  FROM execution_workorderoperation o
  JOIN execution_workorder w ON w.id = o.work_order_id
  JOIN masterdata_item t ON t.id = w.item_id
  LEFT JOIN LATERAL (
       SELECT sum(q.quantity_good) AS good FROM execution_productionreport q
        WHERE q.operation_id = o.id AND q.status = 'posted'
          AND q.reported_at < %(until)s) p ON true
 WHERE o.work_centre_id = %(centre)s AND w.quantity > coalesce(p.good, 0)
   AND (EXISTS (SELECT 1 FROM execution_operationrun u WHERE u.operation_id = o.id
                   AND u.starts_at < %(until)s
                   AND (u.ends_at IS NULL OR u.ends_at > %(since)s))
     OR EXISTS (SELECT 1 FROM execution_productionreport r WHERE r.operation_id = o.id
                   AND r.status = 'posted' AND r.reported_at >= %(since)s
                   AND r.reported_at < %(until)s))
 ORDER BY w.due_date, w.number, o.sequence
"""
_CLOSED = """
SELECT w.place, h.number
  FROM unnest(%s::int[], %s::bigint[], %s::timestamptz[]) AS w(place, machine_id, at)
  JOIN masterdata_machine m ON m.id = w.machine_id
  JOIN execution_shifthandover h ON h.work_centre_id = m.work_centre_id AND h.status = 'signed'
   AND h.starts_at <= w.at AND h.ends_at > w.at
"""
#: What a stop, a call or an operation is, by the columns of its statement.
_STOP_NAMES = ("code", "name", "is_planned", "stops", "minutes", "cost", "still_open")
_ANDON_NAMES = (
    "number",
    "category",
    "machine",
    "called_at",
    "acknowledged_at",
    "resolved_at",
    "resolution",
)


@dataclass(frozen=True, slots=True)
class HandoverLine:
    """One operation of an order in the shift, in stock units.

    produced = good + scrap. good = stocked + shipped, for the last operation; for another
    wip_before + good = passed_on + wip_after. ``difference`` is what does not add up: scrap or
    good that the stock register does not know, units taken that nobody had passed on.
    """

    work_order_id: int
    operation_id: int
    number: str
    sequence: int
    operation: str
    item: str
    item_name: str
    unit: str
    produced: Decimal
    good: Decimal
    scrap: Decimal
    scrapped: Decimal
    stocked: Decimal
    shipped: Decimal
    wip_before: Decimal
    passed_on: Decimal
    wip_after: Decimal
    left: Decimal
    difference: Decimal


def shift_lines(work_centre_id: int, since: datetime, until: datetime) -> list[HandoverLine]:
    """What the work centre made in ``since`` … ``until``; one statement."""
    kind = ContentType.objects.get_for_model(ProductionReport).pk
    about = {"centre": work_centre_id, "since": since, "until": until, "kind": kind}
    return [_line(row) for row in fetch_dicts(_LINES, about)]


def _line(row: Mapping[str, Any]) -> HandoverLine:
    is_last = row["is_last"]
    missing = row["scrap"] - row["scrapped"]
    if is_last:
        missing += row["good"] - row["stocked"] - row["shipped"]
    if row["has_before"]:
        missing += max(row["units_all"] - row["available"], ZERO)
    return HandoverLine(
        produced=row["good"] + row["scrap"],
        wip_before=ZERO if is_last else row["wip_before"],
        passed_on=ZERO if is_last else row["passed_on"],
        wip_after=ZERO if is_last else row["good_all"] - row["later_all"],
        left=max(row["ordered"] - row["good_all"], ZERO),
        difference=missing,
        **{
            name: row[name]
            for name in (
                "work_order_id",
                "operation_id",
                "number",
                "sequence",
                "operation",
                "item",
                "item_name",
                "unit",
                "good",
                "scrap",
                "scrapped",
                "stocked",
                "shipped",
            )
        },
    )


def snapshot(handover: ShiftHandover) -> dict[str, Any]:
    """All that the hand-over says, as JSON holds it; a constant number of statements."""
    since, until = handover.starts_at, handover.ends_at
    about = {"centre": handover.work_centre_id, "since": since, "until": until}
    places = decimal_places(handover.company.currency_id)
    stops = [dict(zip(_STOP_NAMES, row, strict=True)) for row in fetch_all(_STOPS, about)]
    for stop in stops:
        stop["minutes"] = round(stop["minutes"], 1)
        stop["cost"] = round_money(stop["cost"], places)
    andon = [dict(zip(_ANDON_NAMES, row, strict=True)) for row in fetch_all(_ANDON, about)]
    content = {
        "lines": [asdict(line) for line in shift_lines(handover.work_centre_id, since, until)],
        "scrap": [
            {"code": code, "name": name, "quantity": quantity}
            for code, name, quantity in fetch_all(_SCRAP, about)
        ],
        "stops": stops,
        "open_stops": [
            {"machine": machine, "since": at, "reason": reason}
            for machine, at, reason in fetch_all(_OPEN_STOPS, about)
        ],
        "andon": andon,
        "left": [
            dict(
                zip(
                    ("number", "sequence", "operation", "item", "quantity"),
                    row,
                    strict=True,
                )
            )
            for row in fetch_all(_LEFT, about)
        ],
        "oee": _elements(handover),
        "notes": [
            {"machine": note.machine.code, "text": note.text}
            for note in handover.notes.select_related("machine").order_by("machine__code")
        ],
        "note": handover.note,
        "currency": handover.company.currency_id,
    }
    plain: dict[str, Any] = _plain(content)
    return plain


def _elements(handover: ShiftHandover) -> dict[str, Any]:
    rows = elements_by_shift(
        handover.company,
        Machine.objects.filter(work_centre=handover.work_centre_id, is_active=True),
        since=handover.starts_at,
        until=handover.starts_at + timedelta(microseconds=1),
        now=handover.ends_at,
    )
    own = [row for row in rows if row.shift and row.shift.shift_id == handover.shift_id]
    total = sum((row.elements for row in own), Elements())
    shares = ("oee", "availability", "performance", "quality")
    minutes = ("planned", "run", "down", "setup", "idle")
    return {
        **{name: _rounded(getattr(total, name), 4) for name in shares},
        **{name: _rounded(getattr(total, name), 1) for name in minutes},
        "stops": total.stops,
        "quantity": total.quantity,
        "quantity_good": total.quantity_good,
    }


def _rounded(value: Decimal | None, places: int) -> Decimal | None:
    return None if value is None else round(value, places)


def _plain(value: Any) -> Any:
    """Numbers as text without superfluous zeros, times in ISO 8601: the same again when read."""
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, Decimal):
        return f"{value.normalize():f}" if value else "0"
    return value.isoformat() if isinstance(value, datetime) else value


def closed_places(
    places: Sequence[int], machine_ids: Sequence[int], moments: Sequence[datetime]
) -> dict[int, str]:
    """Which of these moments at machines lie in a closed shift, and whose hand-over closed it."""
    if not places:
        return {}
    return dict(fetch_all(_CLOSED, [list(places), list(machine_ids), list(moments)]))


def closed_by(work_centre_id: int, at: datetime) -> ShiftHandover | None:
    """The signed hand-over of the shift in which ``at`` lies."""
    return ShiftHandover.objects.filter(
        work_centre=work_centre_id,
        status=ShiftHandover.Status.SIGNED,
        starts_at__lte=at,
        ends_at__gt=at,
    ).first()
