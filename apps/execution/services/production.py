"""Production reports: the shop-floor event is the posting.

One transaction writes the report, the material it used, the goods it made, the scrap, labour and
machine time, the journal entry and the genealogy edges.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date as Date
from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import User
from apps.core.money import ZERO, require_decimal, round_quantity
from apps.core.queries.currencies import decimal_places
from apps.core.services.documents import require_status
from apps.core.transactions import unit_of_work
from apps.execution.models import (
    MachineEvent,
    ProductionReport,
    WorkOrder,
    WorkOrderOperation,
)
from apps.execution.queries.order_moves import order_progress
from apps.execution.services import genealogy
from apps.execution.services.conversion import (
    conversion_lines,
    cost_conversion,
    standard_minutes,
)
from apps.execution.services.instruction_gate import require_read
from apps.execution.services.labour import book_report_labour
from apps.execution.services.locking import lock_order_and_number
from apps.execution.services.production_inspections import (
    hold_output,
    plans_of,
    request_at_operation,
    request_final,
)
from apps.execution.services.report_moves import ReportInHand, report_moves
from apps.execution.services.shift_handovers import shift_closed
from apps.execution.services.tool_wear import wear_tools
from apps.execution.services.work_orders import mark_completed
from apps.finance.queries.posting_rules import AccountResolver
from apps.finance.services.journal import Line
from apps.hr.models import Employee
from apps.inventory.models import Lot
from apps.inventory.services.lots import NewLot, create_lots
from apps.inventory.services.moves import PostedMove, post_moves
from apps.masterdata.models import Item, Machine, ReasonCode, Shift

JOURNAL = "PRD"


def report_production(
    order: WorkOrder,
    *,
    reported_at: datetime,
    by: User,
    operation: WorkOrderOperation | None = None,
    quantity_good: Decimal = ZERO,
    quantity_scrap: Decimal = ZERO,
    scrap_reason: ReasonCode | None = None,
    labour_minutes: Decimal | None = None,
    machine_minutes: Decimal | None = None,
    employee: Employee | None = None,
    machine: Machine | None = None,
    shift: Shift | None = None,
    event: MachineEvent | None = None,
    lot_codes: Sequence[str] = (),
    date: Date | None = None,
    note: str = "",
    allow_excess: bool = False,
) -> ProductionReport:
    """Post what ``operation`` made (the last one when None; without routing, the order itself).

    Quantities are stock units. Minutes left out are the standard ones. Components set to backflush
    at this operation are issued, first to expire first. The last operation's good units enter
    stock under ``lot_codes`` (default: the order's number, or numbered serials). ``date`` is the
    posting date, by default the site's day of ``reported_at``.

    Raises ``InvalidInput`` or ``BusinessError`` naming the field; nothing is written. Where the
    operation's work instruction must be read and understood, so has ``employee``.
    """
    with unit_of_work():
        order, number = lock_order_and_number(order, "execution_productionreport_series", "PR")
        require_status(order, *WorkOrder.OPEN_FOR_POSTING)
        operations = list(order.operations.order_by("sequence"))
        operation = operation or (operations[-1] if operations else None)
        _check(order, operations, operation, quantity_good, quantity_scrap, scrap_reason)
        if operation is not None and event is None:  # what a machine has counted is a fact
            require_read(operation, employee)
            progress = order_progress(
                order, work_centre_id=operation.work_centre_id, at=reported_at
            )
            if progress.closed_by is not None:
                raise shift_closed(progress.closed_by, "reported_at")
        else:
            progress = order_progress(order)
        done = progress.reported
        units = quantity_good + quantity_scrap
        standard = standard_minutes(
            operation, units, is_first=operation is None or operation.pk not in done
        )
        row = ProductionReport(
            company_id=order.company_id,
            number=number,
            work_order=order,
            operation=operation,
            date=date or reported_at.astimezone(order.site.zone).date(),
            reported_at=reported_at,
            quantity_good=quantity_good,
            quantity_scrap=quantity_scrap,
            scrap_reason=scrap_reason,
            labour_minutes=round_quantity(_minutes(labour_minutes, standard[0], "labour_minutes")),
            machine_minutes=round_quantity(
                _minutes(machine_minutes, standard[1], "machine_minutes")
            ),
            employee=employee,
            machine=machine,
            shift=shift,
            event=event,
            note=note,
            created_by=by,
        )
        if not (units or row.labour_minutes or row.machine_minutes):
            raise InvalidInput("empty_report", _("Nothing was reported."), field="quantity_good")
        row.save_by(by)
        book_report_labour(row, order, by)
        report = ReportInHand(
            order,
            operation,
            operations,
            list(order.components.select_related("operation")),
            row,
            lots=[],
            completed=progress.completed,
        )
        _check_excess(report, allow_excess)
        report.lots = _output_lots(report, lot_codes, by)
        _post(report, by)
        _move_on(report, done, by)
    return row


def _check(
    order: WorkOrder,
    operations: Sequence[WorkOrderOperation],
    operation: WorkOrderOperation | None,
    good: Decimal,
    scrap: Decimal,
    reason: ReasonCode | None,
) -> None:
    if operation is not None and operation not in operations:
        raise InvalidInput(
            "wrong_operation", _("This operation is of another order."), field="operation"
        )
    for field, quantity in (("quantity_good", good), ("quantity_scrap", scrap)):
        require_decimal(quantity, field=field, positive=False)
        if quantity < 0:
            raise InvalidInput("negative", _("Can't be below zero."), field=field)
    if scrap and reason is None:
        raise InvalidInput("reason_required", _("Say why it is scrap."), field="scrap_reason")
    if reason is not None and reason.kind != ReasonCode.Kind.SCRAP:
        raise InvalidInput("wrong_reason", _("This is no reason for scrap."), field="scrap_reason")
    if order.item.tracking == Item.Tracking.SERIAL and good % 1:
        raise InvalidInput(
            "not_whole", _("Serial numbers count whole pieces."), field="quantity_good"
        )


def _check_excess(report: ReportInHand, allow_excess: bool) -> None:
    left = report.order.quantity - report.completed
    if report.is_last and report.row.quantity_good > left and not allow_excess:
        raise BusinessError(
            "over_report",
            _("{left} are left to make, {good} were reported.").format(
                left=f"{max(left, ZERO).normalize():f}",
                good=f"{report.row.quantity_good.normalize():f}",
            ),
            field="quantity_good",
        )


def _minutes(given: Decimal | None, standard: Decimal, field: str) -> Decimal:
    if given is None:
        return standard
    require_decimal(given, field=field, positive=False)
    if given < 0:
        raise InvalidInput("negative", _("Can't be below zero."), field=field)
    return given


def _output_lots(report: ReportInHand, codes: Sequence[str], by: User) -> list[Lot | None]:
    pieces = report.good_moves
    item = report.order.item
    if item.tracking == Item.Tracking.NONE or not pieces:
        return [None] * len(pieces)
    if not codes:
        codes = [report.order.number]
        if item.tracking == Item.Tracking.SERIAL:
            first = int(report.completed) + 1
            codes = [f"{report.order.number}-{first + n:04d}" for n in range(len(pieces))]
    if len(codes) != len(pieces) or len(set(codes)) != len(codes):
        raise InvalidInput(
            "wrong_lot_count",
            _("Give {count} different lot or serial numbers.").format(count=len(pieces)),
            field="lot_codes",
        )
    wanted = [NewLot(item, code, made_on=report.row.date) for code in codes]
    return list(create_lots(report.order.company, wanted, by=by))


def _post(report: ReportInHand, by: User) -> None:
    order, row = report.order, report.row
    places = decimal_places(order.company.currency_id)
    conversion = cost_conversion(
        report.operation,
        labour_minutes=row.labour_minutes,
        machine_minutes=row.machine_minutes,
        date=row.date,
        decimal_places=places,
    )
    plans = plans_of(report)
    moves, items = report_moves(report, conversion, places)
    if plans.final is not None:
        hold_output(report, items, by)

    def extra(resolver: AccountResolver, _posted: Sequence[PostedMove]) -> list[Line]:
        return conversion_lines(
            order,
            report.operation,
            conversion,
            resolver,
            machine_id=row.machine_id,
            shift_id=row.shift_id,
        )

    posting = post_moves(
        order.company,
        moves,
        source=row,
        date=row.date,
        journal=JOURNAL,
        by=by,
        description=_("Production of {order}").format(order=order.number),
        extra_lines=extra,
        items=items,
    )
    outputs = [
        (lot.pk, quantity)
        for lot, quantity in zip(report.lots, report.good_moves, strict=True)
        if lot is not None
    ]
    genealogy.link_outputs(order, outputs, source=row, by=by)
    if plans.final is not None:
        # what enters stock stands last among the moves
        entered = [one.id for one in posting.moves[-len(report.good_moves) :]]
        request_final(report, plans.final, entered, by)
    request_at_operation(report, plans.at_operation, by)
    if row.machine_id is not None and row.event is None and report.units:
        wear_tools([(row.machine_id, row.reported_at, report.units)])


def _move_on(
    report: ReportInHand, done: dict[int | None, tuple[Decimal, Decimal]], by: User
) -> None:
    """Statuses follow what was reported."""
    order, operation = report.order, report.operation
    if operation is not None and report.units:
        good = done.get(operation.pk, (ZERO, ZERO))[0] + report.row.quantity_good
        status = WorkOrderOperation.Status
        target = status.DONE if good >= order.quantity else status.RUNNING
        if operation.status != target:
            WorkOrderOperation.objects.filter(pk=operation.pk).update(status=target)
            operation.status = target
    if order.status == WorkOrder.Status.RELEASED:
        order.transition_to(WorkOrder.Status.RUNNING)
        if not report.ends_order:
            order.save_by(by)
    if report.ends_order and order.status == WorkOrder.Status.RUNNING:
        mark_completed(order, report.components, by=by)
