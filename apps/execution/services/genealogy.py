"""Genealogy edges: which lots went into which, written with the report that made them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.utils import timezone

from apps.core.models import User
from apps.core.money import ZERO, round_quantity
from apps.core.sql import columns, execute, fetch_all, insert_rows
from apps.execution.models import GenealogyEdge, WorkOrder
from apps.execution.queries.order_moves import ISSUED_LOTS, issued_lots

TRACE = Decimal("0.000001")
# The database rounds half away from zero, as `round_quantity` does; both quantities are above
# zero, and never rounded to nothing, as in `_at_least_a_trace`.
_LINK_OUTPUTS = f"""
INSERT INTO execution_genealogyedge (company_id, source_type_id, source_id, created_at,
       created_by_id, parent_lot_id, child_lot_id, work_order_id, quantity)
SELECT %(company)s, %(source_type)s, %(source)s, %(now)s, %(by)s, parent, child, %(order)s, quantity
  FROM (SELECT issued.lot_id AS parent, made.lot_id AS child,
               greatest(round(issued.quantity * made.quantity / %(ordered)s, 6), {TRACE:f})
                 AS quantity
          FROM ({ISSUED_LOTS}) AS issued(lot_id, quantity)
         CROSS JOIN unnest(%(lots)s::bigint[], %(made)s::numeric[]) AS made(lot_id, quantity)
         ORDER BY parent) AS edges
"""  # noqa: S608 - only constants are put in
_OUTPUT_LOTS = """
SELECT m.lot_id, sum(CASE WHEN f.kind = 'production' THEN m.quantity ELSE -m.quantity END)
  FROM inventory_stockmove m
  JOIN inventory_location t ON t.id = m.to_location_id
  JOIN inventory_location f ON f.id = m.from_location_id
 WHERE m.cost_object_id = %s AND m.item_id = %s AND m.lot_id IS NOT NULL
   AND (f.kind = 'production' AND t.kind = 'internal'
     OR t.kind = 'production' AND f.kind = 'internal')
 GROUP BY m.lot_id
HAVING sum(CASE WHEN f.kind = 'production' THEN m.quantity ELSE -m.quantity END) > 0
"""
_EDGES_OF_SOURCE = """
SELECT parent_lot_id, child_lot_id, sum(quantity) FROM execution_genealogyedge
 WHERE source_type_id = %s AND source_id = %s GROUP BY 1, 2 HAVING sum(quantity) <> 0
"""
_EDGES_OF_PARENTS = """
SELECT parent_lot_id, child_lot_id, sum(quantity) FROM execution_genealogyedge
 WHERE work_order_id = %s AND parent_lot_id = ANY(%s) GROUP BY 1, 2 HAVING sum(quantity) <> 0
"""

Edge = tuple[int, int, Decimal]


def link_outputs(
    order: WorkOrder, outputs: Sequence[tuple[int, Decimal]], *, source: Any, by: User
) -> None:
    """Edges from every lot in the order to the lots just made, shared by quantity made."""
    if not outputs:
        return
    lots, quantities = columns(outputs, 2)
    execute(
        _LINK_OUTPUTS,
        {
            "order": order.pk,
            "company": order.company_id,
            "cost_object": order.cost_object_id,
            "item": order.item_id,
            "ordered": order.quantity,
            "lots": lots,
            "made": quantities,
            "source_type": ContentType.objects.get_for_model(source).pk,
            "source": source.pk,
            "now": timezone.now(),
            "by": by.pk,
        },
    )


def link_late_inputs(
    order: WorkOrder, inputs: Sequence[tuple[int, Decimal]], *, source: Any, by: User
) -> None:
    """Edges from lots issued after lots were made: they may be in any of them."""
    if not inputs:
        return
    made = fetch_all(_OUTPUT_LOTS, [order.cost_object_id, order.item_id])
    total = sum((quantity for _lot, quantity in made), ZERO)
    edges = [
        (parent, child, issued * quantity / total)
        for parent, issued in inputs
        for child, quantity in made
    ]
    _write(order, edges, source, by)


def unlink_source(order: WorkOrder, *, source: Any, by: User) -> None:
    """Undo the edges of a reversed report."""
    kind = ContentType.objects.get_for_model(source).pk
    edges = fetch_all(_EDGES_OF_SOURCE, [kind, source.pk])
    _write(order, [(parent, child, -quantity) for parent, child, quantity in edges], source, by)


def unlink_inputs(order: WorkOrder, lot_ids: Sequence[int], *, source: Any, by: User) -> None:
    """Undo the edges from lots that no longer lie in the order."""
    gone = set(lot_ids) - set(issued_lots(order))
    if not gone:
        return
    edges = fetch_all(_EDGES_OF_PARENTS, [order.pk, list(gone)])
    _write(order, [(parent, child, -quantity) for parent, child, quantity in edges], source, by)


def link_converted(company_id: int, edges: Sequence[Edge], *, source: Any, by: User) -> None:
    """Edges of a conversion that no work order made, or below zero where it is undone."""
    _insert(company_id, None, edges, source, by)


def _write(order: WorkOrder, edges: Sequence[Edge], source: Any, by: User) -> None:
    _insert(order.company_id, order.pk, edges, source, by)


def _insert(
    company_id: int, order_id: int | None, edges: Sequence[Edge], source: Any, by: User
) -> None:
    now = timezone.now()
    kind = ContentType.objects.get_for_model(source).pk
    rounded = [(parent, child, _at_least_a_trace(quantity)) for parent, child, quantity in edges]
    insert_rows(
        GenealogyEdge,
        [
            {
                "company_id": company_id,
                "source_type_id": kind,
                "source_id": source.pk,
                "created_at": now,
                "created_by_id": by.pk,
                "parent_lot_id": parent,
                "child_lot_id": child,
                "work_order_id": order_id,
                "quantity": quantity,
            }
            for parent, child, quantity in rounded
            if quantity
        ],
    )


def _at_least_a_trace(quantity: Decimal) -> Decimal:
    """Rounded, but never to nothing: a recall must find the lot however little of it went in."""
    return round_quantity(quantity) or (quantity and TRACE.copy_sign(quantity))
