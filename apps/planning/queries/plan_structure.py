"""What a plan is made of that changes seldom: items, how they are planned, and what is in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date as Date
from datetime import timedelta
from typing import Any

import numpy as np

from apps.core.sql import fetch_all
from apps.engineering.queries.effectivity import in_force_between
from apps.planning.engine.errors import PlanError
from apps.planning.engine.levels import low_level_codes
from apps.planning.engine.plan import Edges
from apps.planning.engine.scale import SAFE, Ints, reduced

MAKE, BUY, TRANSFER = range(3)
MRP, MPS, NOT_PLANNED = range(3)
#: Before and after all days of any plan, counted from the day that it is made for.
FIRST_DAY, LAST_DAY = -1_000_000, 1_000_000

_ITEMS = """
SELECT i.id, CASE i.kind WHEN 'manufactured' THEN 0 WHEN 'purchased' THEN 1 ELSE 2 END,
       i.lead_time_days, (i.tracking = 'serial')::int, (u.dimension = 'count')::int
  FROM masterdata_item i JOIN masterdata_unit u ON u.id = i.unit_id
 WHERE i.company_id = %(company)s AND i.kind IN ('manufactured', 'purchased', 'phantom')
 ORDER BY i.id
"""
_PLANNINGS = """
SELECT item_id, site_id, CASE policy WHEN 'mrp' THEN 0 WHEN 'mps' THEN 1 ELSE 2 END,
       CASE source WHEN 'make' THEN 0 WHEN 'buy' THEN 1 WHEN 'transfer' THEN 2 ELSE -1 END,
       coalesce(source_site_id, 0),
       CASE lot_rule WHEN 'lot_for_lot' THEN 0 WHEN 'fixed' THEN 1 WHEN 'multiple' THEN 2
                     ELSE 3 END,
       (lot_size * 1000000)::bigint, (lot_minimum * 1000000)::bigint,
       (lot_multiple * 1000000)::bigint, period_days, (safety_stock * 1000000)::bigint,
       safety_days, coalesce(lead_time_days, -1), (scrap_percent * 10000)::int,
       planning_fence_days, demand_fence_days, backward_days, forward_days,
       coalesce(planner_id, 0)
  FROM planning_itemplanning WHERE company_id = %(company)s
   AND (%(sites)s::bigint[] IS NULL OR site_id = ANY(%(sites)s)) ORDER BY item_id, site_id
"""
_EDGES = f"""
SELECT b.item_id, l.item_id, (l.quantity * 1000000)::bigint, (b.quantity * 1000000)::bigint,
       (1000000 - l.scrap_percent * 10000)::int,
       CASE WHEN l.unit_id IS NULL OR l.unit_id = i.unit_id THEN 1
            ELSE coalesce(own.numerator, u.numerator * stock.denominator) END,
       CASE WHEN l.unit_id IS NULL OR l.unit_id = i.unit_id THEN 1
            ELSE coalesce(own.denominator, u.denominator * stock.numerator) END,
       coalesce(b.effective_from - %(on)s::date, {FIRST_DAY}),
       coalesce(b.effective_until - %(on)s::date, {LAST_DAY})
  FROM engineering_billofmaterials b
  JOIN engineering_bomline l ON l.bom_id = b.id
  JOIN masterdata_item i ON i.id = l.item_id
  JOIN masterdata_unit stock ON stock.id = i.unit_id
  LEFT JOIN masterdata_unit u ON u.id = l.unit_id
  LEFT JOIN masterdata_itemunit own ON own.item_id = i.id AND own.unit_id = l.unit_id
 WHERE b.company_id = %(company)s AND {in_force_between("b", "%(on)s::date", "%(until)s::date")}
   AND (%(parents)s::bigint[] IS NULL OR b.item_id = ANY(%(parents)s))
 ORDER BY b.item_id, l.position, l.id
