"""Work orders from draft to completed; ``closing.py`` closes, ``production.py`` reports."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date as Date
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, Site, User
from apps.core.money import require_decimal
from apps.core.services.documents import lock, require_company, require_status
from apps.core.services.numbering import next_number
from apps.core.sql import fetch_all
from apps.core.transactions import unit_of_work
from apps.engineering.models import BillOfMaterials, Routing, WorkInstruction
from apps.engineering.models.status import DesignStatus
from apps.engineering.queries.effectivity import in_force
from apps.engineering.queries.requirements import order_requirements, released_design
from apps.execution.models import WorkOrder, WorkOrderComponent, WorkOrderOperation
from apps.execution.services.locking import lock_order
from apps.finance.models import CostObject
from apps.finance.services.cost_objects import open_cost_object
from apps.inventory.models import ExpectedMove, Location, StockMove
from apps.inventory.services.expected import Expected, close_expected, expect_moves
from apps.masterdata.models import Item

Status = WorkOrder.Status
_SNAPSHOT_OPERATIONS = f"""
WITH steps AS (
  SELECT o.*, n.id AS instruction_revision_id, c.labour_by_badge
    FROM engineering_routingoperation o
    JOIN masterdata_workcentre c ON c.id = o.work_centre_id
    LEFT JOIN engineering_instructionrevision n
      ON n.instruction_id = o.instruction_id AND {in_force("n")}
   WHERE o.routing_id = %(routing)s),
made AS (
  INSERT INTO execution_workorderoperation (company_id, work_order_id, status, sequence, name,
         work_centre_id, setup_minutes, run_minutes, labour_factor, is_counted, instructions,
         inspection, instruction_revision_id, is_badged, tool_id)
  SELECT company_id, %(order)s, %(status)s, sequence, name, work_centre_id, setup_minutes,
         run_minutes, labour_factor, is_counted, instructions, inspection,
         instruction_revision_id, labour_by_badge, tool_id
    FROM steps ORDER BY sequence
  RETURNING sequence, id)
SELECT made.sequence, made.id,
       CASE WHEN steps.instruction_revision_id IS NULL THEN steps.instruction_id END
  FROM made JOIN steps USING (sequence) ORDER BY sequence
