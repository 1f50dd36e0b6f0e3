"""Stops of machines: those that still run up cost, and those of a period."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import QuerySet
from django.utils import timezone

from apps.core.models import Company
from apps.core.money import ZERO, round_money, round_quantity
from apps.core.queries.currencies import decimal_places
from apps.core.sql import fetch_all
from apps.masterdata.models import Machine
from apps.masterdata.queries.calendars import calendars_of

_RUNNING = """
SELECT i.id, i.machine_id, m.site_id, i.starts_at, i.reason_id, r.code, r.name,
       coalesce(r.is_planned, false),
       (SELECT w.machine_rate FROM masterdata_workcentrerate w
         WHERE w.work_centre_id = m.work_centre_id
           AND w.effective_from <= (i.starts_at AT TIME ZONE s.time_zone)::date
         ORDER BY w.effective_from DESC LIMIT 1)
  FROM execution_machineinterval i
  JOIN masterdata_machine m ON m.id = i.machine_id
  JOIN core_site s ON s.id = m.site_id
  LEFT JOIN masterdata_reasoncode r ON r.id = i.reason_id
 WHERE i.machine_id = ANY(%s) AND i.ends_at IS NULL AND i.state = 'stopped'
"""


@dataclass(frozen=True, slots=True)
class RunningStop:
    """A stop that lasts: planned minutes lost so far and what they cost; nothing posted yet."""

    interval_id: int
    machine_id: int
    starts_at: datetime
    reason_id: int | None
    reason: str
    is_planned: bool
    lost_minutes: Decimal
    cost: Decimal


def running_stops(
    company: Company, machines: QuerySet[Machine], *, now: datetime | None = None
) -> dict[int, RunningStop]:
    """The stops that last, by machine."""
    now = now or timezone.now()
    rows = fetch_all(_RUNNING, [list(machines.values_list("pk", flat=True))])
    calendars = calendars_of(company, {row[2] for row in rows})
    places = decimal_places(company.currency_id)
    result = {}
    for interval_id, machine_id, site_id, starts_at, reason_id, code, name, planned, rate in rows:
        lost = ZERO
        if not planned and starts_at < now:
            pieces = calendars[site_id].working(starts_at, now)
            lost = round_quantity(sum((piece.minutes for piece in pieces), ZERO))
        result[machine_id] = RunningStop(
            interval_id=interval_id,
            machine_id=machine_id,
            starts_at=starts_at,
            reason_id=reason_id,
            reason=f"{code} {name}" if code else "",
            is_planned=planned,
            lost_minutes=lost,
            cost=round_money(lost * (rate or ZERO) / 60, places),
        )
    return result
