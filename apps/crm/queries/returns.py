"""What can come back: shipped of an order line, item and lot, less what was sent back already.

The item is the line's, or a part of the kit that the line is of.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.contrib.contenttypes.models import ContentType

from apps.core.money import ZERO
from apps.core.sql import fetch_all
from apps.crm.models import Return, ReturnLine
from apps.crm.queries.sales_orders import line_type_id, part_type_id
from apps.finance.models import InvoiceLine

# Cost as it left, reversals taken off; what came back for a return line takes its part along.
_SHIPPED = """
SELECT s.line_id, m.item_id, m.lot_id,
       sum(CASE WHEN m.reverses_id IS NULL THEN m.quantity ELSE -m.quantity END),
       sum(CASE WHEN m.reverses_id IS NULL THEN m.counter_value ELSE -m.counter_value END)
  FROM (SELECT %(line)s AS type_id, l.id AS source_id, l.id AS line_id
          FROM crm_salesorderline l WHERE l.id = ANY(%(keys)s)
         UNION ALL
        SELECT %(part)s, p.id, p.line_id
          FROM crm_salesorderlinepart p WHERE p.line_id = ANY(%(keys)s)) AS s
  JOIN inventory_expectedmove e ON e.source_type_id = s.type_id AND e.source_id = s.source_id
  JOIN inventory_stockmove m ON m.expected_move_id = e.id
 GROUP BY 1, 2, 3
"""
_RETURNED = """
SELECT l.order_line_id, l.item_id, l.lot_id, sum(l.quantity)
  FROM crm_returnline l JOIN crm_return r ON r.id = l.rma_id
 WHERE l.order_line_id = ANY(%s) AND r.status <> 'cancelled' AND r.id <> %s GROUP BY 1, 2, 3
"""
_RECEIVED = """
SELECT l.order_line_id, l.item_id, l.lot_id, sum(l.quantity)
  FROM crm_returnline l JOIN crm_return r ON r.id = l.rma_id
 WHERE l.order_line_id = ANY(%s) AND r.received_on IS NOT NULL AND r.id <> %s GROUP BY 1, 2, 3
"""
_COST_BACK = """
SELECT l.order_line_id, l.item_id, l.lot_id, sum(l.original_cost)
  FROM crm_returnline l JOIN crm_return r ON r.id = l.rma_id
 WHERE l.order_line_id = ANY(%s) AND r.received_on IS NOT NULL AND r.id <> %s GROUP BY 1, 2, 3
"""
_BILLED = """
SELECT n.source_id, n.id
  FROM finance_invoiceline n
  JOIN finance_invoice i ON i.id = n.invoice_id AND i.status = 'posted' AND i.kind = 'customer'
 WHERE n.source_type_id = %s AND n.source_id = ANY(%s) ORDER BY n.source_id, i.date, n.id
"""
_WEIGHTS = """
SELECT DISTINCT ON (d.key) d.key, m.catch_weight
  FROM unnest(%(keys)s::bigint[], %(lines)s::bigint[], %(lots)s::bigint[]) AS d(key, line, lot)
  JOIN crm_salesorderline l ON l.id = d.line
  JOIN masterdata_itemunit w
    ON w.item_id = l.item_id AND w.unit_id = l.unit_id AND w.is_catch_weight
  JOIN inventory_expectedmove e ON e.source_type_id = %(type)s AND e.source_id = l.id
  JOIN inventory_stockmove m ON m.expected_move_id = e.id AND m.lot_id = d.lot
   AND m.reverses_id IS NULL AND m.catch_weight IS NOT NULL
 ORDER BY d.key, m.id DESC
"""
#: Order line, item, lot.
Key = tuple[int, int, int | None]


@dataclass(frozen=True, slots=True)
class Shipped:
    """Stock units and cost of a key that left and are not claimed by a return."""

    quantity: Decimal = ZERO
    cost: Decimal = ZERO

    @property
    def is_something(self) -> bool:
        return self.quantity > 0


def returnable(line_ids: Iterable[int], *, besides: int = 0) -> dict[Key, Shipped]:
    """What may still be sent back by key; the return ``besides`` does not count."""
    return _less(line_ids, _RETURNED, besides)


def not_received(line_ids: Iterable[int], *, besides: int) -> dict[Key, Shipped]:
    """The same, less only what has come back: the basis of the original cost."""
    return _less(line_ids, _RECEIVED, besides)


def billed_lines(order_line_ids: Iterable[int]) -> dict[int, list[int]]:
    """Keys of the posted invoice lines of each order line, the oldest first."""
    result: dict[int, list[int]] = {}
    for source_id, line_id in fetch_all(_BILLED, [line_type_id(), list(order_line_ids)]):
        result.setdefault(source_id, []).append(line_id)
    return result


def invoice_line_type_id() -> int:
    return ContentType.objects.get_for_model(InvoiceLine).pk


def credit_notes_of(rma: Return) -> list[int]:
    """Keys of the credit notes of a return."""
    lines = ReturnLine.objects.filter(rma=rma, credits__isnull=False)
    return sorted(set(lines.values_list("credits__invoice_line__invoice_id", flat=True)))


def _less(line_ids: Iterable[int], statement: str, besides: int) -> dict[Key, Shipped]:
    keys = list(line_ids)
    back = {tuple(key): q for *key, q in fetch_all(statement, [keys, besides])}
    costs = {tuple(key): c for *key, c in fetch_all(_COST_BACK, [keys, besides])}
    asked = {"line": line_type_id(), "part": part_type_id(), "keys": keys}
    return {
        (line, item, lot): Shipped(
            quantity - back.get((line, item, lot), ZERO),
            cost - (costs.get((line, item, lot)) or ZERO),
        )
        for line, item, lot, quantity, cost in fetch_all(_SHIPPED, asked)
    }


def shipped_weights(lines: Iterable[ReturnLine]) -> dict[int, Decimal]:
    """Return line → what it weighed on its way out, for those ordered by weight."""
    asked = [line for line in lines if line.lot_id is not None]
    if not asked:
        return {}
    parameters = {
        "type": line_type_id(),
        "lines": [line.order_line_id for line in asked],
        "lots": [line.lot_id for line in asked],
        "keys": [line.pk for line in asked],
    }
    return dict(fetch_all(_WEIGHTS, parameters))
