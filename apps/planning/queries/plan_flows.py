"""What comes and goes by itself: stock, orders, forecasts, and what planners have decided."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date as Date

import numpy as np

from apps.core.sql import fetch_all
from apps.planning.engine.consumption import consume_forecast
from apps.planning.engine.scale import Ints
from apps.planning.queries.plan_structure import table

# What nobody may use (held lots, quarantine, what lies at a subcontractor's) covers nothing.
_STOCK = """
SELECT b.item_id, p.site_id, (sum(b.quantity) * 1000000)::bigint
  FROM inventory_stockbalance b
  JOIN inventory_location p ON p.id = b.location_id
  LEFT JOIN inventory_lot t ON t.id = b.lot_id
 WHERE b.company_id = %(company)s AND b.quantity > 0 AND p.site_id IS NOT NULL
   AND NOT p.is_quarantine AND p.held_by_id IS NULL AND p.owner_id IS NULL
   AND coalesce(t.status, 'available') = 'available'
   AND (%(items)s::bigint[] IS NULL OR b.item_id = ANY(%(items)s))
 GROUP BY b.item_id, p.site_id ORDER BY b.item_id, p.site_id
"""
_EXPECTED = """
SELECT e.id, e.item_id, e.site_id, (e.direction = 'in')::int,
       ((e.quantity - e.quantity_done) * 1000000)::bigint, e.due_date - %(on)s::date,
       (e.partner_id IS NOT NULL)::int, e.source_type_id, e.source_id
  FROM inventory_expectedmove e
 WHERE e.is_open AND e.quantity > e.quantity_done AND e.company_id = %(company)s
   AND e.cost_object_id IS NULL
   AND (%(items)s::bigint[] IS NULL OR e.item_id = ANY(%(items)s))
 ORDER BY e.due_date, e.id
"""
_FORECASTS = """
SELECT id, item_id, site_id, (quantity * 1000000)::bigint, starts_on - %(on)s::date,
       ends_on - %(on)s::date
  FROM planning_forecast
 WHERE company_id = %(company)s AND is_current AND ends_on >= %(on)s AND quantity > 0
   AND (%(items)s::bigint[] IS NULL OR item_id = ANY(%(items)s))
 ORDER BY item_id, site_id, starts_on, id
"""
# Firm planned orders as they stand; those already ordered as their draft documents now say, so
# that what people changed there holds. Once released, a document expects its moves itself.
_FIRM = """
SELECT o.id, o.item_id, o.site_id, (o.quantity * 1000000)::bigint,
       o.due_date - %(on)s::date, o.start_date - %(on)s::date, 0
  FROM planning_plannedorder o WHERE o.company_id = %(company)s AND o.status = 'firm'
   AND (%(items)s::bigint[] IS NULL OR o.item_id = ANY(%(items)s))
UNION ALL
SELECT o.id, w.item_id, w.site_id, (w.quantity * 1000000)::bigint,
       w.due_date - %(on)s::date, w.start_date - %(on)s::date, 0
  FROM planning_plannedorder o JOIN execution_workorder w ON w.id = o.work_order_id
 WHERE o.company_id = %(company)s AND o.status = 'ordered' AND w.status = 'draft'
   AND (%(items)s::bigint[] IS NULL OR w.item_id = ANY(%(items)s))
UNION ALL
SELECT o.id, l.item_id, l.site_id, (l.stock_quantity * 1000000)::bigint,
       l.due_date - %(on)s::date, l.order_date - %(on)s::date, 1
  FROM (SELECT l.order_id, l.item_id, p.site_id, l.stock_quantity, l.due_date, p.order_date,
               row_number() OVER (PARTITION BY l.order_id, l.item_id ORDER BY l.position) AS n
          FROM supply_chain_purchaseorder p
          JOIN supply_chain_purchaseorderline l ON l.order_id = p.id
         WHERE p.company_id = %(company)s AND p.status = 'draft'
           AND (%(items)s::bigint[] IS NULL OR l.item_id = ANY(%(items)s))) AS l
  JOIN (SELECT o.id, o.purchase_order_id, o.item_id,
               row_number() OVER w AS n, count(*) OVER (PARTITION BY purchase_order_id, item_id)
                 AS planned
          FROM planning_plannedorder o
         WHERE o.company_id = %(company)s AND o.status = 'ordered'
           AND o.purchase_order_id IS NOT NULL
        WINDOW w AS (PARTITION BY o.purchase_order_id, o.item_id ORDER BY o.id)) AS o
    ON o.purchase_order_id = l.order_id AND o.item_id = l.item_id
   AND o.n = least(l.n, o.planned)
