"""All that a traveler tells, read in a constant number of statements for any number of orders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from apps.core.money import round_quantity
from apps.core.queries.signatures import Signed, signatures_by_document
from apps.core.sql import fetch_all
from apps.engineering.models import InstructionRevision
from apps.engineering.queries.instructions import revisions_to_show
from apps.execution.models import WorkOrder, WorkOrderComponent, WorkOrderOperation

_ISSUED = """
SELECT w.id, m.item_id, l.code,
       sum(CASE WHEN t.kind = 'production' THEN m.quantity ELSE -m.quantity END)
  FROM execution_workorder w
  JOIN inventory_stockmove m ON m.cost_object_id = w.cost_object_id AND m.item_id <> w.item_id
  JOIN inventory_location f ON f.id = m.from_location_id
  JOIN inventory_location t ON t.id = m.to_location_id
  JOIN inventory_lot l ON l.id = m.lot_id
 WHERE w.id = ANY(%s) AND (t.kind = 'production' OR f.kind = 'production')
 GROUP BY w.id, m.item_id, l.id
HAVING sum(CASE WHEN t.kind = 'production' THEN m.quantity ELSE -m.quantity END) > 0
 ORDER BY l.code
"""


@dataclass(frozen=True, slots=True)
class TravelerComponent:
    """A component, what it is per piece, and the lots handed out so far."""

    component: WorkOrderComponent
    per_piece: Decimal
    lots: list[tuple[str, Decimal]]

    @property
    def is_tracked(self) -> bool:
        return self.component.item.tracking != "none"


@dataclass(frozen=True, slots=True)
class Traveler:
    """One order's paper."""

    order: WorkOrder
    operations: list[WorkOrderOperation]
    instructions: dict[int, InstructionRevision]
    components: list[TravelerComponent]
    signatures: list[Signed]


def travelers(order_ids: Sequence[int]) -> list[Traveler]:
    """The travelers of these orders, in the order asked for. Five statements, three more where
    there are work instructions, and a few for each order that somebody signed."""
    orders = WorkOrder.objects.select_related(
        "company", "site", "item__unit", "bom", "routing", "component_location", "output_location"
    ).in_bulk(list(order_ids))
    operations: dict[int, list[WorkOrderOperation]] = {key: [] for key in orders}
    for operation in (
        WorkOrderOperation.objects.filter(work_order__in=orders)
        .select_related("work_centre", "machine")
        .order_by("sequence")
    ):
        operations[operation.work_order_id].append(operation)
    issued: dict[tuple[int, int], list[tuple[str, Decimal]]] = {}
    for order_id, item_id, code, quantity in fetch_all(_ISSUED, [list(orders)]):
        issued.setdefault((order_id, item_id), []).append((code, quantity))
    components: dict[int, list[TravelerComponent]] = {key: [] for key in orders}
    for component in (
        WorkOrderComponent.objects.filter(work_order__in=orders)
        .select_related("item__unit", "operation")
        .order_by("position", "id")
    ):
        order = orders[component.work_order_id]
        components[order.pk].append(
            TravelerComponent(
                component,
                round_quantity(component.quantity / order.quantity),
                issued.get((order.pk, component.item_id), []),
            )
        )
    signed = signatures_by_document(list(orders.values()))
    instructions = revisions_to_show(
        one.instruction_revision_id for found in operations.values() for one in found
    )
    return [
        Traveler(orders[key], operations[key], instructions, components[key], signed.get(key, []))
        for key in order_ids
        if key in orders
    ]
