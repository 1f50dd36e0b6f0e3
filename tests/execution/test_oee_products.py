"""OEE of machines that make several products: each is measured by its own run time."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from apps.execution.models import WorkOrderOperation
from apps.execution.oee import Elements, losses
from apps.execution.queries.oee import elements_by_shift
from apps.execution.services.dispatch import pause_operation, start_operation
from apps.masterdata.models import Machine
from tests.execution.conftest import Factory
from tests.execution.machines import EVENING, MORNING, Shopfloor, minute
from tests.execution.test_oee import percent
from tests.support.statements import at_most


def operation_of(factory: Factory, floor: Shopfloor, code: str, run: str) -> WorkOrderOperation:
    """An order of 1,000 whose one operation takes ``run`` minutes a piece, told by people."""
    item = factory.made(code)
    factory.bom(item, (factory.stocked(factory.item(f"STEEL-{code}"), "5000", "2"), "1"))
    factory.routing(item, (floor.centre, run))
    operation: WorkOrderOperation = factory.order(item, "1000").operations.get()
    return operation


def of_the_day(floor: Shopfloor) -> Elements:
    with at_most(5):
        [row] = elements_by_shift(
            floor.books.company,
            Machine.objects.filter(company=floor.books.company),
            since=MORNING - timedelta(hours=6),
            until=MORNING + timedelta(hours=18),
            now=EVENING,
        )
    return row.elements


def test_counts_are_measured_by_what_ran(factory: Factory, floor: Shopfloor) -> None:
    """With a minute a piece, the machine's own cycle, 934 pieces in 410 minutes were 228 %."""
    by = floor.books.by
    machine = floor.machine(ideal="60")
    disc, ring = (
        operation_of(factory, floor, code, run) for code, run in (("DISC", "0.5"), ("RING", "0.25"))
    )
    start_operation(disc, machine=machine, at=minute(0), by=by)
    pause_operation(disc, at=minute(200), by=by)
    start_operation(ring, machine=machine, at=minute(200), by=by)
    pause_operation(ring, at=minute(400), by=by)
    floor.send(
        floor.state(machine, 0, "setup"),
        floor.state(machine, 10, "running"),
        floor.state(machine, 480, "off"),
        floor.count(machine, 5, 0, 4),
        floor.count(machine, 190, 300, 20),
        floor.count(machine, 390, 600),
        floor.count(machine, 450, 10),
    )

    e = of_the_day(floor)

    assert (e.planned, e.setup, e.quantity, e.quantity_good) == (420, 10, 934, 910)
    assert (e.ideal_total, e.ideal_good, e.ideal_startup_scrap) == (322, 310, 2)
    assert [percent(v) for v in (e.availability, e.performance, e.quality, e.oee)] == [
        "97.62",
        "78.54",
        "96.27",
        "73.81",
    ]
    lost = losses(e)
    assert (lost.reduced_speed, lost.startup_rejects, lost.rejects) == (88, 2, 10)
    assert lost.total == 420


def test_reports_by_hand_and_an_operation_without_a_run_time(
    factory: Factory, floor: Shopfloor
) -> None:
    machine = floor.machine(ideal="60")
    slow = operation_of(factory, floor, "GEAR", "5")
    untimed = operation_of(factory, floor, "PIN", "0")
    burr = factory.scrap_reason()
    floor.send(floor.state(machine, 0, "running"), floor.state(machine, 480, "off"))
    for operation, good, scrap in ((slow, "38", "2"), (untimed, "20", "0")):
        factory.report(
            operation.work_order,
            good,
            operation=operation,
            quantity_scrap=Decimal(scrap),
            scrap_reason=burr if scrap != "0" else None,
            machine=machine,
            reported_at=minute(240),
        )

    e = of_the_day(floor)

    assert (e.quantity, e.ideal_total, e.ideal_good) == (60, 220, 210)
    assert percent(e.performance) == "52.38"
