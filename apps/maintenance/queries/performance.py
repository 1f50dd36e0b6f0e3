"""How maintenance does: reliability of assets, plans kept, work waiting."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date as Date
from datetime import datetime
from decimal import Decimal

from apps.core.money import ZERO, round_quantity
from apps.core.sql import fetch_all
from apps.maintenance.reliability import (
    Reliability,
    Weibull,
    going_on,
    hours_between,
    reliability,
    weibull,
)

# Standstills of an asset are those of its orders; a larger asset has those of its parts too.
_DOWNTIMES = """
WITH RECURSIVE below AS (
  SELECT id AS root_id, id FROM maintenance_asset WHERE id = ANY(%(ids)s)
  UNION
  SELECT below.root_id, a.id FROM below JOIN maintenance_asset a ON a.parent_id = below.id)
SELECT below.root_id, o.downtime_starts_at, coalesce(o.downtime_ends_at, %(now)s)
  FROM below JOIN maintenance_maintenanceorder o ON o.asset_id = below.id
   AND o.downtime_starts_at IS NOT NULL AND o.status <> 'cancelled'
   AND o.downtime_starts_at < %(until)s
 ORDER BY below.root_id, o.downtime_starts_at
"""
_COMPLIANCE = """
SELECT count(*),
       count(*) FILTER (WHERE o.done_at IS NOT NULL
                          AND (o.done_at AT TIME ZONE s.time_zone)::date <= o.due_on + %(grace)s)
  FROM maintenance_maintenanceorder o JOIN core_site s ON s.id = o.site_id
 WHERE o.kind = 'preventive' AND o.asset_id = ANY(%(ids)s)
   AND o.due_on BETWEEN %(since)s AND %(until)s
"""
_BACKLOG = """
SELECT count(*), coalesce(sum(planned_minutes), 0),
       count(*) FILTER (WHERE due_on < %(today)s)
  FROM maintenance_maintenanceorder
 WHERE asset_id = ANY(%(ids)s)
   AND status IN ('planned', 'released', 'in_progress', 'waiting_parts')
"""


@dataclass(frozen=True, slots=True)
class AssetReliability:
    """An asset's figures in a span, and the shape of its failures since ever."""

    asset_id: int
    figures: Reliability
    weibull: Weibull | None


@dataclass(frozen=True, slots=True)
class Compliance:
    """Preventive orders due in a span, and those of them done in time."""

    due: int
    in_time: int

    @property
    def share(self) -> Decimal | None:
        return round_quantity(Decimal(self.in_time) / self.due) if self.due else None


@dataclass(frozen=True, slots=True)
class Backlog:
    """Work that waits: orders, their planned hours, and how many are overdue."""

    orders: int
    hours: Decimal
    overdue: int


def reliability_of(
    asset_ids: Iterable[int], since: datetime, until: datetime, *, now: datetime
) -> list[AssetReliability]:
    """MTBF, MTTR and availability of assets, parts included; one statement for any number.

    A standstill that lasts counts up to ``now``, and so does the present run: it has not failed.
    """
    ids = sorted(set(asset_ids))
    until = min(until, now)
    spans: dict[int, list[tuple[datetime, datetime]]] = {asset_id: [] for asset_id in ids}
    for asset_id, start, end in fetch_all(_DOWNTIMES, {"ids": ids, "until": until, "now": now}):
        spans[asset_id].append((start, max(start, end)))
    return [
        AssetReliability(
            asset_id,
            reliability(found, since, until),
            weibull(hours_between(found), going_on(found, until)),
        )
        for asset_id, found in spans.items()
    ]


def compliance(
    asset_ids: Iterable[int], since: Date, until: Date, *, grace_days: int = 0
) -> Compliance:
    """Of the preventive orders due in the span: those done by their day, with some grace.

    Skipped ones count as missed.
    """
    [[due, in_time]] = fetch_all(
        _COMPLIANCE,
        {"ids": sorted(set(asset_ids)), "since": since, "until": until, "grace": grace_days},
    )
    return Compliance(due, in_time)


def backlog(asset_ids: Iterable[int], today: Date) -> Backlog:
    """What is ordered and not done."""
    [[orders, minutes, overdue]] = fetch_all(
        _BACKLOG, {"ids": sorted(set(asset_ids)), "today": today}
    )
    return Backlog(orders, round_quantity(Decimal(minutes) / 60) if minutes else ZERO, overdue)
