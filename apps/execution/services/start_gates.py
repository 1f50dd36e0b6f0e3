"""What must be in order before an operation starts: tool, calibration, material, quality.

Skills and work instructions have gates of their own (``skill_gate``, ``instruction_gate``).
"""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError
from apps.core.figures import number_text
from apps.core.sql import fetch_all
from apps.execution.models import WorkOrder, WorkOrderOperation
from apps.execution.queries.tools import mounted_tools
from apps.masterdata.models import Machine
from apps.quality.queries.blocks import blocks

# Of each component of an operation: needed for the whole order, issued, and there to be taken.
_SHORT = """
SELECT i.code, c.quantity - coalesce(issued.quantity, 0) AS needed, coalesce(there.quantity, 0)
  FROM execution_workordercomponent c
  JOIN execution_workorder w ON w.id = c.work_order_id
  JOIN masterdata_item i ON i.id = c.item_id
  LEFT JOIN LATERAL (
       SELECT sum(CASE WHEN t.kind = 'production' THEN m.quantity ELSE -m.quantity END) AS quantity
         FROM inventory_stockmove m
         JOIN inventory_location t ON t.id = m.to_location_id
         JOIN inventory_location f ON f.id = m.from_location_id
        WHERE m.cost_object_id = w.cost_object_id AND m.item_id = c.item_id
          AND (t.kind = 'production' OR f.kind = 'production')) issued ON true
  LEFT JOIN LATERAL (
       SELECT sum(b.quantity) AS quantity
         FROM inventory_stockbalance b
         LEFT JOIN inventory_lot l ON l.id = b.lot_id
        WHERE b.item_id = c.item_id AND b.location_id = w.component_location_id
          AND coalesce(l.status, 'available') = 'available') there ON true
 WHERE c.operation_id = %s AND i.kind <> 'service'
   AND c.quantity - coalesce(issued.quantity, 0) > coalesce(there.quantity, 0)
 ORDER BY i.code
"""


def require_in_order(
    order: WorkOrder, operation: WorkOrderOperation, machine: Machine, at: datetime
) -> None:
    """Raise ``BusinessError`` with what stands in the way."""
    _require_tool(operation, machine, at)
    _require_material(operation, machine)
    _require_quality(order, operation)


def _require_tool(operation: WorkOrderOperation, machine: Machine, at: datetime) -> None:
    tool = operation.tool
    if tool is None:
        return
    found = [one for one in mounted_tools([machine.pk], at=at) if one.tool_id == tool.pk]
    if not found:
        raise BusinessError(
            "tool_missing",
            _("{operation} needs {tool} on {machine}.").format(
                operation=operation, tool=tool, machine=machine.code
            ),
            field="machine",
            details={"tool": tool.code},
        )
    if found[0].is_worn and tool.life_shots is not None:
        raise BusinessError(
            "tool_worn",
            _("{tool} has made {shots} of {life} shots: renew or change it.").format(
                tool=tool, shots=number_text(found[0].shots), life=number_text(tool.life_shots)
            ),
            field="machine",
            details={"tool": tool.code},
        )
    until = tool.calibrated_until
    if until is not None and at.astimezone(machine.site.zone).date() > until:
        raise BusinessError(
            "calibration_overdue",
            _("The calibration of {tool} ended on {day}.").format(tool=tool, day=until.isoformat()),
            field="machine",
            details={"tool": tool.code},
        )


def _require_material(operation: WorkOrderOperation, machine: Machine) -> None:
    """What is not issued yet for this operation lies where the order takes it from, free."""
    if not machine.work_centre.needs_material:
        return
    short = fetch_all(_SHORT, [operation.pk])
    if short:
        told = ", ".join(
            f"{code}: {number_text(there)} / {number_text(needed)}" for code, needed, there in short
        )
        raise BusinessError(
            "material_missing",
            _("Material is missing (there / needed): {items}.").format(items=told),
            field="operation",
            details={"items": [code for code, _needed, _there in short]},
        )


def _require_quality(order: WorkOrder, operation: WorkOrderOperation) -> None:
    """A nonconformance that blocks the operation is decided first."""
    found = blocks(order.company, order.item_id, operation.sequence)
    if found:
        raise BusinessError(
            "quality_block",
            _("Quality blocks {operation}: {number}, {title}.").format(
                operation=operation, number=found[0].number, title=found[0].title
            ),
            field="operation",
            details={"nonconformances": [one.number for one in found]},
        )
