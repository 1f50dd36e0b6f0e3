"""What maintenance has reserved is no capacity: for schedules, for moves, for the load."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from apps.core.errors import BusinessError
from apps.maintenance.models import CapacityReservation, MaintenanceOrder
from apps.masterdata.models import Machine
from apps.planning.models import ScheduledOperation
from apps.planning.queries.capacity import capacity_load
from apps.planning.queries.reserved import joined, without
from apps.planning.services.schedule_moves import move_operation
from tests.architecture.rows import make_row
from tests.planning.conftest import MONDAY, Plant
from tests.planning.test_schedules import SIX, Floor

pytestmark = pytest.mark.django_db


@pytest.fixture
def floor(plant: Plant) -> Floor:
    return Floor(plant)


def reserve(floor: Floor, machine: Machine, since: datetime, until: datetime) -> None:
    books = floor.plant.books
    order = make_row(MaintenanceOrder, books.company, books.by)
    CapacityReservation.objects.create(
        company=books.company, order=order, machine=machine, starts_at=since, ends_at=until
    )


def test_work_waits_until_the_machine_is_back(floor: Floor) -> None:
    floor.centre("CUT", "C1")
    floor.order("A", ("CUT", "120"))
    reserve(floor, floor.machines["C1"], SIX, SIX + timedelta(hours=3))
    [row] = ScheduledOperation.objects.filter(schedule=floor.schedule(objective="makespan"))
    assert row.starts_at >= SIX + timedelta(hours=3)


def test_the_other_machine_takes_the_work(floor: Floor) -> None:
    floor.centre("CUT", "C1", "C2")
    floor.order("A", ("CUT", "120"))
    reserve(floor, floor.machines["C1"], SIX, SIX + timedelta(days=5))
    [row] = ScheduledOperation.objects.filter(schedule=floor.schedule(objective="makespan"))
    assert (row.machine, row.starts_at) == (floor.machines["C2"], SIX)


def test_work_does_not_run_through_a_reservation(floor: Floor) -> None:
    floor.centre("CUT", "C1")
    floor.order("A", ("CUT", "120"))
    begins, ends = SIX + timedelta(hours=1), SIX + timedelta(hours=2)
    reserve(floor, floor.machines["C1"], begins, ends)
    [row] = ScheduledOperation.objects.filter(schedule=floor.schedule(objective="makespan"))
    assert row.starts_at >= ends or row.ends_at <= begins


def test_a_move_onto_a_reservation_is_refused(floor: Floor) -> None:
    floor.centre("CUT", "C1")
    floor.order("A", ("CUT", "60"))
    [row] = ScheduledOperation.objects.filter(schedule=floor.schedule(objective="makespan"))
    begins = SIX + timedelta(days=1, hours=2)
    reserve(floor, floor.machines["C1"], begins, begins + timedelta(hours=1))
    with pytest.raises(BusinessError) as refused:
        move_operation(row, starts_at=begins, by=floor.plant.books.by)
    assert (refused.value.code, refused.value.field) == ("machine_reserved", "machine")
    assert ScheduledOperation.objects.get(pk=row.pk).starts_at == SIX


def test_work_pinned_on_a_reservation_stays_there(floor: Floor) -> None:
    floor.centre("CUT", "C1")
    floor.order("A", ("CUT", "60"))
    [row] = ScheduledOperation.objects.filter(schedule=floor.schedule(objective="makespan"))
    moved = move_operation(row, starts_at=SIX + timedelta(hours=2), by=floor.plant.books.by)
    reserve(floor, floor.machines["C1"], SIX, SIX + timedelta(hours=8))
    services_row = ScheduledOperation.objects.get(pk=moved.pk)
    assert services_row.is_pinned
    again = floor.schedule(objective="makespan")
    assert ScheduledOperation.objects.filter(schedule=again).count() == 1


def test_the_load_counts_reserved_hours_once(floor: Floor) -> None:
    floor.centre("CUT", "C1", "C2")

    def capacities() -> list[Decimal]:
        [centre] = capacity_load(floor.plant.site, MONDAY, weeks=2)
        return [week.capacity for week in centre.weeks]

    before = capacities()
    start = datetime(2026, 3, 3, 8, tzinfo=UTC)
    reserve(floor, floor.machines["C1"], start, start + timedelta(hours=2))
    night = datetime.combine(date(2026, 3, 4), datetime.min.time(), UTC)
    reserve(floor, floor.machines["C2"], night, night + timedelta(hours=1))
    after = capacities()
    assert after[1] == before[1]
    assert Decimal("1.5") <= before[0] - after[0] <= 2, "working hours only, each once"


def test_spans() -> None:
    assert joined([(5, 6), (1, 3), (2, 4), (6, 7)]) == [(1, 4), (5, 7)]
    assert without([(0, 10)], [(3, 4), (9, 20)]) == [(0, 3), (4, 9)]
    assert without([(0, 10)], [(0, 10)]) == []
    assert without([], [(0, 10)]) == []
