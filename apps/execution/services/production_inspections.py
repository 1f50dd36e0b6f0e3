"""What is made by plan is inspected: at an operation, or blocked as it enters stock."""

from __future__ import annotations

from dataclasses import dataclass

from apps.core.models import User
from apps.execution.services.report_moves import ReportInHand
from apps.inventory.models import Lot
from apps.inventory.services.locking import LockedItem
from apps.masterdata.models import Item
from apps.quality.models import Inspection, InspectionPlan
from apps.quality.queries.plans import Wanted, plans_for
from apps.quality.services.inspections import (
    Request,
    hold_for_inspection,
    place_for_inspection,
    request_inspections,
)

Stage = InspectionPlan.Stage


@dataclass(frozen=True, slots=True)
class Plans:
    """What a report's goods are inspected by: as they enter stock, and at its operation."""

    final: InspectionPlan | None
    at_operation: InspectionPlan | None


def plans_of(report: ReportInHand) -> Plans:
    """The plans for this report, read together; goods to be inspected go where they wait."""
    order, operation = report.order, report.operation
    wanted: dict[str, Wanted] = {}
    if report.good_moves:
        wanted["final"] = Wanted(Stage.FINAL, order.item_id)
    if operation is not None and report.row.quantity_good:
        wanted["at_operation"] = Wanted(
            Stage.OPERATION, order.item_id, operation_sequence=operation.sequence
        )
    found = plans_for(order.company, list(wanted.values()))
    by_name = {name: found.get(place) for place, name in enumerate(wanted)}
    plans = Plans(by_name.get("final"), by_name.get("at_operation"))
    if plans.final is not None:
        report.output_location = place_for_inspection(order.item, order.output_location)
    return plans


def hold_output(report: ReportInHand, items: dict[int, LockedItem], by: User) -> None:
    """Quarantine the lots that are made; their items are locked."""
    lots: list[Lot] = [lot for lot in report.lots if lot is not None]
    if lots:
        hold_for_inspection(report.order.company, list(items), lots, authority=report.row, by=by)


def request_final(
    report: ReportInHand, plan: InspectionPlan, moves: list[int], by: User
) -> list[Inspection]:
    """An inspection for each lot that entered stock (serial numbers: for each piece)."""
    order = report.order
    return request_inspections(
        order.company,
        [
            Request(
                plan=plan,
                item=order.item,
                quantity=quantity,
                source=report.row,
                lot=lot,
                location=report.place,
                home=order.output_location,
                move_id=move_id,
            )
            for lot, quantity, move_id in zip(report.lots, report.good_moves, moves, strict=True)
        ],
        by=by,
    )


def request_at_operation(
    report: ReportInHand, plan: InspectionPlan | None, by: User
) -> list[Inspection]:
    """An inspection of what an operation has made, if a plan looks at that operation."""
    order, operation = report.order, report.operation
    if plan is None or operation is None or order.item.kind == Item.Kind.PHANTOM:
        return []
    request = Request(
        plan=plan,
        item=order.item,
        quantity=report.row.quantity_good,
        source=report.row,
        operation_sequence=operation.sequence,
    )
    return request_inspections(order.company, [request], by=by)
