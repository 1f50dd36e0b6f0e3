"""A gauge was found bad: what has it measured since it was last known to be good?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date as Date
from datetime import datetime
from decimal import Decimal

from apps.core.money import ZERO
from apps.core.sql import fetch_all
from apps.quality.models import Calibration, Gauge

_MEASURED = """
SELECT n.id, n.number, n.status, r.item_id, i.code, r.lot_id, l.code, l.status,
       count(*), min(r.measured_at), max(r.measured_at),
       (SELECT coalesce(sum(b.quantity), 0) FROM inventory_stockbalance b
         WHERE b.item_id = r.item_id AND b.lot_id = r.lot_id)
  FROM quality_inspectionresult r
  JOIN quality_inspection n ON n.id = r.inspection_id
  JOIN masterdata_item i ON i.id = r.item_id
  LEFT JOIN inventory_lot l ON l.id = r.lot_id
 WHERE r.gauge_id = %(gauge)s
   AND (%(since)s::date IS NULL OR r.measured_at::date >= %(since)s)
 GROUP BY n.id, n.number, n.status, r.item_id, i.code, r.lot_id, l.code, l.status
 ORDER BY min(r.measured_at), n.id
"""


@dataclass(frozen=True, slots=True)
class MeasuredLot:
    """A lot (or an inspection without one) that the gauge has judged in the doubtful time."""

    inspection_id: int
    inspection: str
    inspection_status: str
    item_id: int
    item: str
    lot_id: int | None
    lot: str | None
    lot_status: str | None
    results: int
    first_at: datetime
    last_at: datetime
    on_hand: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class LookBack:
    """``since`` is the day the gauge was last left good (None: never), ``lots`` what it judged."""

    gauge_id: int
    gauge: str
    since: Date | None
    found_bad_on: Date | None
    lots: list[MeasuredLot]


def look_back(gauge: Gauge) -> LookBack:
    """What ``gauge`` measured between its last good calibration and the one that found it bad.

    A gauge that was never found bad has nothing to look back on from a calibration: then it is
    what it measured since it was last good. Two statements.
    """
    calibrations = list(
        Calibration.objects.filter(gauge=gauge).order_by("-calibrated_on", "-pk")[:50]
    )
    bad = next((c for c in calibrations if not c.is_found_good), None)
    older = calibrations[calibrations.index(bad) + 1 :] if bad else calibrations
    good = next((c for c in older if c.is_left_good), None)
    since = good.calibrated_on if good else None
    rows = fetch_all(_MEASURED, {"gauge": gauge.pk, "since": since})
    until = bad.created_at if bad else None
    lots = [MeasuredLot(*row) for row in rows if until is None or row[9] <= until]
    return LookBack(gauge.pk, gauge.code, since, bad.calibrated_on if bad else None, lots)
