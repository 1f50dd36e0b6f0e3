"""When maintenance has machines: what planning may not use."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from apps.core.sql import fetch_all
from apps.maintenance.models import Asset
from apps.masterdata.models import Machine

_RESERVED = """
SELECT r.machine_id, r.starts_at, r.ends_at, o.number
  FROM maintenance_capacityreservation r JOIN maintenance_maintenanceorder o ON o.id = r.order_id
 WHERE r.machine_id = ANY(%s) AND r.starts_at < %s AND r.ends_at > %s
 ORDER BY r.machine_id, r.starts_at
"""
_MACHINE_ABOVE = """
WITH RECURSIVE up AS (
  SELECT id, parent_id, machine_id, 0 AS depth FROM maintenance_asset WHERE id = %s
  UNION ALL
  SELECT a.id, a.parent_id, a.machine_id, up.depth + 1
    FROM up JOIN maintenance_asset a ON a.id = up.parent_id WHERE up.machine_id IS NULL)
SELECT machine_id FROM up WHERE machine_id IS NOT NULL ORDER BY depth LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Reserved:
    """A machine that maintenance has, and for which order."""

    machine_id: int
    starts_at: datetime
    ends_at: datetime
    order: str


def reserved_intervals(
    machine_ids: Iterable[int], since: datetime, until: datetime
) -> list[Reserved]:
    """What maintenance takes of machines between two moments, by machine and time."""
    rows = fetch_all(_RESERVED, [sorted(set(machine_ids)), until, since])
    return [Reserved(*row) for row in rows]


def machine_of(asset: Asset) -> Machine | None:
    """The machine that stands still when the asset is worked on: its own, or the one above."""
    if asset.machine_id is not None:
        return asset.machine
    rows = fetch_all(_MACHINE_ABOVE, [asset.pk])
    return Machine.objects.get(pk=rows[0][0]) if rows else None
