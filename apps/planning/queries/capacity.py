"""Load against capacity, roughly: what planned and open orders ask of each work centre by week."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date as Date
from datetime import timedelta
from decimal import Decimal

from apps.core.models import Site
from apps.core.money import ZERO
from apps.core.sql import fetch_all
from apps.engineering.queries.effectivity import in_force
from apps.masterdata.queries.calendars import calendar_of
from apps.masterdata.shift_spans import SiteCalendar
from apps.planning.queries.reserved import hours_away

# Planned orders load their work centres on the week they start, by the routing in force then; open
# orders with what is left of their operations.
_LOAD = f"""
SELECT work_centre_id, week, sum(planned), sum(open) FROM (
  SELECT r.work_centre_id,
         date_trunc('week', greatest(o.start_date, %(from)s))::date AS week,
         r.setup_minutes + r.run_minutes * o.quantity AS planned, 0 AS open
    FROM planning_plannedorder o
    JOIN engineering_routing g ON g.item_id = o.item_id AND {in_force("g", "o.start_date")}
    JOIN engineering_routingoperation r ON r.routing_id = g.id
    LEFT JOIN execution_workorder w ON w.id = o.work_order_id
   WHERE o.company_id = %(company)s AND o.site_id = %(site)s AND o.kind = 'make'
     AND o.start_date < %(until)s
     AND (o.status <> 'ordered' OR w.status = 'draft')
  UNION ALL
  SELECT p.work_centre_id,
         date_trunc('week', greatest(w.start_date, %(from)s))::date, 0,
         p.setup_minutes + p.run_minutes * greatest(w.quantity - coalesce(
           (SELECT sum(q.quantity_good) FROM execution_productionreport q
             WHERE q.operation_id = p.id AND q.status = 'posted'), 0), 0)
    FROM execution_workorderoperation p
    JOIN execution_workorder w ON w.id = p.work_order_id
   WHERE w.company_id = %(company)s AND w.site_id = %(site)s AND w.start_date < %(until)s
     AND w.status IN ('released', 'running') AND p.status <> 'done') AS asked
 GROUP BY work_centre_id, week
"""  # noqa: S608 - constants only
_CENTRES = """
SELECT c.id, c.code, c.name,
       greatest((SELECT count(*) FROM masterdata_machine m
                  WHERE m.work_centre_id = c.id AND m.is_active), 1)
  FROM masterdata_workcentre c
 WHERE c.company_id = %(company)s AND c.site_id = %(site)s AND c.is_active ORDER BY c.code
"""


@dataclass(slots=True)
class Load:
    """Hours of one work centre in one week."""

    starts_on: Date
    capacity: Decimal
    planned: Decimal = ZERO
    open: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        return self.planned + self.open

    @property
    def is_over(self) -> bool:
        return self.total > self.capacity

    @property
    def share(self) -> Decimal | None:
        return self.total / self.capacity if self.capacity else None


@dataclass(frozen=True, slots=True)
class CentreLoad:
    id: int
    code: str
    name: str
    machines: int
    weeks: list[Load]


def capacity_load(site: Site, since: Date, *, weeks: int = 12) -> list[CentreLoad]:
    """By work centre and week, in hours; what maintenance has of the machines is no capacity.

    Four statements and the calendar.
    """
    first = since - timedelta(days=since.weekday())
    values = {
        "company": site.company_id,
        "site": site.pk,
        "from": first,
        "until": first + timedelta(days=7 * weeks),
    }
    calendar = calendar_of(site)
    hours = _hours(calendar, first, weeks)
    away = hours_away(site, calendar, first, weeks)
    found = []
    asked = {(c, week): (p, o) for c, week, p, o in fetch_all(_LOAD, values)}
    for key, code, name, machines in fetch_all(_CENTRES, values):
        loads = []
        for number in range(weeks):
            start = first + timedelta(days=7 * number)
            planned, open_ = asked.get((key, start), (ZERO, ZERO))
            capacity = max(hours[number] * machines - away.get((key, number), ZERO), ZERO)
            loads.append(Load(start, capacity, Decimal(planned) / 60, Decimal(open_) / 60))
        found.append(CentreLoad(key, code, name, machines, loads))
    return found


def _hours(calendar: SiteCalendar, first: Date, weeks: int) -> list[Decimal]:
    """Working hours of one machine in each week; around the clock where there are no shifts."""
    if calendar.is_continuous:
        return [Decimal(168)] * weeks
    result = []
    for number in range(weeks):
        days = [first + timedelta(days=7 * number + n) for n in range(7)]
        spans = [span for day in days for span in calendar.spans_on(day)]
        result.append(sum((span.planned_minutes() for span in spans), ZERO) / 60)
    return result