UNION ALL
SELECT o.id, o.item_id, o.site_id, (o.quantity * 1000000)::bigint,
       o.due_date - %(on)s::date, o.start_date - %(on)s::date, 1
  FROM planning_plannedorder o JOIN inventory_stockdocument d ON d.id = o.stock_document_id
 WHERE o.company_id = %(company)s AND o.status = 'ordered' AND d.status = 'draft'
   AND (%(items)s::bigint[] IS NULL OR o.item_id = ANY(%(items)s))
"""
_SCHEDULE = """
SELECT m.id, m.item_id, m.site_id, (m.quantity * 1000000)::bigint, m.due_date - %(on)s::date
  FROM planning_masterscheduleline m
 WHERE m.company_id = %(company)s AND m.is_active AND m.due_date >= %(on)s
   AND (%(items)s::bigint[] IS NULL OR m.item_id = ANY(%(items)s))
   AND NOT EXISTS (SELECT FROM planning_plannedorder o
                    WHERE o.schedule_line_id = m.id AND o.status <> 'planned')
 ORDER BY m.due_date, m.id
"""
_WORK_ORDER_TYPE = """
SELECT id FROM django_content_type WHERE app_label = 'execution' AND model = 'workorder'
"""


@dataclass(slots=True)
class Flows:
    """Rows of the registers as arrays; days from the planning date, quantities in millionths."""

    stock: Ints  # item, site, quantity
    coming: Ints  # move, item, site, quantity, day, is of a work order, type, source
    going: Ints  # move, item, site, quantity, day, is a customer's, type, source
    forecast: Ints  # forecast, item, site, quantity, first day, last day
    firm: Ints  # planned order, item, site, quantity, due day, start day, feeds nothing
    schedule: Ints  # line, item, site, quantity, day

    def pairs(self) -> Ints:
        """(item, site) of everything that needs a plan."""
        parts = [rows[:, 1:3] for rows in (self.coming, self.going, self.forecast)]
        return np.concatenate([*parts, self.firm[:, 1:3], self.schedule[:, 1:3]])


def read_flows(company_id: int, planned_on: Date, item_ids: list[int] | None = None) -> Flows:
    """All that comes and goes; of ``item_ids`` only where given. Six statements."""
    values = {"company": company_id, "on": planned_on, "items": item_ids}
    moves = table(fetch_all(_EXPECTED, values), 9)
    incoming = moves[:, 3] == 1
    [[work_orders]] = fetch_all(_WORK_ORDER_TYPE)
    coming = moves[incoming][:, [0, 1, 2, 4, 5, 7, 7, 8]]
    coming[:, 5] = coming[:, 6] == work_orders
    return Flows(
        stock=table(fetch_all(_STOCK, values), 3),
        coming=coming,
        going=moves[~incoming][:, [0, 1, 2, 4, 5, 6, 7, 8]],
        forecast=table(fetch_all(_FORECASTS, values), 6),
        firm=table(fetch_all(_FIRM, values), 7),
        schedule=table(fetch_all(_SCHEDULE, values), 5),
    )


def unconsumed_forecast(
    node: Ints,
    flows_forecast: Ints,
    order_node: Ints,
    order_day: Ints,
    order_quantity: Ints,
    windows: tuple[Ints, Ints, Ints],
) -> Ints:
    """What each forecast still expects beyond the orders it foresaw (millionths, by row).

    ``windows`` are backward days, forward days and demand fence by node.
    """
    left = flows_forecast[:, 3].copy()
    for one in np.unique(node).tolist():
        rows = np.flatnonzero(node == one)
        orders = np.flatnonzero(order_node == one)
        backward, forward, fence = (int(window[one]) for window in windows)
        left[rows] = consume_forecast(
            flows_forecast[rows, 3].tolist(),
            list(
                zip(flows_forecast[rows, 4].tolist(), flows_forecast[rows, 5].tolist(), strict=True)
            ),
            list(zip(order_day[orders].tolist(), order_quantity[orders].tolist(), strict=True)),
            backward=backward,
            forward=forward,
        )
        if fence:
            left[rows[np.maximum(flows_forecast[rows, 4], 0) < fence]] = 0
    return left
