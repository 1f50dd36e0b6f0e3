"""The MRP grid of one item: gross, receipts, projected, net, planned receipts and releases."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date as Date
from datetime import timedelta
from decimal import Decimal

from apps.core.models import Site
from apps.core.money import ZERO
from apps.core.sql import fetch_all
from apps.masterdata.models import Item
from apps.planning.models import PlannedItem, PlanningRun

_GROSS = """
SELECT demand_date, demand, sum(quantity) FROM planning_pegging
 WHERE company_id = %(company)s AND item_id = %(item)s AND site_id = %(site)s
   AND demand <> 'stock'
 GROUP BY demand_date, demand ORDER BY demand_date, demand
"""
_RECEIPTS = """
SELECT greatest(e.due_date, %(on)s::date), sum(p.quantity)
  FROM planning_pegging p JOIN inventory_expectedmove e ON e.id = p.supply_move_id
 WHERE p.company_id = %(company)s AND p.item_id = %(item)s AND p.site_id = %(site)s
 GROUP BY 1 ORDER BY 1
"""
_PLANNED = """
SELECT o.id, greatest(coalesce(w.due_date, o.due_date), %(on)s::date),
       greatest(coalesce(w.start_date, o.start_date), %(on)s::date), sum(p.quantity),
       coalesce(w.quantity, o.quantity), o.status
  FROM planning_pegging p
  JOIN planning_plannedorder o ON o.id = p.planned_order_id
  LEFT JOIN execution_workorder w ON w.id = o.work_order_id
 WHERE p.company_id = %(company)s AND p.item_id = %(item)s AND p.site_id = %(site)s
 GROUP BY o.id, w.id ORDER BY 2, o.id
"""
DAY, WEEK, MONTH = "day", "week", "month"
MOST_BUCKETS = 400


@dataclass(slots=True)
class Bucket:
    """One column: what happens from ``starts_on`` on, before the next; stock at its end."""

    starts_on: Date
    gross: Decimal = ZERO
    orders: Decimal = ZERO
    forecast: Decimal = ZERO
    dependent: Decimal = ZERO
    receipts: Decimal = ZERO
    net: Decimal = ZERO
    planned_receipts: Decimal = ZERO
    planned_releases: Decimal = ZERO
    projected: Decimal = ZERO

    @property
    def is_short(self) -> bool:
        return self.projected < 0


@dataclass(frozen=True, slots=True)
class Grid:
    run: PlanningRun
    on_hand: Decimal
    safety_stock: Decimal
    low_level_code: int
    by: str
    buckets: list[Bucket]


def item_grid(item: Item, site: Site, *, by: str = WEEK) -> Grid | None:
    """The grid of an item at a site as the last run left it; None where it was not planned.

    Net is what stock would lack at the end of the bucket, below the safety stock, if nothing new
    were planned for it; projected is stock with everything planned.
    """
    planned = (
        PlannedItem.objects.filter(company_id=item.company_id, item=item, site=site)
        .select_related("run")
        .order_by("-pk")
        .first()
    )
    if planned is None:
        return None
    run = planned.run
    values = {
        "company": item.company_id,
        "item": item.pk,
        "site": site.pk,
        "on": run.planned_on,
    }
    buckets = _buckets(run, by)
    find = _finder(buckets)
    names = {"expected": "orders", "forecast": "forecast", "dependent": "dependent"}
    for day, demand, quantity in fetch_all(_GROSS, values):
        bucket = find(day)
        bucket.gross += quantity
        setattr(bucket, names[demand], getattr(bucket, names[demand]) + quantity)
    for day, quantity in fetch_all(_RECEIPTS, values):
        find(day).receipts += quantity
    for _key, due, start, good, started, _status in fetch_all(_PLANNED, values):
        find(due).planned_receipts += good
        find(start).planned_releases += started
    stock = planned.on_hand
    for bucket in buckets:
        without = stock + bucket.receipts - bucket.gross
        bucket.net = max(planned.safety_stock - without, ZERO)
        stock = without + bucket.planned_receipts
        bucket.projected = stock
    return Grid(run, planned.on_hand, planned.safety_stock, planned.low_level_code, by, buckets)


def _buckets(run: PlanningRun, by: str) -> list[Bucket]:
    last = run.planned_on + timedelta(days=run.horizon_days)
    day, found = run.planned_on, list[Bucket]()
    while day <= last and len(found) < MOST_BUCKETS:
        found.append(Bucket(day))
        if by == DAY:
            day += timedelta(days=1)
        elif by == WEEK:
            day += timedelta(days=7 - day.weekday())
        else:
            day = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    return found


def _finder(buckets: list[Bucket]) -> Callable[[Date], Bucket]:
    starts = [bucket.starts_on for bucket in buckets]

    def find(day: Date) -> Bucket:
        return buckets[max(bisect_right(starts, day) - 1, 0)]

    return find