"""  # noqa: S608 - constants only
PLANNING_COLUMNS = (
    "item",
    "site",
    "policy",
    "source",
    "source_site",
    "rule",
    "fixed",
    "minimum",
    "multiple",
    "period",
    "safety_stock",
    "safety_time",
    "lead_time",
    "loss",
    "fence",
    "demand_fence",
    "backward",
    "forward",
    "planner",
)


@dataclass(slots=True)
class Items:
    """Items of a company by place; ``kind`` is 0 made, 1 bought, 2 phantom."""

    ids: Ints
    kind: Ints
    lead_time: Ints
    is_serial: Ints
    is_counted: Ints

    def places(self, ids: Any) -> Ints:
        """The place of each id; ids that are not planned at all come out as -1."""
        wanted = np.asarray(ids, dtype=np.int64)
        if not len(self.ids):
            return np.full(len(wanted), -1, dtype=np.int64)
        found = np.minimum(np.searchsorted(self.ids, wanted), len(self.ids) - 1)
        return np.where(self.ids[found] == wanted, found, -1)


def table(rows: list[Any], width: int) -> Ints:
    """Rows of integers as an array of ``width`` columns."""
    return np.array(rows, dtype=np.int64).reshape(-1, width)


def read_items(company_id: int) -> Items:
    rows = table(fetch_all(_ITEMS, {"company": company_id}), 5)
    return Items(*(rows[:, place].copy() for place in range(5)))


def read_plannings(company_id: int, site_ids: list[int] | None = None) -> dict[str, Ints]:
    """How items are planned, a column per name of ``PLANNING_COLUMNS``."""
    parameters = {"company": company_id, "sites": site_ids}
    rows = table(fetch_all(_PLANNINGS, parameters), len(PLANNING_COLUMNS))
    return {name: rows[:, place] for place, name in enumerate(PLANNING_COLUMNS)}


def read_edges(
    company_id: int, items: Items, on: Date, days: int, parents: list[int] | None = None
) -> Edges:
    """What one unit of each item takes of others, by place; phantoms replaced by what is in them.

    Bills in force on any of the ``days`` from ``on``, the day that is planned as of; an order is
    made by the bill of the day on which it starts.

    Only of ``parents`` (ids) where given, unless there are phantoms to look into. Raises
    ``PlanError`` ``circular_structure`` with the ids of the items of the circle.
    """
    if (items.kind == 2).any():
        parents = None
    values = {"company": company_id, "on": on, "until": on + timedelta(days=days - 1)}
    rows = table(fetch_all(_EDGES, values | {"parents": parents}), 9)
    parent, component = items.places(rows[:, 0]), items.places(rows[:, 1])
    known = (parent >= 0) & (component >= 0)
    parent, component, rows = parent[known], component[known], rows[known]
    try:
        low_level_codes(len(items.ids), parent, component)
    except PlanError as error:
        circle = tuple(int(items.ids[place]) for place in error.items)
        raise PlanError(error.code, field=error.field, items=circle) from None
    top, bottom = _ratios(rows)
    edges = Edges(parent, component, top, bottom, rows[:, 7].copy(), rows[:, 8].copy())
    return _without_phantoms(edges, items)


def _ratios(rows: Ints) -> tuple[Ints, Ints]:
    """Quantity per unit as a ratio in lowest terms: line / bill / (1 - scrap), in stock units."""
    common = np.gcd(rows[:, 2], rows[:, 3])
    line, bill = rows[:, 2] // common, rows[:, 3] // common
    million = np.full(len(rows), 1_000_000, dtype=np.int64)
    common = np.gcd(million, rows[:, 4])
    million, kept = million // common, rows[:, 4] // common
    common = np.gcd(rows[:, 5], rows[:, 6])
    unit, per = rows[:, 5] // common, rows[:, 6] // common
    large = line.astype(float) * million * unit, bill.astype(float) * kept * per
    top, bottom = line * million * unit, bill * kept * per
    safe = (large[0] < SAFE) & (large[1] < SAFE)
    common = np.where(safe, np.gcd(top, bottom), 1)
    top, bottom = top // common, bottom // common
    for row in np.flatnonzero(~safe):
        pair = [int(line[row]) * int(million[row]) * int(unit[row])]
        pair.append(int(bill[row]) * int(kept[row]) * int(per[row]))
        top[row], bottom[row] = reduced(*pair)
    return top, bottom


def _without_phantoms(edges: Edges, items: Items) -> Edges:
    """A phantom is never ordered: who uses it uses its components in its stead."""
    is_phantom = items.kind == 2
    if not is_phantom[edges.component].any() and not is_phantom[edges.parent].any():
        return edges
    below: dict[int, list[tuple[int, int, int, int, int]]] = {}
    columns = [getattr(edges, name).tolist() for name in Edges.__slots__]
    rows = list(zip(*columns, strict=True))
    for parent, *rest in rows:
        if is_phantom[parent]:
            below.setdefault(parent, []).append(tuple(rest))
    kept: list[tuple[int, int, int, int, int, int]] = []
    waiting = [row for row in rows if not is_phantom[row[0]]]
    while waiting:
        parent, component, top, bottom, first, last = row = waiting.pop()
        if not is_phantom[component]:
            kept.append(row)
            continue
        for inner, more, less, begin, end in below.get(component, ()):
            if begin <= last and first <= end:
                ratio = reduced(top * more, bottom * less)
                waiting.append((parent, inner, *ratio, max(first, begin), min(last, end)))
    found = table(sorted(kept), 6)
    return Edges(*(found[:, place].copy() for place in range(6)))
