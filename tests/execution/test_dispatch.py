"""Operations on machines: one at a time, counts go to what ran, counted ones are reports."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.core.errors import BusinessError, InvalidInput
from apps.core.reconcile import reconcile
from apps.execution.models import (
    MachineEvent,
    MachineInterval,
    ProductionReport,
    WorkOrder,
    WorkOrderOperation,
)
from apps.execution.queries.report_events import events_behind
from apps.execution.services.dispatch import finish_operation, pause_operation, start_operation
from apps.execution.services.work_orders import hold_work_order
from apps.inventory.models import StockMove
from apps.masterdata.models import Machine
from tests.execution.conftest import Factory
from tests.execution.machines import Shopfloor, minute
from tests.support.reconciled import assert_reconciled


@pytest.fixture
def machine(floor: Shopfloor) -> Machine:
    return floor.machine()


def make_order(
    factory: Factory,
    floor: Shopfloor,
    *,
    quantity: str = "1000",
    code: str = "DISC",
    counted: bool = True,
) -> WorkOrderOperation:
    steel = factory.stocked(factory.item(f"STEEL-{code}"), "5000", "2")
    disc = factory.made(code)
    factory.bom(disc, (steel, "1"), issue_method="backflush")
    factory.routing(disc, (floor.centre, "0.5"), is_counted=counted)
    order = factory.order(disc, quantity)
    operation = order.operations.get()
    order.components.update(operation=operation)
    return operation


@pytest.fixture
def operation(factory: Factory, floor: Shopfloor) -> WorkOrderOperation:
    return make_order(factory, floor)


def statuses(operation: WorkOrderOperation) -> tuple[str, str]:
    operation.refresh_from_db()
    operation.work_order.refresh_from_db()
    return operation.status, operation.work_order.status


def test_start_pause_resume_finish(
    floor: Shopfloor, machine: Machine, operation: WorkOrderOperation
) -> None:
    by = floor.books.by
    run = start_operation(operation, machine=machine, at=minute(0), by=by)
    assert statuses(operation) == ("running", "running")
    pause_operation(operation, at=minute(60), by=by)
    assert statuses(operation) == ("paused", "running")
    start_operation(operation, machine=machine, at=minute(90), by=by)
    finish_operation(operation, at=minute(120), by=by)
    assert statuses(operation) == ("done", "running")
    run.refresh_from_db()
    assert [(r.starts_at, r.ends_at) for r in operation.runs.order_by("starts_at")] == [
        (minute(0), minute(60)),
        (minute(90), minute(120)),
    ]
    with pytest.raises(BusinessError) as refused:
        start_operation(operation, machine=machine, at=minute(130), by=by)
    assert refused.value.code == "operation_done"


def test_a_machine_runs_one_operation_at_a_time(
    factory: Factory, floor: Shopfloor, machine: Machine, operation: WorkOrderOperation
) -> None:
    by = floor.books.by
    other = make_order(factory, floor, code="RING")
    start_operation(operation, machine=machine, at=minute(0), by=by)
    with pytest.raises(BusinessError) as busy:
        start_operation(other, machine=machine, at=minute(5), by=by)
    assert (busy.value.code, busy.value.field) == ("machine_busy", "machine")
    pause_operation(operation, at=minute(60), by=by)
    with pytest.raises(InvalidInput) as overlap:
        start_operation(other, machine=machine, at=minute(30), by=by)
    assert overlap.value.code == "overlaps_run"
    start_operation(other, machine=machine, at=minute(60), by=by)
    start_operation(operation, machine=floor.machine("M2"), at=minute(61), by=by)


@pytest.mark.parametrize(
    ("status", "code"),
    [("draft", "wrong_status"), ("held", "wrong_status"), ("closed", "wrong_status")],
)
def test_only_released_orders_start(
    floor: Shopfloor, machine: Machine, operation: WorkOrderOperation, status: str, code: str
) -> None:
    WorkOrder.objects.update(status=status)
    with pytest.raises(BusinessError) as refused:
        start_operation(operation, machine=machine, by=floor.books.by)
    assert refused.value.code == "wrong_status"


def test_refusals_name_the_field(
    factory: Factory, floor: Shopfloor, machine: Machine, operation: WorkOrderOperation
) -> None:
    by = floor.books.by
    elsewhere = floor.machine("LATHE", work_centre=factory.work_centre("LATHES"))
    for details, code, field in (
        ({"machine": elsewhere}, "wrong_machine", "machine"),
        ({"machine": machine, "at": minute(0).replace(tzinfo=None)}, "naive_time", "at"),
        ({"machine": machine, "at": minute(10**6)}, "in_the_future", "at"),
    ):
        with pytest.raises(InvalidInput) as refused:
            start_operation(operation, by=by, **details)
        assert (refused.value.code, refused.value.field) == (code, field)
    for stop in (pause_operation, finish_operation):
        with pytest.raises(BusinessError) as refused_:
            stop(operation, by=by)
        assert refused_.value.code == "not_running"
    start_operation(operation, machine=machine, at=minute(10), by=by)
    with pytest.raises(InvalidInput) as before:
        pause_operation(operation, at=minute(10), by=by)
    assert before.value.code == "before_start"


def test_counts_belong_to_what_ran_at_that_instant(
    factory: Factory, floor: Shopfloor, machine: Machine
) -> None:
    by = floor.books.by
    first = make_order(factory, floor, code="A", counted=False)
    second = make_order(factory, floor, code="B", counted=False)
    start_operation(first, machine=machine, at=minute(0), by=by)
    pause_operation(first, at=minute(10), by=by)
    start_operation(second, machine=machine, at=minute(20), by=by)
    events = [floor.count(machine, at, 1) for at in (-1, 0, 9.9, 10, 15, 20, 300)]
    floor.send(
        *reversed(events), floor.state(machine, 5, "running"), floor.state(machine, 30, "idle")
    )
    found = MachineEvent.objects.filter(kind="count").order_by("occurred_at")
    assert [event.operation for event in found] == [None, first, first, None, None, second, second]
    assert not ProductionReport.objects.exists()
    assert [i.operation for i in MachineInterval.objects.order_by("starts_at")] == [first, second]


def test_counts_of_a_counted_operation_are_its_report(
    floor: Shopfloor, machine: Machine, operation: WorkOrderOperation
) -> None:
    burr = floor.reason("BURR", "scrap")
    start_operation(operation, machine=machine, at=minute(0), by=floor.books.by)
    results = floor.send(
        floor.count(machine, 10, 30),
        floor.count(machine, 12, 12, 2, "BURR"),
        floor.count(machine, 11, 20),
    )
    assert {r.status for r in results} == {"created"}
    good, scrap = ProductionReport.objects.order_by("id")
    assert (good.quantity_good, good.event.occurred_at, good.shift) == (50, minute(11), floor.shift)
    assert (scrap.quantity_good, scrap.quantity_scrap, scrap.scrap_reason) == (12, 2, burr)
    assert [e.quantity_good for e in events_behind(good)] == [30, 20]
    assert [e.quantity_good for e in events_behind(scrap)] == [12]
    made = StockMove.objects.filter(
        item=operation.work_order.item, from_location__kind="production"
    )
    assert sum(m.quantity for m in made.filter(to_location__kind="internal")) == 62
    floor.send(floor.count(machine, 20, 5))
    last = ProductionReport.objects.order_by("id").last()
    assert [e.quantity_good for e in events_behind(last)] == [5]
    assert_reconciled()


def test_sent_twice_is_reported_once(
    floor: Shopfloor, machine: Machine, operation: WorkOrderOperation
) -> None:
    start_operation(operation, machine=machine, at=minute(0), by=floor.books.by)
    batch = [floor.count(machine, at, 3) for at in range(1, 6)]
    floor.send(*batch[:3])
    assert [r.status for r in floor.send(*batch)] == ["duplicate"] * 3 + ["created"] * 2
    assert [r.status for r in floor.send(*batch)] == ["duplicate"] * 5
    assert sum(r.quantity_good for r in ProductionReport.objects.all()) == 15
    assert_reconciled()


def test_a_count_that_can_not_be_posted_takes_no_other_with_it(
    floor: Shopfloor, machine: Machine, operation: WorkOrderOperation
) -> None:
    """There is steel for 5,000: the count of 4,990 does not fit, the others do."""
    floor.reason("BURR", "scrap")
    start_operation(operation, machine=machine, at=minute(0), by=floor.books.by)
    results = floor.send(
        floor.count(machine, 1, 8),
        floor.count(machine, 2, 4999),
        floor.count(machine, 3, 7),
        floor.count(machine, 4, 0, 1),
        floor.state(machine, 0, "running"),
    )
    assert [(r.status, r.error and r.error.code) for r in results] == [
        ("created", None),
        ("rejected", "insufficient_stock"),
        ("created", None),
        ("rejected", "reason_required"),
        ("created", None),
    ]
    assert sum(r.quantity_good for r in ProductionReport.objects.all()) == 15
    assert MachineEvent.objects.filter(kind="count").count() == 2
    assert_reconciled()


def test_a_machine_may_make_more_than_was_ordered(
    factory: Factory, floor: Shopfloor, machine: Machine
) -> None:
    operation = make_order(factory, floor, quantity="10")
    start_operation(operation, machine=machine, at=minute(0), by=floor.books.by)
    assert [r.status for r in floor.send(floor.count(machine, 1, 12))] == ["created"]
    assert [r.status for r in floor.send(floor.count(machine, 2, 1))] == ["created"]
    assert statuses(operation) == ("done", "completed")
    assert_reconciled()


def test_a_held_order_takes_no_counts(
    floor: Shopfloor, machine: Machine, operation: WorkOrderOperation
) -> None:
    start_operation(operation, machine=machine, at=minute(0), by=floor.books.by)
    hold_work_order(operation.work_order, reason="crack", by=floor.books.by)
    [result] = floor.send(floor.count(machine, 1, 1))
    assert (result.status, result.error.code) == ("rejected", "wrong_status")


def test_statements_do_not_depend_on_the_number_of_counts(
    floor: Shopfloor, machine: Machine, operation: WorkOrderOperation
) -> None:
    start_operation(operation, machine=machine, at=minute(0), by=floor.books.by)

    def used(start: int, number: int) -> int:
        events = [floor.count(machine, start + n / 10, 1) for n in range(number)]
        with CaptureQueriesContext(connection) as captured:
            floor.send(*events)
        return sum("SAVEPOINT" not in query["sql"] for query in captured.captured_queries)

    used(1, 2)
    assert used(10, 10) == used(100, 100)


@pytest.mark.breaks("counted-reports")
def test_reconcile_finds_counts_that_were_not_reported(
    floor: Shopfloor, machine: Machine, operation: WorkOrderOperation
) -> None:
    start_operation(operation, machine=machine, at=minute(0), by=floor.books.by)
    floor.send(floor.count(machine, 1, 3))
    ProductionReport.objects.update(quantity_good=4)
    assert "counted-reports" in {f.invariant.code for f in reconcile() if not f.is_clean}
