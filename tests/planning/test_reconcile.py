"""Each invariant of planning finds what is broken on purpose."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from apps.core.models import User
from apps.core.reconcile import reconcile
from apps.planning.models import PlannedOrder, ScheduledOperation
from apps.planning.services.schedules import publish_schedule
from tests.factories import make_books
from tests.planning.conftest import Plant
from tests.planning.test_schedules import Floor
from tests.support.faces import ApiClient
from tests.support.reconciled import assert_reconciled

pytestmark = pytest.mark.django_db


def offences(code: str) -> list[dict[str, Any]]:
    [finding] = reconcile([code])
    return finding.offences


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.breaks("plan-company")
def test_rows_of_the_plan_stay_in_their_company(plant: Plant, by: User) -> None:
    plant.sold(plant.item("X"), (7, "3"))
    plant.plan()
    assert_reconciled()
    other = make_books("AWAY", by=by).item("Y")
    PlannedOrder.objects.update(item=other)
    assert [found["kind"] for found in offences("plan-company")] == ["order"]


@pytest.mark.breaks("plan-pegged")
def test_each_order_is_pegged_to_the_last_unit(plant: Plant) -> None:
    plant.sold(plant.item("X"), (7, "3"))
    plant.plan()
    run("UPDATE planning_planneditem SET peg_quantity = ARRAY[1]::bigint[]")
    [found] = offences("plan-pegged")
    assert (found["quantity_good"], float(found["pegged"])) == (3, 0.000001)


@pytest.mark.breaks("plan-ordered")
def test_what_is_ordered_has_its_document(plant: Plant) -> None:
    plant.sold(plant.item("X"), (7, "3"))
    plant.plan()
    PlannedOrder.objects.update(status="ordered")
    assert len(offences("plan-ordered")) == 1


@pytest.mark.breaks("schedule-precedence")
def test_a_published_schedule_keeps_the_order_of_operations(plant: Plant) -> None:
    floor = Floor(plant)
    floor.centre("CUT", "C1")
    floor.centre("BEND", "B1")
    floor.order("A", ("CUT", "60"), ("BEND", "60"), due=3)
    schedule = publish_schedule(floor.schedule(), by=plant.books.by)
    assert_reconciled()
    second = ScheduledOperation.objects.get(schedule=schedule, operation__sequence=20)
    second.starts_at -= timedelta(minutes=30)
    second.save()
    assert len(offences("schedule-precedence")) == 1


def test_why_late_tells_the_binding_resource(plant: Plant) -> None:
    floor = Floor(plant)
    floor.centre("CUT", "C1")
    first = floor.order("A", ("CUT", "400"), due=0)
    second = floor.order("B", ("CUT", "400"), due=0)
    schedule = floor.schedule()
    answer = ApiClient(plant.books.by).get(f"/planning/schedules/{schedule.pk}/why-late/")
    [late] = answer.body["results"]
    assert (late["cause"], late["machine"]) == ("machine", "C1")
    assert {late["number"], late["behind"]} == {first.number, second.number}
