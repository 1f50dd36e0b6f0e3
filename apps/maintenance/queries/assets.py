"""The tree of assets, and what each cost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date as Date
from datetime import datetime
from decimal import Decimal
from typing import Any

from apps.core.models import Company
from apps.core.money import ZERO, round_money
from apps.core.queries.currencies import decimal_places
from apps.core.sql import fetch_all, fetch_dicts
from apps.maintenance.models import Asset

_TREE = """
WITH RECURSIVE root AS (
  SELECT id, parent_id FROM maintenance_asset WHERE id = %(id)s
  UNION
  SELECT a.id, a.parent_id FROM root JOIN maintenance_asset a ON a.id = root.parent_id),
tree AS (
  SELECT a.id, a.code, a.name, a.criticality, a.kind, a.parent_id, 0 AS depth,
         ARRAY[a.code::text] AS path
    FROM maintenance_asset a
   WHERE a.id = (SELECT id FROM root WHERE parent_id IS NULL LIMIT 1)
  UNION ALL
  SELECT a.id, a.code, a.name, a.criticality, a.kind, a.parent_id, tree.depth + 1,
         tree.path || a.code::text
    FROM tree JOIN maintenance_asset a ON a.parent_id = tree.id
   WHERE tree.depth < 30)
SELECT id, code, name, criticality, kind, parent_id, depth FROM tree ORDER BY path LIMIT 500
"""
_BELOW = """
WITH RECURSIVE below AS (
  SELECT id, cost_object_id FROM maintenance_asset WHERE id = %s
  UNION
  SELECT a.id, a.cost_object_id FROM below JOIN maintenance_asset a ON a.parent_id = below.id)
SELECT id, cost_object_id FROM below
"""
# Capitalised cost is on an asset account: it is investment, not the cost of keeping it running.
_BY_YEAR = """
SELECT extract(year FROM l.date)::int, c.kind = 'asset', sum(l.amount)
  FROM finance_journalline l JOIN finance_account c ON c.id = l.account_id
 WHERE l.cost_object_id = ANY(%s) AND l.date < %s
 GROUP BY 1, 2 ORDER BY 1, 2
"""
_SINCE = """
SELECT coalesce(sum(l.amount), 0)
  FROM finance_journalline l
  JOIN finance_account c ON c.id = l.account_id AND c.kind = 'expense'
 WHERE l.cost_object_id = ANY(%s) AND l.date > %s AND l.date <= %s
"""
_BAD_ACTORS = """
WITH posted AS (
  SELECT a.id AS asset_id, sum(l.amount) AS cost
    FROM maintenance_asset a
    JOIN finance_journalline l ON l.cost_object_id = a.cost_object_id
     AND l.date BETWEEN %(since)s AND %(until)s
    JOIN finance_account c ON c.id = l.account_id AND c.kind = 'expense'
   WHERE a.company_id = %(company)s GROUP BY a.id),
stood AS (
  SELECT o.asset_id, count(*) AS failures,
         sum(extract(epoch FROM least(coalesce(o.downtime_ends_at, %(to)s), %(to)s)
                              - greatest(o.downtime_starts_at, %(from)s)) / 60)::numeric AS minutes
    FROM maintenance_maintenanceorder o
   WHERE o.company_id = %(company)s AND o.status <> 'cancelled'
     AND o.downtime_starts_at < %(to)s
     AND coalesce(o.downtime_ends_at, %(to)s) > %(from)s
   GROUP BY o.asset_id)
SELECT a.id, a.code, a.name, a.criticality, coalesce(p.cost, 0) AS cost,
       coalesce(s.failures, 0) AS failures, round(coalesce(s.minutes, 0), 6) AS lost_minutes,
       coalesce(w.machine_rate, 0) AS hourly_rate
  FROM maintenance_asset a
  LEFT JOIN posted p ON p.asset_id = a.id
  LEFT JOIN stood s ON s.asset_id = a.id
  LEFT JOIN masterdata_machine m ON m.id = a.machine_id
  LEFT JOIN LATERAL (
       SELECT r.machine_rate FROM masterdata_workcentrerate r
        WHERE r.work_centre_id = coalesce(a.work_centre_id, m.work_centre_id)
          AND r.effective_from <= %(until)s ORDER BY r.effective_from DESC LIMIT 1) w ON true
 WHERE a.id = ANY(%(ids)s) AND (p.cost <> 0 OR s.failures > 0)
"""


@dataclass(frozen=True, slots=True)
class BadActor:
    """An asset and what it cost: posted maintenance, and time lost at its machine's rate."""

    id: int
    code: str
    name: str
    criticality: str
    cost: Decimal
    failures: int
    lost_minutes: Decimal
    lost_cost: Decimal

    @property
    def total(self) -> Decimal:
        return self.cost + self.lost_cost


@dataclass(frozen=True, slots=True)
class YearCost:
    """Expensed and capitalised cost of a calendar year, in company currency."""

    year: int
    expensed: Decimal = ZERO
    capitalised: Decimal = ZERO


def asset_tree(asset: Asset) -> list[dict[str, Any]]:
    """The whole tree that ``asset`` is in, top down, each row with its ``depth``."""
    return fetch_dicts(_TREE, {"id": asset.pk})


def cost_object_ids(asset: Asset) -> list[int]:
    """Cost objects of an asset and all that is part of it."""
    return [key for _id, key in fetch_all(_BELOW, [asset.pk]) if key is not None]


def annual_costs(asset: Asset, *, before: Date) -> list[YearCost]:
    """What the asset, with its parts, cost each year before a day, from journal lines."""
    years: dict[int, dict[bool, Decimal]] = {}
    for year, is_asset, amount in fetch_all(_BY_YEAR, [cost_object_ids(asset), before]):
        years.setdefault(year, {})[is_asset] = amount
    return [
        YearCost(year, amounts.get(False, ZERO), amounts.get(True, ZERO))
        for year, amounts in years.items()
    ]


def cost_of_last_year(asset: Asset, today: Date) -> Decimal:
    """Expensed cost of the asset and its parts in the twelve months up to ``today``."""
    leap = today.month == 2 and today.day == 29
    since = today.replace(year=today.year - 1, day=28 if leap else today.day)
    [[amount]] = fetch_all(_SINCE, [cost_object_ids(asset), since, today])
    return Decimal(amount)


def bad_actors(
    company: Company, asset_ids: Iterable[int], since: datetime, until: datetime
) -> list[BadActor]:
    """Assets by what they cost between two moments, the dearest first; one statement."""
    places = decimal_places(company.currency_id)
    rows = fetch_all(
        _BAD_ACTORS,
        {
            "company": company.pk,
            "ids": sorted(set(asset_ids)),
            "since": since.date(),
            "until": until.date(),
            "from": since,
            "to": until,
        },
    )
    found = []
    for key, code, name, criticality, cost, failures, minutes, rate in rows:
        lost = round_money(minutes * rate / 60, places)
        found.append(BadActor(key, code, name, criticality, cost, failures, minutes, lost))
    return sorted(found, key=lambda one: (-one.total, one.code))
