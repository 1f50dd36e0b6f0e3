"""The stock moves of a production report: material in, scrap and goods out, with their cost."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any

from apps.core.money import ZERO, round_quantity
from apps.execution.models import (
    ProductionReport,
    WorkOrder,
    WorkOrderComponent,
    WorkOrderOperation,
)
from apps.execution.queries.order_costs import CostSoFar, cost_so_far, wip_balance
from apps.execution.queries.order_moves import expected_ids
from apps.execution.services.conversion import Conversion
from apps.execution.services.material_issues import IssueLine, issue_moves
from apps.execution.services.output_costs import OutputCosts
from apps.inventory.models import Location, Lot
from apps.inventory.queries.locations import virtual_locations
from apps.inventory.services.locking import LockedItem, lock_items
from apps.inventory.services.moves import Move
from apps.masterdata.models import Item, ItemCategory


@dataclass(slots=True)
class ReportInHand:
    """A report being posted, with what is read once for it."""

    order: WorkOrder
    operation: WorkOrderOperation | None
    operations: list[WorkOrderOperation]
    components: list[WorkOrderComponent]
    row: ProductionReport
    lots: list[Lot | None]
    completed: Decimal
    #: Where the goods go when it is not the order's place: to quarantine, to be inspected.
    output_location: Location | None = None

    @property
    def place(self) -> Location:
        return self.output_location or self.order.output_location

    @property
    def units(self) -> Decimal:
        return self.row.quantity_good + self.row.quantity_scrap

    @property
    def is_last(self) -> bool:
        return not self.operations or self.operation == self.operations[-1]

    @property
    def good_moves(self) -> list[Decimal]:
        """One quantity per move into stock: one each for serial numbers."""
        if not self.is_last or not self.row.quantity_good:
            return []
        if self.order.item.tracking == Item.Tracking.SERIAL:
            return [Decimal(1)] * int(self.row.quantity_good)
        return [self.row.quantity_good]

    @property
    def ends_order(self) -> bool:
        return self.is_last and self.completed + self.row.quantity_good >= self.order.quantity


def report_moves(
    report: ReportInHand, conversion: Conversion, places: int
) -> tuple[list[Move], dict[int, LockedItem]]:
    """Material in, scrap and goods out; all their items locked first, together."""
    order = report.order
    backflush = _backflush_lines(report)
    has_output = bool(report.good_moves or report.row.quantity_scrap)
    if not backflush and not has_output:
        return [], {}
    item_ids = [line.component.item_id for line in backflush]
    items = lock_items(order.company, [*item_ids, order.item_id] if has_output else item_ids)
    kinds = ["production", "scrap"] if report.row.quantity_scrap else ["production"]
    places_by_kind = virtual_locations(order.company, kinds)
    wanted = [*(line.component for line in backflush), *([order] if report.good_moves else [])]
    expected = expected_ids(wanted)
    moves = issue_moves(order, backflush, items, places_by_kind["production"], expected)
    if has_output:
        costs = _output_costs(report, conversion, places)
        moves += _output_moves(report, costs, places_by_kind, expected.get(order))
    return moves, items


def _backflush_lines(report: ReportInHand) -> list[IssueLine]:
    """Components due at this operation for the units reported, less what was issued ahead."""
    if not report.units:
        return []
    due = [
        component
        for component in report.components
        if component.issue_method == WorkOrderComponent.IssueMethod.BACKFLUSH
        and (component.operation_id == (report.operation.pk if report.operation else None))
    ]
    return [
        IssueLine(component, quantity)
        for component in due
        if (quantity := round_quantity(component.quantity * report.units / report.order.quantity))
    ]


def _output_costs(report: ReportInHand, conversion: Conversion, places: int) -> OutputCosts:
    """What is known of the order's cost; read only as far as these outputs need it."""
    order, row = report.order, report.row
    operation_id = report.operation.pk if report.operation else None
    is_standard = order.item.category.costing == ItemCategory.Costing.STANDARD
    needs_unit_cost = bool(row.quantity_scrap) or not (is_standard or report.ends_order)
    so_far = cost_so_far(order) if needs_unit_cost else CostSoFar()
    # The report itself is in the table already, its cost is not yet.
    so_far.add_conversion(operation_id, ZERO, conversion.cost)
    per_unit: dict[int, Decimal] = {}
    for component in report.components:
        share = component.quantity / order.quantity
        per_unit[component.item_id] = per_unit.get(component.item_id, ZERO) + share
    passed: set[int | None] = {None}
    for operation in report.operations:
        passed.add(operation.pk)
        if operation == report.operation:
            break
    return OutputCosts(
        is_standard=is_standard,
        decimal_places=places,
        so_far=so_far,
        wip=ZERO if is_standard and not row.quantity_scrap else wip_balance(order),
        conversion=conversion.cost,
        per_unit=per_unit,
        operations_passed=passed,
        good=report.good_moves,
        scrap=row.quantity_scrap,
        is_normal_loss=bool(row.scrap_reason and row.scrap_reason.is_normal_loss),
        takes_all=report.ends_order,
    )


def _output_moves(
    report: ReportInHand,
    costs: OutputCosts,
    places: dict[str, Location],
    expected_move_id: int | None,
) -> list[Move]:
    order, row = report.order, report.row
    about: dict[str, Any] = {
        "cost_object_id": order.cost_object_id,
        "work_centre_id": report.operation.work_centre_id if report.operation else None,
        "machine_id": row.machine_id,
        "shift_id": row.shift_id,
    }
    moves = []
    if row.quantity_scrap:
        moves.append(
            Move(
                item_id=order.item_id,
                quantity=row.quantity_scrap,
                from_location=places["production"],
                to_location=places["scrap"],
                value=costs.scrap_value,
                reason_id=row.scrap_reason_id,
                **about,
            )
        )
    for place, (lot, quantity) in enumerate(zip(report.lots, report.good_moves, strict=True)):
        moves.append(
            Move(
                item_id=order.item_id,
                quantity=quantity,
                from_location=places["production"],
                to_location=report.place,
                lot=lot,
                value=None if costs.is_standard else partial(costs.good_value, place),
                expected_move_id=expected_move_id,
                **about,
            )
        )
    return moves
