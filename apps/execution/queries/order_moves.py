"""Stock moves of a work order and of its documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib.contenttypes.models import ContentType

from apps.core.sql import columns, fetch_all
from apps.execution.models import WorkOrder
from apps.inventory.models import StockMove

_ISSUED = """
SELECT m.item_id, sum(CASE WHEN t.kind = 'production' THEN m.quantity ELSE -m.quantity END)
  FROM inventory_stockmove m
  JOIN inventory_location t ON t.id = m.to_location_id
  JOIN inventory_location f ON f.id = m.from_location_id
 WHERE m.cost_object_id = %s AND m.item_id <> %s
   AND (t.kind = 'production' OR f.kind = 'production')
 GROUP BY m.item_id
"""
_OPEN = f"""
SELECT c.item_id, sum(c.quantity) - coalesce(max(issued.quantity), 0)
  FROM execution_workordercomponent c
  LEFT JOIN ({_ISSUED}) AS issued(item_id, quantity) ON issued.item_id = c.item_id
 WHERE c.work_order_id = %s GROUP BY c.item_id
"""  # noqa: S608 - only a constant of this module is put in
ISSUED_LOTS = """
SELECT m.lot_id, sum(CASE WHEN t.kind = 'production' THEN m.quantity ELSE -m.quantity END)
  FROM inventory_stockmove m
  JOIN inventory_location t ON t.id = m.to_location_id
  JOIN inventory_location f ON f.id = m.from_location_id
 WHERE m.cost_object_id = %(cost_object)s AND m.item_id <> %(item)s AND m.lot_id IS NOT NULL
   AND (t.kind = 'production' OR f.kind = 'production')
 GROUP BY m.lot_id
HAVING sum(CASE WHEN t.kind = 'production' THEN m.quantity ELSE -m.quantity END) > 0
 ORDER BY m.lot_id
"""
_COMPLETED = """
SELECT coalesce(sum(CASE WHEN f.kind = 'production' THEN m.quantity ELSE -m.quantity END), 0)
  FROM inventory_stockmove m
  JOIN inventory_location t ON t.id = m.to_location_id
  JOIN inventory_location f ON f.id = m.from_location_id
 WHERE m.cost_object_id = %s AND m.item_id = %s
   AND (f.kind = 'production' AND t.kind = 'internal'
     OR t.kind = 'production' AND f.kind = 'internal')
"""
_PROGRESS = f"""
SELECT 'report', operation_id, sum(quantity_good), sum(quantity_scrap)
  FROM execution_productionreport
 WHERE work_order_id = %s AND status = 'posted' GROUP BY operation_id
UNION ALL
SELECT 'stock', NULL, completed.quantity, 0 FROM ({_COMPLETED}) AS completed(quantity)
UNION ALL
SELECT 'closed by ' || h.number, NULL, 0, 0 FROM execution_shifthandover h
 WHERE h.work_centre_id = %s AND h.status = 'signed' AND h.starts_at <= %s AND h.ends_at > %s
"""  # noqa: S608 - only a constant of this module is put in
_CLOSED = "closed by "
_EXPECTED = """
SELECT e.source_type_id, e.source_id, e.id FROM inventory_expectedmove e
  JOIN unnest(%s::int[], %s::bigint[]) AS k(source_type_id, source_id)
    ON e.source_type_id = k.source_type_id AND e.source_id = k.source_id
"""


def open_quantities(order: WorkOrder) -> dict[int, Decimal]:
    """Stock units of each component item that the order needs beyond what lies in it."""
    return dict(fetch_all(_OPEN, [order.cost_object_id, order.item_id, order.pk]))


def issued_lots(order: WorkOrder) -> dict[int, Decimal]:
    """Stock units of each lot that lie in the order."""
    parameters = {"cost_object": order.cost_object_id, "item": order.item_id}
    return dict(fetch_all(ISSUED_LOTS, parameters))


def quantity_completed(order: WorkOrder) -> Decimal:
    """Good stock units taken into stock, reversals taken off."""
    [[quantity]] = fetch_all(_COMPLETED, [order.cost_object_id, order.item_id])
    return quantity


def expected_ids(sources: Sequence[Any]) -> dict[Any, int]:
    """Ids of the expected moves of ``sources`` (orders, components), in one statement."""
    by_key = {(ContentType.objects.get_for_model(row).pk, row.pk): row for row in sources}
    rows = fetch_all(_EXPECTED, columns(by_key, 2)) if by_key else []
    return {by_key[kind, source_id]: expected_id for kind, source_id, expected_id in rows}


def document_moves(document: Any) -> tuple[list[StockMove], int | None]:
    """What a document moved (its reversals left out), and the entry it posted."""
    kind = ContentType.objects.get_for_model(document)
    moves = list(
        StockMove.objects.filter(source_type=kind, source_id=document.pk, reverses__isnull=True)
        .select_related("from_location", "to_location", "lot")
        .order_by("pk")
    )
    return moves, moves[0].entry_id if moves else None


@dataclass(frozen=True, slots=True)
class Progress:
    """(good, scrap) reported by operation, and good units taken into stock; reversals taken off.

    ``closed_by`` is the hand-over that closed the shift asked about, if it is closed.
    """

    reported: dict[int | None, tuple[Decimal, Decimal]]
    completed: Decimal
    closed_by: str | None = None


def order_progress(
    order: WorkOrder, *, work_centre_id: int | None = None, at: datetime | None = None
) -> Progress:
    """One statement over the order's own reports and moves, and over the closed shifts of a work
    centre at a moment."""
    asked = [order.pk, order.cost_object_id, order.item_id, work_centre_id, at, at]
    rows = fetch_all(_PROGRESS, asked)
    return Progress(
        reported={key: (good, scrap) for kind, key, good, scrap in rows if kind == "report"},
        completed=next(good for kind, _key, good, _scrap in rows if kind == "stock"),
        closed_by=next(
            (kind.removeprefix(_CLOSED) for kind, *_rest in rows if kind.startswith(_CLOSED)), None
        ),
    )