"""  # noqa: S608 - constants only


def create_work_order(
    company: Company,
    *,
    item: Item,
    quantity: Decimal,
    site: Site,
    start_date: Date,
    due_date: Date,
    component_location: Location,
    output_location: Location,
    by: User,
    bom: BillOfMaterials | None = None,
    routing: Routing | None = None,
    customer_reference: str = "",
    reason: str = "",
) -> WorkOrder:
    """Draft an order for ``quantity`` stock units, by the bill and routing in force at its start.

    Raises ``InvalidInput`` for an item that is not made, a bad quantity, dates or locations.
    """
    with unit_of_work():
        if bom is None or routing is None:
            released_bom, released_routing = released_design(item, on=start_date)
            bom, routing = bom or released_bom, routing or released_routing
        order = WorkOrder(
            company=company,
            item=item,
            quantity=quantity,
            site=site,
            bom=bom,
            routing=routing,
            start_date=start_date,
            due_date=due_date,
            component_location=component_location,
            output_location=output_location,
            customer_reference=customer_reference,
            created_by=by,
        )
        _check(order)
        order.number = next_number("execution_workorder_series", "WO")
        return order.save_by(by, reason=reason)


def _check(order: WorkOrder) -> None:
    item = order.item
    require_decimal(order.quantity, field="quantity")
    require_company(
        order.company,
        item=item,
        site=order.site,
        bom=order.bom,
        routing=order.routing,
        component_location=order.component_location,
        output_location=order.output_location,
    )
    if item.kind != Item.Kind.MANUFACTURED:
        raise InvalidInput(
            "not_made", _("{item} is not made here.").format(item=item), field="item"
        )
    if order.due_date < order.start_date:
        raise InvalidInput("due_before_start", _("Due before it starts."), field="due_date")
    if item.tracking == Item.Tracking.SERIAL and order.quantity % 1:
        raise InvalidInput("not_whole", _("Serial numbers count whole pieces."), field="quantity")
    for field, design in (("bom", order.bom), ("routing", order.routing)):
        if design is not None and design.item_id != item.pk:
            raise InvalidInput("wrong_design", _("This is for another item."), field=field)
    for field in ("component_location", "output_location"):
        if getattr(order, field).kind != Location.Kind.INTERNAL:
            raise InvalidInput("bad_location", _("Choose a place in stock."), field=field)


def update_work_order(
    order: WorkOrder, *, by: User, version: int | None = None, reason: str = "", **changes: Any
) -> WorkOrder:
    """Change a draft. Raises like ``create_work_order``."""
    with unit_of_work():
        order = lock(order, version=version)
        require_status(order, Status.DRAFT)
        for name, value in changes.items():
            setattr(order, name, value)
        _check(order)
        return order.save_by(by, reason=reason)


def release_work_order(order: WorkOrder, *, by: User) -> WorkOrder:
    """Freeze the design into the order, open its cost object, expect its moves.

    Raises ``BusinessError`` when it has no released bill of materials, when bill or routing are
    not in force on its start date, or a work instruction has no revision in force then.
    """
    with unit_of_work():
        order = lock_order(order)
        order.transition_to(Status.RELEASED)
        if order.bom is None or order.bom.status != DesignStatus.RELEASED:
            raise BusinessError(
                "no_released_bom",
                _("{item} has no released bill of materials.").format(item=order.item.code),
                field="bom",
            )
        _require_in_force(order)
        operations = _snapshot_operations(order)
        components = _snapshot_components(order, order.bom, operations)
        order.cost_object = open_cost_object(
            order.company,
            code=order.number,
            name=order.item.name,
            kind=CostObject.Kind.WORK_ORDER,
            by=by,
        )
        order.released_at = timezone.now()
        order.save_by(by)
        _expect(order, components, by)
    return order


def _require_in_force(order: WorkOrder) -> None:
    for field, design in (("bom", order.bom), ("routing", order.routing)):
        if design is None:
            continue
        first, last = design.effective_from, design.effective_until
        if (first and first > order.start_date) or (last and last < order.start_date):
            raise BusinessError(
                "not_in_force",
                _("{design} is not in force on {day}, when the order starts.").format(
                    design=design, day=order.start_date.isoformat()
                ),
                field=field,
            )


def _expect(order: WorkOrder, components: list[WorkOrderComponent], by: User) -> None:
    direction = ExpectedMove.Direction
    wanted = [
        Expected(order, direction.IN, order.item, order.site, None, order.quantity, order.due_date)
    ]
    wanted += [
        Expected(
            component,
            direction.OUT,
            # Of the order's company, as the database holds every reference to it.
            Item(pk=component.item_id, company_id=order.company_id),
            order.site,
            None,
            component.quantity,
            order.start_date,
        )
        for component in components
    ]
    expect_moves(order.company, wanted, by=by)


def _snapshot_operations(order: WorkOrder) -> dict[int, int]:
    """The id of each operation by its sequence, in their order."""
    if order.routing is None:
        return {}
    rows = fetch_all(
        _SNAPSHOT_OPERATIONS,
        {
            "routing": order.routing.pk,
            "order": order.pk,
            "status": WorkOrderOperation.Status.WAITING,
            "on": order.start_date,
        },
    )
    missing = [instruction_id for _sequence, _id, instruction_id in rows if instruction_id]
    if missing:
        instruction = WorkInstruction.objects.get(pk=missing[0])
        raise BusinessError(
            "no_instruction",
            _("{instruction} has no revision in force on {day}.").format(
                instruction=instruction, day=order.start_date.isoformat()
            ),
            field="routing",
            details={"instruction": instruction.code},
        )
    return {sequence: operation_id for sequence, operation_id, _missing in rows}


def _snapshot_components(
    order: WorkOrder, bom: BillOfMaterials, operations: dict[int, int]
) -> list[WorkOrderComponent]:
    last = next(reversed(operations.values()), None)
    return WorkOrderComponent.objects.bulk_create(
        WorkOrderComponent(
            company_id=order.company_id,
            work_order=order,
            position=need.position,
            item_id=need.item_id,
            quantity=need.quantity,
            operation_id=operations.get(need.operation_sequence or 0, last),
            issue_method=need.issue_method,
        )
        for need in order_requirements(bom, order.quantity, on=order.start_date)
    )


def hold_work_order(order: WorkOrder, *, reason: str, by: User) -> WorkOrder:
    """Stop all posting to the order until it is resumed."""
    return _change_status(order, Status.HELD, by=by, reason=_required(reason))


def resume_work_order(order: WorkOrder, *, by: User) -> WorkOrder:
    with unit_of_work():
        order = lock(order)
        require_status(order, Status.HELD)
        was_running = order.reports.filter(status="posted").exists()
        order.transition_to(Status.RUNNING if was_running else Status.RELEASED)
        return order.save_by(by)


def complete_work_order(order: WorkOrder, *, by: User) -> WorkOrder:
    """Declare that no more will be made, short or not. Late material may still be posted."""
    with unit_of_work():
        order = lock(order)
        return mark_completed(order, list(order.components.all()), by=by)


def mark_completed(
    order: WorkOrder, components: Sequence[WorkOrderComponent], *, by: User
) -> WorkOrder:
    """``complete_work_order`` for an order that the caller has locked and read."""
    order.transition_to(Status.COMPLETED)
    order.completed_at = timezone.now()
    order.save_by(by)
    close_expected(order.company, [order, *components], by=by)
    return order


def cancel_work_order(order: WorkOrder, *, reason: str, by: User) -> WorkOrder:
    """Give up an order on which nothing stands posted."""
    with unit_of_work():
        order = lock(order)
        order.transition_to(Status.CANCELLED)
        if order.cost_object_id and _net_moves(order):
            raise BusinessError(
                "has_postings",
                _("{order} has postings. Reverse them first.").format(order=order.number),
            )
        order.save_by(by, reason=_required(reason))
        if order.cost_object_id:
            close_expected(order.company, [order, *order.components.all()], by=by)
    return order


def _net_moves(order: WorkOrder) -> bool:
    moves = StockMove.objects.filter(cost_object_id=order.cost_object_id)
    total = moves.filter(reverses__isnull=True).count()
    return total > moves.filter(reverses__isnull=False).count()


def _change_status(order: WorkOrder, status: str, *, by: User, reason: str = "") -> WorkOrder:
    with unit_of_work():
        order = lock(order)
        order.transition_to(status)
        return order.save_by(by, reason=reason)


def _required(reason: str) -> str:
    if not reason.strip():
        raise InvalidInput("reason_required", _("Say why."), field="reason")
    return reason
