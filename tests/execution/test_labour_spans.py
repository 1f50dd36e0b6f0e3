"""Labour by badge: several at one job, one at several, each minute shared and booked once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.errors import BusinessError, InvalidInput
from apps.execution.labour_split import fair_minutes
from apps.execution.models import LabourSpan, ProductionReport, WorkOrderOperation
from apps.execution.queries.order_costs import wip_balance
from apps.execution.services.dispatch import finish_operation, pause_operation, start_operation
from apps.execution.services.labour_spans import badge_off, badge_on
from apps.execution.services.production import report_production
from apps.hr.models import Employee
from apps.masterdata.models import Machine, WorkCentreRate
from tests.execution.conftest import Factory
from tests.execution.machines import Shopfloor, minute
from tests.execution.test_dispatch import make_order
from tests.support.reconciled import assert_reconciled

D = Decimal


@pytest.fixture
def floor(floor: Shopfloor) -> Shopfloor:
    floor.centre.labour_by_badge = True
    floor.centre.save_by(floor.books.by)
    WorkCentreRate.objects.filter(work_centre=floor.centre).update(labour_rate=30)
    return floor


@pytest.fixture
def machine(floor: Shopfloor) -> Machine:
    return floor.machine()


@pytest.fixture
def operation(factory: Factory, floor: Shopfloor) -> WorkOrderOperation:
    return make_order(factory, floor, counted=False)


@pytest.fixture
def second(factory: Factory, floor: Shopfloor) -> WorkOrderOperation:
    return make_order(factory, floor, counted=False, code="RING")


def person(floor: Shopfloor, code: str) -> Employee:
    books = floor.books
    row = Employee(company=books.company, site=books.site, code=code, name=code)
    return row.save_by(books.by)


def booked() -> dict[tuple[str, str], Decimal]:
    """Minutes of each person at each item, as reports that stand say."""
    found: dict[tuple[str, str], Decimal] = {}
    for row in ProductionReport.objects.filter(status="posted", labour_minutes__gt=0):
        assert row.employee is not None
        key = (row.employee.code, row.work_order.item.code)
        found[key] = found.get(key, D(0)) + row.labour_minutes
    return found


def test_two_people_at_one_operation_are_both_booked(
    floor: Shopfloor, machine: Machine, operation: WorkOrderOperation
) -> None:
    by, anna, ben = floor.books.by, person(floor, "ANNA"), person(floor, "BEN")
    start_operation(operation, machine=machine, employee=anna, at=minute(0), by=by)
    badge_on(operation, employee=ben, machine=machine, at=minute(10), by=by)
    badge_off(operation, employee=ben, at=minute(40), by=by)
    pause_operation(operation, at=minute(60), by=by)
    assert booked() == {("ANNA", "DISC"): 60, ("BEN", "DISC"): 30}
    assert wip_balance(operation.work_order) == 45  # 90 minutes at 30 an hour
    assert not LabourSpan.objects.filter(ends_at__isnull=True).exists()
    assert_reconciled()


def test_one_person_at_two_machines_shares_each_minute(
    floor: Shopfloor, machine: Machine, operation: WorkOrderOperation, second: WorkOrderOperation
) -> None:
    by, anna = floor.books.by, person(floor, "ANNA")
    start_operation(operation, machine=machine, employee=anna, at=minute(0), by=by)
    start_operation(second, machine=floor.machine("M2"), employee=anna, at=minute(20), by=by)
    finish_operation(second, at=minute(50), by=by)
    finish_operation(operation, at=minute(60), by=by)
    # 20 alone, 30 by half, 10 alone
    assert booked() == {("ANNA", "DISC"): 45, ("ANNA", "RING"): 15}
    assert_reconciled()


def test_a_badge_told_late_shares_what_was_booked(
    floor: Shopfloor, machine: Machine, operation: WorkOrderOperation, second: WorkOrderOperation
) -> None:
    by, anna = floor.books.by, person(floor, "ANNA")
    badge_on(operation, employee=anna, machine=machine, at=minute(0), by=by)
    badge_off(operation, employee=anna, at=minute(60), by=by)
    assert booked() == {("ANNA", "DISC"): 60}
    badge_on(second, employee=anna, at=minute(20), by=by)
    assert booked() == {("ANNA", "DISC"): 40}
    badge_off(second, employee=anna, at=minute(50), by=by)
    assert booked() == {("ANNA", "DISC"): 45, ("ANNA", "RING"): 15}
    assert ProductionReport.objects.filter(status="reversed").count() == 2
    assert_reconciled()


def test_reports_of_pieces_assume_no_labour(
    floor: Shopfloor, machine: Machine, operation: WorkOrderOperation
) -> None:
    report = report_production(
        operation.work_order, operation=operation, quantity_good=D(10), reported_at=minute(5),
        by=floor.books.by,
    )  # fmt: skip
    assert (report.labour_minutes, report.machine_minutes) == (0, 5)


@pytest.mark.parametrize(
    ("case", "code"),
    [
        ("twice", "badged_on_already"),
        ("absent", "not_badged_on"),
        ("standard", "no_badges"),
        ("done", "operation_done"),
        ("overlap", "overlaps_span"),
        ("future", "in_the_future"),
        ("before", "before_start"),
    ],
)
def test_a_badge_that_cant_be_is_refused(
    floor: Shopfloor, machine: Machine, operation: WorkOrderOperation, case: str, code: str
) -> None:
    by, anna = floor.books.by, person(floor, "ANNA")
    if case in ("twice", "overlap", "before"):
        badge_on(operation, employee=anna, at=minute(0), by=by)
    if case == "overlap":
        badge_off(operation, employee=anna, at=minute(30), by=by)
    if case == "standard":
        WorkOrderOperation.objects.update(is_badged=False)
    if case == "done":
        WorkOrderOperation.objects.update(status="done")
    spans = LabourSpan.objects.count()
    with pytest.raises((BusinessError, InvalidInput)) as refused:
        if case in ("absent", "before"):
            badge_off(operation, employee=anna, at=minute(-5), by=by)
        else:
            future = datetime.now(UTC) + timedelta(hours=1)
            at = future if case == "future" else minute(10)
            badge_on(operation, employee=anna, at=at, by=by)
    assert refused.value.code == code
    assert (LabourSpan.objects.count(), ProductionReport.objects.count()) == (spans, len(booked()))


SPANS = st.lists(st.tuples(st.integers(0, 600), st.integers(1, 300)), min_size=1, max_size=6)


@given(SPANS)
def test_shares_add_up_to_the_time_that_passed(pairs: list[tuple[int, int]]) -> None:
    spans = {n: (minute(start), minute(start + long)) for n, (start, long) in enumerate(pairs)}
    shares = fair_minutes(spans)
    passed = {m for start, long in pairs for m in range(start, start + long)}
    assert abs(sum(shares.values(), D(0)) - len(passed)) <= D("0.000001") * len(pairs)
    assert all(0 < shares[n] <= long for n, (_start, long) in enumerate(pairs))


def test_one_that_lasts_takes_its_share_of_the_others() -> None:
    shares = fair_minutes({"a": (minute(0), minute(30)), "b": (minute(10), None)})
    assert shares == {"a": D(20)}
