"""What may be worked on: operations of released orders, with what is made and what is ready."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal

from apps.core.money import ZERO
from apps.core.sql import fetch_dicts
from apps.execution.models import WorkOrder, WorkOrderOperation
from apps.masterdata.models import Machine

MOST_WAITING = 60
_CARDS = """
SELECT o.id, o.sequence, o.name, o.status, o.is_counted, o.setup_minutes, o.run_minutes,
       o.instructions, o.inspection, o.instruction_revision_id, o.work_centre_id, o.work_order_id,
       w.number, w.status AS order_status, w.due_date, w.quantity, w.customer_reference,
       t.code AS item, t.name AS item_name, t.revision, u.code AS unit, coalesce(p.good, 0) AS good,
       coalesce(p.scrap, 0) AS scrap, b.id AS before_id, b.sequence AS before_sequence,
       coalesce(b.good, 0) AS before_good,
       ARRAY(SELECT m.code FROM execution_operationrun r
               JOIN masterdata_machine m ON m.id = r.machine_id
              WHERE r.operation_id = o.id AND r.ends_at IS NULL ORDER BY m.code) AS machines
  FROM execution_workorderoperation o
  JOIN execution_workorder w ON w.id = o.work_order_id
  JOIN masterdata_item t ON t.id = w.item_id
  JOIN masterdata_unit u ON u.id = t.unit_id
  LEFT JOIN LATERAL (
       SELECT sum(q.quantity_good) AS good, sum(q.quantity_scrap) AS scrap
         FROM execution_productionreport q
        WHERE q.operation_id = o.id AND q.status = 'posted') p ON true
  LEFT JOIN LATERAL (
       SELECT a.id, a.sequence,
              (SELECT sum(q.quantity_good) FROM execution_productionreport q
                WHERE q.operation_id = a.id AND q.status = 'posted') AS good
         FROM execution_workorderoperation a
        WHERE a.work_order_id = o.work_order_id AND a.sequence < o.sequence
        ORDER BY a.sequence DESC LIMIT 1) b ON true
"""
_WAITING = """
 WHERE o.work_centre_id = %s AND (o.machine_id IS NULL OR o.machine_id = %s)
   AND o.status <> 'done' AND w.status IN ('released', 'running')
 ORDER BY o.status = 'paused' DESC, w.due_date, w.id, o.sequence LIMIT %s
"""
_ONE = " WHERE o.id = %s"
_OF_ORDER = " WHERE o.work_order_id = %s ORDER BY o.sequence"


@dataclass(frozen=True, slots=True)
class OperationCard:
    """An operation as an operator sees it. ``ready`` is what the operation before has passed on,
    or the order's quantity; less what is done, that may be worked on now."""

    id: int
    sequence: int
    name: str
    status: str
    is_counted: bool
    setup_minutes: Decimal
    run_minutes: Decimal
    instructions: str
    inspection: str
    instruction_revision_id: int | None
    work_centre_id: int
    work_order_id: int
    number: str
    order_status: str
    due_date: Date
    quantity: Decimal
    customer_reference: str
    item: str
    item_name: str
    revision: str
    unit: str
    good: Decimal
    scrap: Decimal
    before_id: int | None
    before_sequence: int | None
    before_good: Decimal
    machines: list[str]

    @property
    def left(self) -> Decimal:
        return max(self.quantity - self.good, ZERO)

    @property
    def ready(self) -> Decimal:
        passed_on = self.quantity if self.before_id is None else self.before_good
        return max(passed_on - self.good - self.scrap, ZERO)

    @property
    def is_running(self) -> bool:
        return bool(self.machines)

    @property
    def can_start(self) -> bool:
        return (
            self.order_status in (WorkOrder.Status.RELEASED, WorkOrder.Status.RUNNING)
            and self.status != WorkOrderOperation.Status.DONE
        )

    @property
    def scan_text(self) -> str:
        return f"{self.number}/{self.sequence}"


def waiting_operations(machine: Machine) -> list[OperationCard]:
    """What could run on ``machine``, paused first, then by due date; one statement."""
    rows = fetch_dicts(_CARDS + _WAITING, [machine.work_centre_id, machine.pk, MOST_WAITING])
    return [OperationCard(**row) for row in rows]


def operation_card(operation: WorkOrderOperation) -> OperationCard:
    [row] = fetch_dicts(_CARDS + _ONE, [operation.pk])
    return OperationCard(**row)


def cards_of_order(order: WorkOrder) -> list[OperationCard]:
    return [OperationCard(**row) for row in fetch_dicts(_CARDS + _OF_ORDER, [order.pk])]
