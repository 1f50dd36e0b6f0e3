"""Schedules on shifts, machines and set-ups; why orders are late; moves on the board."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from apps.core.errors import BusinessError, InvalidInput
from apps.core.services.jobs import run_job
from apps.engineering.models import Routing, RoutingOperation
from apps.execution.models import WorkOrder
from apps.execution.services.work_orders import create_work_order, release_work_order
from apps.masterdata.models import Item, Machine, Shift, WorkCentre
from apps.planning.jobs import start_schedule
from apps.planning.models import ChangeoverRule, Schedule, ScheduledOperation
from apps.planning.services import schedules as services
from apps.planning.services.schedule_moves import move_operation
from tests.planning.conftest import MONDAY, Plant, day
from tests.support.reconciled import assert_reconciled

pytestmark = pytest.mark.django_db
SIX = datetime(2026, 3, 2, 6, tzinfo=UTC)


class Floor:
    """Work centres with machines, and released orders with routings, in one line each."""

    def __init__(self, plant: Plant) -> None:
        self.plant = plant
        self.component = plant.stocked(plant.item("RAW"), "1000")
        self.centres: dict[str, WorkCentre] = {}
        self.machines: dict[str, Machine] = {}

    def centre(self, code: str, *machines: str) -> WorkCentre:
        books = self.plant.books
        centre = WorkCentre(company=books.company, code=code, name=code, site=books.site)
        self.centres[code] = centre.save_by(books.by)
        for name in machines:
            machine = Machine(
                company=books.company, code=name, name=name, site=books.site, work_centre=centre
            )
            self.machines[name] = machine.save_by(books.by)
        return centre

    def order(
        self,
        code: str,
        *steps: tuple[str, str],
        due: int = 0,
        component: Item | None = None,
        quantity: str = "1",
        setup: str = "0",
        **values: Any,
    ) -> WorkOrder:
        """An order of a new item with (work centre, minutes) as its steps."""
        plant, books = self.plant, self.plant.books
        item = plant.made(code, (component or self.component, "1"), **values)
        routing = Routing(company=books.company, item=item, status="released", created_by=books.by)
        routing.save_by(books.by)
        RoutingOperation.objects.bulk_create(
            RoutingOperation(
                company=books.company,
                routing=routing,
                sequence=10 * number,
                name=centre,
                work_centre=self.centres[centre],
                run_minutes=Decimal(minutes),
                setup_minutes=Decimal(setup),
            )
            for number, (centre, minutes) in enumerate(steps, start=1)
        )
        order = create_work_order(
            books.company,
            item=item,
            quantity=Decimal(quantity),
            site=plant.site,
            start_date=MONDAY,
            due_date=day(due),
            component_location=plant.stock,
            output_location=plant.stock,
            by=books.by,
        )
        return release_work_order(order, by=books.by)

    def schedule(self, **values: Any) -> Schedule:
        values.setdefault("starts_at", SIX)
        values.setdefault("time_limit_seconds", 2)
        books = self.plant.books
        made = services.create_schedule(books.company, site=self.plant.site, by=books.by, **values)
        return services.calculate_schedule(made, by=books.by)

    def spans(self, schedule: Schedule) -> dict[str, tuple[datetime, datetime]]:
        return {
            f"{row.operation.work_order.item.code}/{row.operation.sequence}": (
                row.starts_at,
                row.ends_at,
            )
            for row in ScheduledOperation.objects.filter(schedule=schedule).select_related(
                "operation__work_order__item"
            )
        }


@pytest.fixture
def floor(plant: Plant) -> Floor:
    return Floor(plant)


def test_work_runs_in_shifts_only(floor: Floor) -> None:
    """Ten hours of work in a shift of eight: two of them on Tuesday."""
    floor.centre("CUT", "C1")
    floor.order("A", ("CUT", "600"))
    schedule = floor.schedule()
    [(starts, ends)] = floor.spans(schedule).values()
    assert (starts, ends) == (SIX, SIX + timedelta(days=1, hours=2))
    assert (schedule.status, schedule.operation_count) == ("ready", 1)
    services.publish_schedule(schedule, by=floor.plant.books.by)
    assert_reconciled()


def test_alternates_share_the_work_and_due_dates_decide(floor: Floor) -> None:
    floor.centre("CUT", "C1", "C2")
    floor.order("A", ("CUT", "300"), due=0)
    floor.order("B", ("CUT", "300"), due=0)
    floor.order("C", ("CUT", "300"), due=4)
    schedule = floor.schedule()
    spans = floor.spans(schedule)
    assert schedule.late_count == 0
    assert spans["A/10"][0] == spans["B/10"][0] == SIX
    assert spans["C/10"][0] >= SIX + timedelta(hours=5)


def test_a_late_order_names_the_machine_it_waits_for(floor: Floor) -> None:
    floor.centre("CUT", "C1")
    floor.order("A", ("CUT", "400"), due=0)
    floor.order("B", ("CUT", "400"), due=0)
    schedule = floor.schedule()
    assert schedule.late_count == 1
    late = ScheduledOperation.objects.get(schedule=schedule, late_minutes__gt=0)
    assert (late.cause, late.cause_machine) == ("machine", floor.machines["C1"])
    assert late.cause_operation is not None
    assert late.late_minutes == schedule.tardy_minutes == 320


def test_a_late_order_names_the_material_it_waits_for(floor: Floor) -> None:
    floor.centre("CUT", "C1")
    late = floor.plant.item("LATE")
    floor.plant.bought(late, (2, "5"))
    floor.order("A", ("CUT", "10"), due=0, component=late)
    floor.order("B", ("CUT", "10"), due=0, component=floor.plant.item("NEVER"))
    schedule = floor.schedule()
    rows = {
        row.operation.work_order.item.code: row
        for row in ScheduledOperation.objects.filter(schedule=schedule)
    }
    assert rows["A"].starts_at == SIX + timedelta(days=2)
    assert (rows["A"].cause, rows["A"].cause_item) == ("material", late)
    assert (rows["B"].cause, rows["B"].cause_item.code) == ("missing", "NEVER")
    assert rows["B"].late_minutes == 0


def test_an_order_with_more_work_than_time(floor: Floor) -> None:
    floor.centre("CUT", "C1")
    floor.order("A", ("CUT", "900"), due=0)
    schedule = floor.schedule()
    [row] = ScheduledOperation.objects.filter(schedule=schedule)
    assert (row.cause, row.late_minutes) == ("time", 420)


def test_changeovers_decide_the_sequence(floor: Floor) -> None:
    """Two families: changing costs an hour, so each family runs in one go."""
    floor.centre("CUT", "C1")
    books = floor.plant.books
    red, blue = books.category("RED"), books.category("BLUE")
    for before, after, minutes in ((red, blue, 60), (blue, red, 60), (red, red, 0)):
        ChangeoverRule(
            company=books.company, from_family=before, to_family=after, minutes=Decimal(minutes)
        ).save_by(books.by)
    for code, family in (("A", red), ("B", blue), ("C", red), ("D", blue)):
        floor.order(code, ("CUT", "60"), due=9, category=family)
    schedule = floor.schedule(objective="makespan")
    assert schedule.makespan_minutes == 4 * 60 + 60
    setups = ScheduledOperation.objects.filter(schedule=schedule).values_list(
        "setup_minutes", flat=True
    )
    assert sorted(setups) == [0, 0, 0, 60]


def test_setup_is_part_of_the_span(floor: Floor) -> None:
    floor.centre("CUT", "C1")
    floor.order("A", ("CUT", "10"), quantity="5", setup="20")
    [row] = ScheduledOperation.objects.filter(schedule=floor.schedule())
    assert (row.setup_minutes, row.work_minutes) == (20, 50)
    assert row.ends_at - row.starts_at == timedelta(minutes=70)


# --- moves on the board ------------------------------------------------------------------------


@pytest.fixture
def board(floor: Floor) -> dict[str, ScheduledOperation]:
    """A (cut, then bend) and B (cut): cut by one machine, three hours each."""
    floor.centre("CUT", "C1")
    floor.centre("BEND", "B1", "B2")
    floor.order("A", ("CUT", "120"), ("BEND", "60"), due=0)
    floor.order("B", ("CUT", "120"), due=1)
    schedule = floor.schedule(objective="makespan")
    return {
        f"{row.operation.work_order.item.code}/{row.operation.sequence}": row
        for row in ScheduledOperation.objects.filter(schedule=schedule)
    }


def test_a_move_is_kept_and_pinned(floor: Floor, board: Any) -> None:
    row, by = board["A/20"], floor.plant.books.by
    later = SIX + timedelta(days=1, hours=7, minutes=30)
    moved = move_operation(row, starts_at=later, machine=floor.machines["B2"], by=by)
    assert (moved.starts_at, moved.machine, moved.is_pinned) == (
        later,
        floor.machines["B2"],
        True,
    )
    assert moved.ends_at == SIX + timedelta(days=2, minutes=30), "half of it on the next day"
    services.publish_schedule(moved.schedule, by=by)
    again = floor.schedule(objective="makespan")
    kept = ScheduledOperation.objects.get(schedule=again, operation=row.operation)
    assert (kept.starts_at, kept.machine_id) == (later, floor.machines["B2"].pk)


@pytest.mark.parametrize(
    ("name", "hours", "machine", "code"),
    [
        ("A/20", 12, None, "outside_shift"),
        ("A/20", 0, None, "before_done"),
        ("A/20", 7, "C1", "wrong_machine"),
        ("B/10", 0, None, "machine_busy"),
        ("A/10", 24, None, "after_started"),
    ],
)
def test_a_move_that_breaks_a_rule_is_refused_with_its_cause(
    floor: Floor, board: Any, name: str, hours: int, machine: str | None, code: str
) -> None:
    before = sorted(ScheduledOperation.objects.values_list("pk", "starts_at", "machine_id"))
    if board["A/10"].starts_at != SIX:
        pytest.fail("the longest way goes first")
    with pytest.raises(BusinessError) as refused:
        move_operation(
            board[name],
            starts_at=SIX + timedelta(hours=hours),
            machine=floor.machines.get(machine or ""),
            by=floor.plant.books.by,
        )
    assert refused.value.code == code
    assert before == sorted(ScheduledOperation.objects.values_list("pk", "starts_at", "machine_id"))


# --- what can't be scheduled ---------------------------------------------------------------------


def test_no_calendar_and_bad_limits(floor: Floor) -> None:
    floor.centre("CUT", "C1")
    floor.order("A", ("CUT", "10"))
    Shift.objects.update(is_active=False)
    with pytest.raises(InvalidInput) as refused:
        floor.schedule()
    assert (refused.value.code, refused.value.field) == ("no_calendar", "site")
    assert not ScheduledOperation.objects.exists()
    assert floor.schedule(ignores_calendar=True).operation_count == 1
    for values, code in (
        ({"time_limit_seconds": 0}, "bad_time_limit"),
        ({"horizon_days": 0}, "bad_horizon"),
        ({"objective": "beauty"}, "unknown_objective"),
    ):
        with pytest.raises(InvalidInput) as refused:
            floor.schedule(**values)
        assert refused.value.code == code


def test_nothing_to_do_is_a_schedule_too(floor: Floor) -> None:
    assert (floor.schedule().operation_count, floor.schedule().makespan_minutes) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_in_the_background(floor: Floor) -> None:
    floor.centre("CUT", "C1")
    floor.order("A", ("CUT", "10"))
    books = floor.plant.books
    made = services.create_schedule(
        books.company, site=floor.plant.site, starts_at=SIX, time_limit_seconds=1, by=books.by
    )
    job = run_job(start_schedule(made, by=books.by).pk)
    made.refresh_from_db()
    assert (job.status, made.status) == ("done", "ready")
    assert date(2026, 3, 2) == MONDAY
