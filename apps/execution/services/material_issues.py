"""Handing material to a work order, and taking it back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import User
from apps.core.money import ZERO, require_decimal
from apps.core.services.documents import require_status
from apps.core.transactions import unit_of_work
from apps.execution.models import MaterialIssue, WorkOrder, WorkOrderComponent
from apps.execution.queries.order_moves import expected_ids, open_quantities
from apps.execution.services import genealogy
from apps.execution.services.locking import lock_order_and_number
from apps.hr.models import Employee
from apps.inventory.models import Location, Lot
from apps.inventory.queries.locations import virtual_location
from apps.inventory.services.locking import LockedItem, lock_items
from apps.inventory.services.moves import Move, post_moves
from apps.inventory.services.picking import pick_lots

JOURNAL = "PRD"


@dataclass(frozen=True, slots=True)
class IssueLine:
    """``quantity`` stock units of a component; without ``lot`` the first to expire is taken."""

    component: WorkOrderComponent
    quantity: Decimal
    lot: Lot | None = None


def issue_material(
    order: WorkOrder,
    lines: Sequence[IssueLine],
    *,
    date: Date,
    by: User,
    employee: Employee | None = None,
    allow_excess: bool = False,
) -> MaterialIssue:
    """Move components from stock into the order's work in process.

    Raises ``BusinessError`` for more than the order still needs (unless ``allow_excess``) and for
    more than there is; each error names the row.
    """
    if not lines:
        raise InvalidInput("no_lines", _("Nothing to issue."), field="lines")
    with unit_of_work():
        order, number = lock_order_and_number(order, "execution_materialissue_series", "MI")
        require_status(order, *WorkOrder.OPEN_FOR_POSTING)
        _check_lines(order, lines, allow_excess)
        issue = MaterialIssue(
            company_id=order.company_id,
            number=number,
            work_order=order,
            date=date,
            employee=employee,
            created_by=by,
        ).save_by(by)
        components = [line.component for line in lines]
        items = lock_items(order.company, [component.item_id for component in components])
        production = virtual_location(order.company, "production")
        moves = issue_moves(order, lines, items, production, expected_ids(components))
        post_moves(
            order.company,
            moves,
            source=issue,
            date=date,
            journal=JOURNAL,
            by=by,
            description=_("Material for {order}").format(order=order.number),
            items=items,
        )
        if order.status == WorkOrder.Status.RELEASED:  # nothing is made yet, nothing to link
            order.transition_to(WorkOrder.Status.RUNNING)
            order.save_by(by)
        else:
            inputs = [(move.lot.pk, move.quantity) for move in moves if move.lot is not None]
            genealogy.link_late_inputs(order, inputs, source=issue, by=by)
    return issue


def issue_moves(
    order: WorkOrder,
    lines: Sequence[IssueLine],
    items: dict[int, LockedItem],
    production: Location,
    expected: Mapping[Any, int],
) -> list[Move]:
    """The moves for ``lines``, lots picked where none is named; ``items`` are locked.

    ``expected`` gives the expected move of each component.
    """
    open_rows = [row for row, line in enumerate(lines) if line.lot is None]
    wanted = [(lines[row].component.item_id, lines[row].quantity) for row in open_rows]
    picks = pick_lots(items, wanted, location=order.component_location) if wanted else []
    chosen = [(open_rows[pick.row], pick.lot, pick.quantity) for pick in picks]
    chosen += [(row, line.lot, line.quantity) for row, line in enumerate(lines) if line.lot]
    return [
        Move(
            item_id=lines[row].component.item_id,
            quantity=quantity,
            from_location=order.component_location,
            to_location=production,
            lot=lot,
            expected_move_id=expected.get(lines[row].component),
            cost_object_id=order.cost_object_id,
            work_centre_id=_work_centre_id(lines[row].component),
        )
        for row, lot, quantity in sorted(chosen, key=lambda one: one[0])
    ]


def _work_centre_id(component: WorkOrderComponent) -> int | None:
    return component.operation.work_centre_id if component.operation else None


def _check_lines(order: WorkOrder, lines: Sequence[IssueLine], allow_excess: bool) -> None:
    open_needs = open_quantities(order)
    asked: dict[int, Decimal] = {}
    for row, line in enumerate(lines):
        require_decimal(line.quantity, field="quantity", row=row)
        if line.component.work_order_id != order.pk:
            raise InvalidInput(
                "wrong_component",
                _("This component is of another order."),
                field="component",
                row=row,
            )
        item_id = line.component.item_id
        asked[item_id] = asked.get(item_id, ZERO) + line.quantity
        left = open_needs[item_id]
        if asked[item_id] > left and not allow_excess:
            raise BusinessError(
                "over_issue",
                _("The order still needs {left}, {asked} were asked.").format(
                    left=f"{max(left, ZERO).normalize():f}",
                    asked=f"{asked[item_id].normalize():f}",
                ),
                field="quantity",
                row=row,
            )
