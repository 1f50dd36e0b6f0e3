"""Where meters stand, and how fast they move."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal

from apps.core.money import ZERO
from apps.core.sql import fetch_all
from apps.maintenance.due import usage_per_day
from apps.maintenance.models import MaintenanceOrder, MeterTotal

#: Usage is measured over this time.
USAGE_SPAN = timedelta(days=90)

_USAGE = """
SELECT t.meter_id, t.total, t.read_at, f.read_at, f.total
  FROM maintenance_metertotal t
  LEFT JOIN LATERAL (
       SELECT r.read_at, r.total FROM maintenance_meterreading r
        WHERE r.meter_id = t.meter_id AND r.read_at >= %s ORDER BY r.read_at, r.id LIMIT 1) f
    ON true
 WHERE t.meter_id = ANY(%s)
"""


def meter_usage(meter_ids: Iterable[int], now: datetime) -> dict[int, tuple[Decimal, Decimal]]:
    """(total, gain per day over the last 90 days) of each meter that was ever read."""
    rows = fetch_all(_USAGE, [now - USAGE_SPAN, sorted(set(meter_ids))])
    return {
        meter_id: (
            total,
            usage_per_day(
                None if first_at is None else (first_at, first), read_at and (read_at, total)
            ),
        )
        for meter_id, total, read_at, first_at, first in rows
    }


def total_of_plan(order: MaintenanceOrder) -> Decimal | None:
    """Where the meter of the order's plan stands now; None without a plan by meter."""
    if order.plan is None or order.plan.meter_id is None:
        return None
    row = MeterTotal.objects.filter(meter=order.plan.meter_id).first()
    return row.total if row else ZERO
