"""Keeping a plan: the rows of the last one go, the rows of the new one come, in one transaction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from apps.core.sql import execute
from apps.planning.engine.pegging import Pegs, peg
from apps.planning.engine.plan import Plan
from apps.planning.engine.scale import Ints
from apps.planning.models import PlannedItem, PlannedOrder, PlanningRun
from apps.planning.queries.plan_nodes import KINDS
from apps.planning.queries.situations import (
    DEPENDENT,
    EXPECTED,
    FIRM,
    FORECAST,
    PLANNED,
    SCHEDULED,
    STOCK,
    PlanInput,
    Rows,
)
from apps.planning.services.bulk_rows import (
    Column,
    Days,
    Lists,
    Numbers,
    Quantities,
    copy_rows,
    days_since_epoch,
    take_order_ids,
)

_FORGET = (
    "DELETE FROM planning_plannedorder WHERE company_id = %(company)s AND status = 'planned'"
    " AND (%(site)s::bigint IS NULL OR site_id = %(site)s)",
    "DELETE FROM planning_planneditem WHERE company_id = %(company)s"
    " AND (%(site)s::bigint IS NULL OR site_id = %(site)s)",
    "DELETE FROM planning_actionmessage WHERE company_id = %(company)s AND status = 'open'"
    " AND (%(site)s::bigint IS NULL OR site_id = %(site)s)",
)
# Where people have changed the draft that came of a planned order, the order follows it.
_FOLLOW = (
    """
    UPDATE planning_plannedorder o
       SET quantity = w.quantity, start_date = w.start_date, due_date = w.due_date
      FROM execution_workorder w
     WHERE w.id = o.work_order_id AND w.status = 'draft' AND o.company_id = %(company)s
       AND o.status = 'ordered'
       AND (o.quantity, o.start_date, o.due_date) <> (w.quantity, w.start_date, w.due_date)
    """,
    """
    UPDATE planning_plannedorder o
       SET quantity = l.stock_quantity, quantity_good = l.stock_quantity, due_date = l.due_date,
           start_date = least(o.start_date, l.due_date)
      FROM (SELECT l.order_id, l.item_id, l.stock_quantity, l.due_date,
                   row_number() OVER (PARTITION BY l.order_id, l.item_id ORDER BY l.position) AS n
              FROM supply_chain_purchaseorder p
              JOIN supply_chain_purchaseorderline l ON l.order_id = p.id
             WHERE p.company_id = %(company)s AND p.status = 'draft') AS l,
           (SELECT id, row_number() OVER (PARTITION BY purchase_order_id, item_id ORDER BY id) AS n
              FROM planning_plannedorder
             WHERE company_id = %(company)s AND status = 'ordered'
               AND purchase_order_id IS NOT NULL) AS k
     WHERE k.id = o.id AND l.order_id = o.purchase_order_id AND l.item_id = o.item_id
       AND l.n = k.n AND (o.quantity, o.due_date) <> (l.stock_quantity, l.due_date)
    """,
)


def follow_drafts(company_id: int) -> None:
    """Bring ordered planned orders into line with their drafts."""
    for statement in _FOLLOW:
        execute(statement, {"company": company_id})


@dataclass(slots=True)
class Stored:
    """What was written: ids of the new orders by place, and the rows that were pegged."""

    order_ids: Ints
    supply: Rows
    demand: Rows
    pegs: Pegs


def forget_plan(run: PlanningRun) -> None:
    """Take away what the last run of the same sites planned; what people made firm stays."""
    for statement in _FORGET:
        execute(statement, {"company": run.company_id, "site": run.site_id})


def store_plan(run: PlanningRun, found: PlanInput, plan: Plan) -> Stored:
    """Write orders, and items with their pegs, of a plan."""
    network = found.network
    item_ids, site_ids = found.items.ids[network.item], found.sites[network.site]
    order_ids = _store_orders(run, found, plan, item_ids, site_ids)
    scheduled_ids = _store_scheduled(run, found, item_ids, site_ids)
    supply, demand = supply_rows(found, plan, order_ids, scheduled_ids), demand_rows(found, plan)
    size = len(item_ids)
    pegs = peg(supply.node, supply.quantity, demand.node, demand.quantity, size)
    nodes = found.situation.nodes
    columns: dict[str, Column] = {
        "company_id": run.company_id,
        "run_id": run.pk,
        "item_id": Numbers(item_ids),
        "site_id": Numbers(site_ids),
        "low_level_code": Numbers(plan.level, 2),
        "on_hand": Quantities(nodes.on_hand),
        "safety_stock": Quantities(nodes.policies.safety_stock),
    }
    columns |= _peg_columns(run, supply, demand, pegs, size)
    copy_rows(PlannedItem._meta.db_table, columns, size)
    return Stored(order_ids, supply, demand, pegs)


def supply_rows(found: PlanInput, plan: Plan, order_ids: Ints, scheduled_ids: Ints) -> Rows:
    """Everything that serves demand, in the order in which it serves."""
    situation = found.situation
    on_hand = situation.nodes.on_hand
    some = np.flatnonzero(on_hand > 0)
    zeros = np.zeros(len(some), dtype=np.int64)
    stock = Rows(some, zeros - 1, on_hand[some], zeros + STOCK, zeros)
    arriving = found.arriving
    key = arriving.key.copy()
    key[arriving.origin == SCHEDULED] = scheduled_ids
    day = np.maximum(arriving.day, 0)
    inside = arriving.day < situation.days
    coming = Rows(
        *(c[inside] for c in (arriving.node, day, arriving.quantity, arriving.origin, key))
    )
    orders = plan.orders
    when = orders.day
    if situation.is_rescheduling:  # what is on order is used up first, whenever it comes
        when = when + situation.days
    planned = Rows(
        orders.node, when, orders.good, np.full(len(orders), PLANNED, dtype=np.int64), order_ids
    )
    return Rows.joined([stock, coming, planned]).sorted()


def demand_rows(found: PlanInput, plan: Plan) -> Rows:
    """Everything that is wanted within the horizon, the earliest first."""
    demand, dependent = found.demand, plan.dependent
    inside = demand.day < found.situation.days
    outside = Rows(*(getattr(demand, name)[inside] for name in Rows.__slots__))
    outside.day = np.maximum(outside.day, 0)
    origin = np.full(len(dependent.node), DEPENDENT, dtype=np.int64)
    above = Rows(dependent.node, dependent.day, dependent.quantity, origin, np.zeros_like(origin))
    return Rows.joined([outside, above]).sorted()


def _store_orders(
    run: PlanningRun, found: PlanInput, plan: Plan, item_ids: Ints, site_ids: Ints
) -> Ints:
    orders = plan.orders
    ids = take_order_ids(len(orders))
    kind = found.network.source[orders.node]
    for number, name in KINDS.items():
        rows = np.flatnonzero(kind == number)
        node = orders.node[rows]
        columns = _order_columns(run, name, "planned") | {
            "id": Numbers(ids[rows]),
            "item_id": Numbers(item_ids[node]),
            "site_id": Numbers(site_ids[node]),
            "source_site_id": _source_site(found, node) if name == "transfer" else None,
            "quantity": Quantities(orders.quantity[rows]),
            "quantity_good": Quantities(orders.good[rows]),
            "start_date": Days(orders.start[rows], run.planned_on),
            "due_date": Days(orders.due[rows], run.planned_on),
            "need_date": Days(orders.day[rows], run.planned_on),
            "schedule_line_id": None,
        }
        copy_rows(PlannedOrder._meta.db_table, columns, len(rows))
    return ids


def _order_columns(run: PlanningRun, kind: str, status: str) -> dict[str, Column]:
    return {
        "company_id": run.company_id,
        "run_id": run.pk,
        "kind": kind,
        "status": status,
        "change_reason": "",
    }


def _source_site(found: PlanInput, node: Ints) -> Column:
    return Numbers(found.network.planning["source_site"][node])


def _store_scheduled(run: PlanningRun, found: PlanInput, item_ids: Ints, site_ids: Ints) -> Ints:
    """Lines of the master schedule as planned orders; their ids, in the order of the lines."""
    rows = found.scheduled
    ids = take_order_ids(len(rows.node))
    kind = found.network.source[rows.node]
    good = found.arriving.quantity[found.arriving.origin == SCHEDULED]
    for number, name in KINDS.items():
        mine = np.flatnonzero(kind == number)
        node = rows.node[mine]
        columns = _order_columns(run, name, "planned") | {
            "id": Numbers(ids[mine]),
            "item_id": Numbers(item_ids[node]),
            "site_id": Numbers(site_ids[node]),
            "source_site_id": _source_site(found, node) if name == "transfer" else None,
            "quantity": Quantities(rows.quantity[mine]),
            "quantity_good": Quantities(good[mine]),
            "start_date": Days(rows.day[mine], run.planned_on),
            "due_date": Days(rows.origin[mine], run.planned_on),
            "need_date": Days(rows.origin[mine], run.planned_on),
            "schedule_line_id": Numbers(rows.key[mine]),
        }
        copy_rows(PlannedOrder._meta.db_table, columns, len(mine))
    return ids


# Places in PlannedItem.SUPPLIES and DEMANDS by origin; the last of each is for none.
_SUPPLIES = {STOCK: 0, EXPECTED: 1, FIRM: 2, SCHEDULED: 2, PLANNED: 2, -1: 3}
_DEMANDS = {EXPECTED: 0, FORECAST: 1, DEPENDENT: 2, -1: 3}


def _peg_columns(
    run: PlanningRun, supply: Rows, demand: Rows, pegs: Pegs, size: int
) -> dict[str, Column]:
    """The pegs of each node side by side, without stock that nobody needs."""
    supplied, asked = _origin(supply, pegs.supply), _origin(demand, pegs.demand)
    kept = ~((asked == -1) & (supplied == STOCK))
    supplied, asked, quantity = supplied[kept], asked[kept], pegs.quantity[kept]
    supply_row, demand_row = pegs.supply[kept], pegs.demand[kept]
    bounds = np.searchsorted(pegs.node[kept], np.arange(size + 1))
    day = _taken(demand.day, demand_row) + days_since_epoch(run.planned_on)
    return {
        "peg_supply": Lists(_mapped(_SUPPLIES, supplied), bounds, 2),
        "peg_supply_id": Lists(_taken(supply.key, supply_row), bounds),
        "peg_demand": Lists(_mapped(_DEMANDS, asked), bounds, 2),
        "peg_demand_id": Lists(_taken(demand.key, demand_row), bounds),
        "peg_day": Lists(np.where(demand_row >= 0, day, -1), bounds, 4),
        "peg_quantity": Lists(quantity, bounds),
    }


def _origin(rows: Rows, places: Ints) -> Ints:
    return np.where(places >= 0, _taken(rows.origin, places), -1)


def _taken(values: Ints, places: Ints) -> Ints:
    """``values`` at ``places``; 0 where there is no place."""
    if not len(values):
        return np.zeros(len(places), dtype=np.int64)
    return np.where(places >= 0, values[np.maximum(places, 0)], 0)


def _mapped(names: dict[int, int], values: Ints) -> Ints:
    table = np.zeros(max(names) + 2, dtype=np.int64)
    for value, name in names.items():
        table[value] = name  # -1 is the last
    return table[values]
