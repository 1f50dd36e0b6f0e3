"""What stands behind a lot: the inspections it passed, and what was measured in them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from apps.core.sql import fetch_all

_INSPECTIONS = """
SELECT n.id, n.lot_id, n.number, p.number, n.plan_revision, n.status, n.sample_size, n.decided_at
  FROM quality_inspection n JOIN quality_inspectionplan p ON p.id = n.plan_id
 WHERE n.lot_id = ANY(%s) AND n.status IN ('accepted', 'partial')
 ORDER BY n.lot_id, n.decided_at, n.id
"""
_MEASURED = """
SELECT r.inspection_id, c.name, c.kind, u.code, l.lower, l.upper, count(*),
       min(r.value), max(r.value), sum((NOT r.is_conforming)::int)
  FROM quality_inspectionresult r
  JOIN quality_inspectionplanline l ON l.id = r.line_id
  JOIN quality_characteristic c ON c.id = r.characteristic_id
  LEFT JOIN masterdata_unit u ON u.id = c.unit_id
 WHERE r.inspection_id = ANY(%s)
   AND NOT EXISTS (SELECT 1 FROM quality_inspectionresult s WHERE s.supersedes_id = r.id)
 GROUP BY r.inspection_id, l.position, l.id, c.name, c.kind, u.code, l.lower, l.upper
 ORDER BY r.inspection_id, l.position
"""


@dataclass(frozen=True, slots=True)
class MeasuredCharacteristic:
    """A characteristic over the sample; ``nonconforming`` units were taken out or allowed."""

    name: str
    kind: str
    unit: str | None
    lower: Decimal | None
    upper: Decimal | None
    count: int
    least: Decimal | None
    most: Decimal | None
    nonconforming: int


@dataclass(frozen=True, slots=True)
class PassedInspection:
    """An inspection that accepted a lot, or a part of it."""

    id: int
    lot_id: int
    number: str
    plan: str
    plan_revision: int
    status: str
    sample_size: int
    decided_at: datetime
    measured: list[MeasuredCharacteristic] = field(default_factory=list)


def passed_inspections(lot_ids: Iterable[int]) -> dict[int, list[PassedInspection]]:
    """The inspections that each lot passed, with what was measured. Two statements."""
    found = [PassedInspection(*row) for row in fetch_all(_INSPECTIONS, [sorted(set(lot_ids))])]
    by_id = {one.id: one for one in found}
    if by_id:
        for inspection_id, *rest in fetch_all(_MEASURED, [list(by_id)]):
            by_id[inspection_id].measured.append(MeasuredCharacteristic(*rest))
    by_lot: dict[int, list[PassedInspection]] = {}
    for one in found:
        by_lot.setdefault(one.lot_id, []).append(one)
    return by_lot
