"""What an engineering change touches: open orders and stock, read from the registers below."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal
from typing import Any

from django.contrib.contenttypes.models import ContentType

from apps.core.models import Document
from apps.core.sql import fetch_all
from apps.engineering.models import ChangeLine, EngineeringChange
from apps.inventory.models import ExpectedMove

MOST_ROWS = 1000
# What the old bill takes and the new one takes less of, or no more: quantities per unit made.
_DROPPED = """
SELECT c.id, l.item_id
  FROM engineering_changeline c
  JOIN engineering_billofmaterials b ON b.id = c.from_bom_id
  JOIN engineering_bomline l ON l.bom_id = b.id
 WHERE c.change_id = %s
 GROUP BY c.id, l.item_id
HAVING sum(l.quantity / b.quantity / (1 - l.scrap_percent / 100)) > coalesce(
         (SELECT sum(n.quantity / t.quantity / (1 - n.scrap_percent / 100))
            FROM engineering_bomline n
            JOIN engineering_billofmaterials t ON t.id = n.bom_id
           WHERE t.id = (SELECT to_bom_id FROM engineering_changeline WHERE id = c.id)
             AND n.item_id = l.item_id), 0)
"""
_STOCK = """
SELECT i.id, i.code, i.name, u.code, s.code, sum(b.quantity),
       CASE WHEN v.quantity > 0 THEN v.value / v.quantity * sum(b.quantity) ELSE 0 END
  FROM inventory_stockbalance b
  JOIN inventory_location p ON p.id = b.location_id
  JOIN core_site s ON s.id = p.site_id
  JOIN masterdata_item i ON i.id = b.item_id
  JOIN masterdata_unit u ON u.id = i.unit_id
  LEFT JOIN inventory_itemvaluation v ON v.item_id = i.id
 WHERE b.company_id = %s AND b.item_id = ANY(%s) AND b.quantity > 0 AND p.kind = 'internal'
 GROUP BY i.id, u.code, s.code, v.quantity, v.value ORDER BY i.code, s.code
"""


@dataclass(frozen=True, slots=True)
class AffectedOrder:
    """An open document that makes or sells what changes, or takes or brings what is dropped."""

    line: str
    role: str  # output or component
    direction: str
    item_id: int
    code: str
    name: str
    kind: str
    document: str
    site: str
    due_date: Date
    quantity: Decimal
    disposition: str


@dataclass(frozen=True, slots=True)
class AffectedStock:
    """What is on hand at a site of a component that is dropped or taken less of."""

    item_id: int
    code: str
    name: str
    unit: str
    site: str
    quantity: Decimal
    value: Decimal
    disposition: str


@dataclass(frozen=True, slots=True)
class ChangeImpact:
    orders: list[AffectedOrder]
    stock: list[AffectedStock]
    is_complete: bool


def change_impact(change: EngineeringChange) -> ChangeImpact:
    """Open expected moves of changed outputs and dropped components, and the latter's stock.

    A constant number of statements, and one for each kind of document that is found.
    """
    lines = list(
        change.lines.select_related(
            "item", "to_bom__item", "to_routing__item", "from_bom__item", "from_routing__item"
        ).order_by("position", "id")
    )
    outputs = {line.item_id: line for line in lines}
    by_id = {line.pk: line for line in lines}
    dropped = {item_id: by_id[line_id] for line_id, item_id in fetch_all(_DROPPED, [change.pk])}
    orders = _orders(change, outputs, dropped)
    return ChangeImpact(
        orders[:MOST_ROWS],
        [
            AffectedStock(*(*row, dropped[row[0]].get_stock_disposition_display()))
            for row in fetch_all(_STOCK, [change.company_id, sorted(dropped)])
        ],
        len(orders) <= MOST_ROWS,
    )


def _orders(
    change: EngineeringChange, outputs: dict[int, ChangeLine], dropped: dict[int, ChangeLine]
) -> list[AffectedOrder]:
    moves = (
        ExpectedMove.objects.filter(
            company=change.company_id, is_open=True, item__in={*outputs, *dropped}
        )
        .select_related("item", "site", "source_type")
        .prefetch_related("source")
        .order_by("due_date", "id")[: MOST_ROWS + 1]
    )
    documents = _documents([move.source for move in moves if move.source is not None])
    found = []
    for move in moves:
        role = "output" if move.item_id in outputs else "component"
        line = outputs.get(move.item_id) or dropped[move.item_id]
        kind = ContentType.objects.get_for_id(move.source_type_id)
        document = documents.get((move.source_type_id, move.source_id))
        named: Any = type(document) if document is not None else kind.model_class()
        found.append(
            AffectedOrder(
                str(line),
                role,
                move.direction,
                move.item_id,
                move.item.code,
                move.item.name,
                str(named._meta.verbose_name),
                str(document or move.source or ""),
                move.site.code,
                move.due_date,
                move.quantity_open,
                line.get_wip_disposition_display(),
            )
        )
    return found


def _documents(sources: Sequence[Any]) -> dict[tuple[int, int], Document]:
    """By source: the document itself, or that whose line it is; a statement for each kind."""
    found: dict[tuple[int, int], Document] = {}
    lines: dict[Any, list[Any]] = defaultdict(list)
    for source in sources:
        kind = ContentType.objects.get_for_model(source)
        if isinstance(source, Document):
            found[kind.pk, source.pk] = source
        else:
            lines[type(source)].append(source)
    for model, rows in lines.items():
        parent: Any = next(
            (
                field
                for field in model._meta.concrete_fields
                if field.is_relation and issubclass(field.related_model, Document)
            ),
            None,
        )
        if parent is None:
            continue
        owners = parent.related_model._default_manager.in_bulk(
            {getattr(row, parent.attname) for row in rows}
        )
        kind = ContentType.objects.get_for_model(model)
        for row in rows:
            owner = owners.get(getattr(row, parent.attname))
            if owner is not None:
                found[kind.pk, row.pk] = owner
    return found
