"""Plans with where their assets stand: what ``apps.maintenance.due`` judges."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date as Date
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from apps.core.models import Company
from apps.core.money import ZERO
from apps.core.sql import fetch_all
from apps.maintenance.due import Done, NextDue, PlanFacts, due_plans
from apps.maintenance.queries.meters import meter_usage

# The last order of the plan, or of a plan that includes it: what a larger service did is done.
_PLANS = """
WITH RECURSIVE above AS (
  SELECT p.id AS plan_id, p.id AS by_plan_id FROM maintenance_maintenanceplan p
   WHERE p.company_id = %(company)s AND p.is_active
  UNION
  SELECT above.plan_id, p.suppressed_by_id
    FROM above JOIN maintenance_maintenanceplan p ON p.id = above.by_plan_id
   WHERE p.suppressed_by_id IS NOT NULL),
past AS (
  SELECT above.plan_id,
         max(o.due_on) FILTER (WHERE is_own AND is_done) AS due_on,
         max(o.due_total) FILTER (WHERE is_same_meter AND is_done) AS due_total,
         max((o.done_at AT TIME ZONE s.time_zone)::date) FILTER (WHERE is_done) AS done_on,
         max(o.done_total) FILTER (WHERE is_same_meter AND is_done) AS done_total,
         max(o.due_on) FILTER (WHERE is_own AND NOT is_done) AS skipped_on,
         max(o.due_total) FILTER (WHERE is_own AND NOT is_done) AS skipped_total
    FROM above
    JOIN maintenance_maintenanceplan mine ON mine.id = above.plan_id
    JOIN maintenance_maintenanceplan other ON other.id = above.by_plan_id
    JOIN maintenance_maintenanceorder o ON o.plan_id = above.by_plan_id
     AND o.status IN ('done', 'closed', 'cancelled')
    JOIN core_site s ON s.id = o.site_id
   CROSS JOIN LATERAL (SELECT other.id = mine.id AS is_own, o.status <> 'cancelled' AS is_done,
                              other.meter_id = mine.meter_id AS is_same_meter) AS f
   GROUP BY above.plan_id)
SELECT p.id, p.basis = 'fixed', p.interval_days, p.starts_on, p.meter_id, p.interval_units,
       p.starts_at_total, p.lead_days, p.suppressed_by_id, s.time_zone, past.plan_id IS NOT NULL,
       past.due_on, past.due_total, past.done_on, past.done_total,
       past.skipped_on, past.skipped_total,
       EXISTS (SELECT 1 FROM maintenance_maintenanceorder o WHERE o.plan_id = p.id
                  AND o.status IN ('planned', 'released', 'in_progress', 'waiting_parts'))
  FROM maintenance_maintenanceplan p
  JOIN maintenance_asset a ON a.id = p.asset_id AND a.is_active
  JOIN core_site s ON s.id = a.site_id
  LEFT JOIN past ON past.plan_id = p.id
 WHERE p.company_id = %(company)s AND p.is_active
 ORDER BY p.id
"""


@dataclass(frozen=True, slots=True)
class PlanOutlook:
    """When a plan is due next, and whether an order for it is open already."""

    due: NextDue
    has_open_order: bool
    today: Date


def outlook(
    company: Company, at: datetime, *, plan_ids: Iterable[int] | None = None
) -> list[PlanOutlook]:
    """What is due next of each active plan, by day; two statements for any number of plans.

    Days are those of each plan's site. A plan that a larger one includes says so.
    """
    rows = fetch_all(_PLANS, {"company": company.pk})
    usage = meter_usage((row[4] for row in rows if row[4] is not None), at)
    by_day: dict[Date, list[PlanFacts]] = {}
    is_open = {}
    for row in rows:
        today = at.astimezone(ZoneInfo(row[9])).date()
        by_day.setdefault(today, []).append(_facts(row, usage))
        is_open[row[0]] = row[17]
    found = [
        PlanOutlook(due, is_open[due.plan_id], today)
        for today, plans in by_day.items()
        for due in due_plans(plans, today)
    ]
    wanted = None if plan_ids is None else set(plan_ids)
    kept = [one for one in found if wanted is None or one.due.plan_id in wanted]
    return sorted(kept, key=lambda one: (one.due.on, one.due.plan_id))


def _facts(row: Sequence[Any], usage: dict[int, tuple[Decimal, Decimal]]) -> PlanFacts:
    plan_id, is_fixed, days, starts_on, meter_id, units, base, lead, above = row[:9]
    total, per_day = usage.get(meter_id, (ZERO, ZERO))
    return PlanFacts(
        plan_id=plan_id,
        is_fixed=is_fixed,
        interval_days=days,
        starts_on=starts_on,
        meter_id=meter_id,
        interval_units=units,
        starts_at_total=base,
        total=total,
        per_day=per_day,
        lead_days=lead,
        suppressed_by=above,
        last=Done(*row[11:17]) if row[10] else None,
    )
