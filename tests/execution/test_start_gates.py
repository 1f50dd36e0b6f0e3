"""What must be in order before an operation starts, and how long tools last."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.core.errors import BusinessError, InvalidInput
from apps.execution.models import OperationRun, ToolLife, ToolMounting, WorkOrderOperation
from apps.execution.queries.tools import mounted_tools
from apps.execution.services.dispatch import start_operation
from apps.execution.services.production import report_production
from apps.execution.services.reversals import reverse_production_report
from apps.execution.services.tools import mount_tool, pieces_made, renew_tool, take_tool_off
from apps.masterdata.models import Machine, Tool
from tests.execution.conftest import DAY, Factory
from tests.execution.machines import Shopfloor, minute
from tests.execution.test_dispatch import make_order
from tests.support.reconciled import assert_reconciled

D = Decimal


@pytest.fixture
def machine(floor: Shopfloor) -> Machine:
    return floor.machine()


@pytest.fixture
def tool(floor: Shopfloor) -> Tool:
    return make_tool(floor, cavities=2, life_shots=D(100), warning_shots=D(80))


def make_tool(floor: Shopfloor, code: str = "MOULD", **values: Any) -> Tool:
    books = floor.books
    row = Tool(company=books.company, site=books.site, code=code, name=code, **values)
    return row.save_by(books.by)


def operation_with(
    factory: Factory, floor: Shopfloor, tool: Tool | None, *, counted: bool = True
) -> WorkOrderOperation:
    operation = make_order(factory, floor, counted=counted)
    WorkOrderOperation.objects.filter(pk=operation.pk).update(tool=tool)
    return operation


def refused(operation: WorkOrderOperation, machine: Machine, floor: Shopfloor) -> BusinessError:
    with pytest.raises(BusinessError) as refusal:
        start_operation(operation, machine=machine, at=minute(100), by=floor.books.by)
    assert not OperationRun.objects.exists()
    return refusal.value


def test_an_operation_waits_for_its_tool(
    factory: Factory, floor: Shopfloor, machine: Machine, tool: Tool
) -> None:
    operation, by = operation_with(factory, floor, tool), floor.books.by
    assert refused(operation, machine, floor).code == "tool_missing"
    mount_tool(make_tool(floor, "OTHER"), machine=machine, at=minute(0), by=by)
    assert refused(operation, machine, floor).details == {"tool": "MOULD"}
    mount_tool(tool, machine=machine, at=minute(0), by=by)
    start_operation(operation, machine=machine, at=minute(100), by=by)


def test_shots_add_up_and_end_a_tools_life(
    factory: Factory, floor: Shopfloor, machine: Machine, tool: Tool
) -> None:
    by = floor.books.by
    mount_tool(tool, machine=machine, at=minute(0), by=by)
    floor.send(floor.count(machine, 1, 100), floor.count(machine, 2, 50, 12))
    [seen] = mounted_tools([machine.pk], at=minute(50))
    assert (seen.shots, seen.is_near_its_end, seen.is_worn) == (81, True, False)
    floor.send(floor.count(machine, 3, 38))
    operation = operation_with(factory, floor, tool)
    assert refused(operation, machine, floor).code == "tool_worn"
    renew_tool(tool, reason="Reground", by=by)
    assert pieces_made(tool) == 0
    start_operation(operation, machine=machine, at=minute(100), by=by)
    assert tool.history.first().history_change_reason == "Reground"
    assert_reconciled()


def test_a_piece_wears_once_whoever_tells_of_it(
    factory: Factory, floor: Shopfloor, machine: Machine, tool: Tool
) -> None:
    """A report of people where they report, a count where the machine does; taken back with it."""
    by = floor.books.by
    mount_tool(tool, machine=machine, at=minute(0), by=by)
    operation = operation_with(factory, floor, tool, counted=False)
    start_operation(operation, machine=machine, at=minute(10), by=by)
    floor.send(floor.count(machine, 20, 30))
    report = report_production(
        operation.work_order, operation=operation, quantity_good=D(30), machine=machine,
        reported_at=minute(21), by=by,
    )  # fmt: skip
    assert pieces_made(tool) == 30
    assert_reconciled()
    reverse_production_report(report, date=DAY, reason="Miscounted", by=by)
    assert pieces_made(tool) == 0
    assert_reconciled()


def test_counted_operations_wear_by_their_counts(
    factory: Factory, floor: Shopfloor, machine: Machine, tool: Tool
) -> None:
    by = floor.books.by
    mount_tool(tool, machine=machine, at=minute(0), by=by)
    operation = operation_with(factory, floor, tool)
    start_operation(operation, machine=machine, at=minute(10), by=by)
    floor.send(floor.count(machine, 20, 30), floor.count(machine, 25, 10))
    assert pieces_made(tool) == 40
    assert_reconciled()


def test_a_mounting_told_late_counts_what_was_made_since(
    floor: Shopfloor, machine: Machine, tool: Tool
) -> None:
    by = floor.books.by
    floor.send(*(floor.count(machine, n, 10) for n in (1, 5, 9)))
    row = mount_tool(tool, machine=machine, at=minute(5), by=by)
    assert pieces_made(tool) == 20
    take_tool_off(row, at=minute(8), by=by)
    assert pieces_made(tool) == 10
    floor.send(floor.count(machine, 6, 3), floor.count(machine, 8, 4))
    assert pieces_made(tool) == 13
    assert_reconciled()


@pytest.mark.parametrize(
    ("case", "code"),
    [("twice", "tool_in_use"), ("retired", "wrong_tool"),
     ("off", "not_mounted"), ("before", "before_start"), ("reason", "reason_required")],
)  # fmt: skip
def test_what_cant_be_with_a_tool_is_refused(
    floor: Shopfloor, machine: Machine, tool: Tool, case: str, code: str
) -> None:
    by = floor.books.by
    if case == "retired":
        Tool.objects.filter(pk=tool.pk).update(is_active=False)
    mounted = None if case == "retired" else mount_tool(
        tool, machine=machine, at=minute(0), by=by
    )  # fmt: skip
    count = ToolMounting.objects.count()
    with pytest.raises((BusinessError, InvalidInput)) as refusal:
        if case == "reason":
            renew_tool(tool, reason=" ", by=by)
        elif case in ("off", "before"):
            assert mounted is not None
            row = take_tool_off(mounted, at=minute(1), by=by) if case == "off" else mounted
            take_tool_off(row, at=minute(-1), by=by)
        else:
            mount_tool(tool, machine=floor.machine("M2"), at=minute(10), by=by)
    assert (refusal.value.code, ToolMounting.objects.count()) == (code, count)


def test_an_uncalibrated_tool_starts_nothing(
    factory: Factory, floor: Shopfloor, machine: Machine
) -> None:
    wrench = make_tool(floor, "WRENCH", calibrated_until=date(2026, 3, 9))
    mount_tool(wrench, machine=machine, at=minute(0), by=floor.books.by)
    operation = operation_with(factory, floor, wrench)
    assert refused(operation, machine, floor).code == "calibration_overdue"
    Tool.objects.update(calibrated_until=DAY)
    start_operation(operation, machine=machine, at=minute(100), by=floor.books.by)


def test_a_centre_may_ask_for_material_first(
    factory: Factory, floor: Shopfloor, machine: Machine
) -> None:
    operation = operation_with(factory, floor, None)
    floor.centre.needs_material = True
    floor.centre.save_by(floor.books.by)
    factory_stock = operation.components.get()
    operation.components.update(quantity=D(5001))
    found = refused(operation, Machine.objects.get(pk=machine.pk), floor)
    assert (found.code, found.details) == ("material_missing", {"items": ["STEEL-DISC"]})
    operation.components.update(quantity=factory_stock.quantity)
    start_operation(operation, machine=machine, at=minute(100), by=floor.books.by)
    assert not ToolLife.objects.exists()
