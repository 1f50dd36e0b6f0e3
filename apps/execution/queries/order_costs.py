"""What a work order has cost so far, by component and by operation."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from django.contrib.contenttypes.models import ContentType

from apps.core.money import ZERO
from apps.core.sql import fetch_all
from apps.execution.models import ProductionReport, WorkOrder

_MATERIAL = """
SELECT m.item_id,
       sum(CASE WHEN t.kind = 'production' THEN m.quantity ELSE -m.quantity END),
       sum(CASE WHEN t.kind = 'production' THEN m.counter_value ELSE -m.counter_value END)
  FROM inventory_stockmove m
  JOIN inventory_location t ON t.id = m.to_location_id
  JOIN inventory_location f ON f.id = m.from_location_id
 WHERE m.cost_object_id = %s AND m.item_id <> %s
   AND (t.kind = 'production' OR f.kind = 'production')
 GROUP BY m.item_id
"""
_OPERATIONS = """
SELECT r.operation_id, sum(r.quantity_good + r.quantity_scrap), coalesce(sum(c.amount), 0)
  FROM execution_productionreport r
  LEFT JOIN LATERAL (
    SELECT sum(l.amount) AS amount
      FROM finance_journalentry e
      JOIN finance_journalline l ON l.entry_id = e.id
     WHERE e.source_type_id = %s AND e.source_id = r.id
       AND l.cost_object_id = %s AND l.item_id IS NULL) c ON true
 WHERE r.work_order_id = %s AND r.status = 'posted'
 GROUP BY r.operation_id
"""
_BOOKED = """
SELECT r.operation_id, sum(r.labour_minutes), sum(r.labour_minutes * coalesce(w.labour_rate, 0)),
       sum(r.machine_minutes), sum(r.machine_minutes * coalesce(w.machine_rate, 0))
  FROM execution_productionreport r
  JOIN execution_workorderoperation o ON o.id = r.operation_id
  LEFT JOIN LATERAL (
    SELECT labour_rate, machine_rate FROM masterdata_workcentrerate w
     WHERE w.work_centre_id = o.work_centre_id AND w.effective_from <= r.date
     ORDER BY w.effective_from DESC LIMIT 1) w ON true
 WHERE r.work_order_id = %s AND r.status = 'posted' GROUP BY r.operation_id
"""
MINUTES_PER_HOUR = Decimal(60)
_WIP = """
SELECT coalesce(sum(l.amount), 0) FROM finance_journalline l
  JOIN finance_account a ON a.id = l.account_id AND a.control = 'wip'
 WHERE l.cost_object_id = %s
"""


@dataclass(slots=True)
class CostSoFar:
    """Quantities and values issued by component item; units and conversion cost by operation."""

    material: dict[int, tuple[Decimal, Decimal]] = field(default_factory=dict)
    conversion: dict[int | None, tuple[Decimal, Decimal]] = field(default_factory=dict)

    def add_material(self, item_id: int, quantity: Decimal, value: Decimal) -> None:
        known_quantity, known_value = self.material.get(item_id, (ZERO, ZERO))
        self.material[item_id] = (known_quantity + quantity, known_value + value)

    def add_conversion(self, operation_id: int | None, units: Decimal, amount: Decimal) -> None:
        known_units, known_amount = self.conversion.get(operation_id, (ZERO, ZERO))
        self.conversion[operation_id] = (known_units + units, known_amount + amount)

    def unit_cost(self, per_unit: dict[int, Decimal], operations: set[int | None]) -> Decimal:
        """Cost of one unit that went through ``operations``.

        Material: what each component cost on average, times its quantity per unit. Conversion:
        each operation's cost over the units it has processed.
        """
        total = ZERO
        for item_id, (quantity, value) in self.material.items():
            if quantity > 0:
                total += value / quantity * min(per_unit.get(item_id, ZERO), quantity)
        for operation_id, (units, amount) in self.conversion.items():
            if operation_id in operations and units > 0:
                total += amount / units
        return total


def cost_so_far(order: WorkOrder) -> CostSoFar:
    """Two statements over the order's own moves and lines."""
    found = CostSoFar()
    for item_id, quantity, value in fetch_all(_MATERIAL, [order.cost_object_id, order.item_id]):
        found.material[item_id] = (quantity, value)
    report_type = ContentType.objects.get_for_model(ProductionReport).pk
    parameters = [report_type, order.cost_object_id, order.pk]
    for operation_id, units, amount in fetch_all(_OPERATIONS, parameters):
        found.conversion[operation_id] = (units, amount)
    return found


def wip_balance(order: WorkOrder) -> Decimal:
    """What lies in work in process for the order, in company currency."""
    [[balance]] = fetch_all(_WIP, [order.cost_object_id])
    return balance


@dataclass(frozen=True, slots=True)
class Booked:
    """Minutes booked, and their cost at the rates of their days."""

    minutes: Decimal = ZERO
    cost: Decimal = ZERO


def booked_time(order: WorkOrder) -> dict[int, tuple[Booked, Booked]]:
    """(labour, machine) time booked by operation."""
    return {
        operation_id: (
            Booked(labour, labour_cost / MINUTES_PER_HOUR),
            Booked(machine, machine_cost / MINUTES_PER_HOUR),
        )
        for operation_id, labour, labour_cost, machine, machine_cost in fetch_all(
            _BOOKED, [order.pk]
        )
    }
