"""Why orders of a schedule are late: what binds each of them, and who waits for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date as Date
from datetime import datetime
from decimal import Decimal

from apps.core.sql import fetch_dicts
from apps.planning.models import Schedule

_LATE = """
SELECT DISTINCT ON (w.id) w.id AS work_order_id, w.number, i.code AS item, w.due_date,
       max(s.ends_at) OVER (PARTITION BY w.id) AS ends_at, s.late_minutes, s.cause,
       m.code AS machine, bw.number AS behind, ci.code AS material, w.customer_reference
  FROM planning_scheduledoperation s
  JOIN execution_workorderoperation o ON o.id = s.operation_id
  JOIN execution_workorder w ON w.id = o.work_order_id
  JOIN masterdata_item i ON i.id = w.item_id
  LEFT JOIN masterdata_machine m ON m.id = s.cause_machine_id
  LEFT JOIN execution_workorderoperation b ON b.id = s.cause_operation_id
  LEFT JOIN execution_workorder bw ON bw.id = b.work_order_id
  LEFT JOIN masterdata_item ci ON ci.id = s.cause_item_id
 WHERE s.schedule_id = %s AND (s.late_minutes > 0 OR s.cause <> '')
 ORDER BY w.id, o.sequence DESC
"""


@dataclass(frozen=True, slots=True)
class LateOrder:
    """``cause``: machine (busy with order ``behind``), material or missing (``material``), time."""

    work_order_id: int
    number: str
    item: str
    due_date: Date
    ends_at: datetime
    late_minutes: Decimal
    cause: str
    machine: str | None
    behind: str | None
    material: str | None
    customer_reference: str


def late_orders(schedule: Schedule) -> list[LateOrder]:
    """The latest first; one statement."""
    found = [LateOrder(**row) for row in fetch_dicts(_LATE, [schedule.pk])]
    return sorted(found, key=lambda one: -one.late_minutes)
