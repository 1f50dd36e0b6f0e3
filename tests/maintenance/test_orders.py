"""Orders: their list, their time on the machine, the way through and back."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from apps.core.errors import BusinessError
from apps.maintenance.models import CapacityReservation, MaintenanceOrder
from apps.maintenance.queries.capacity import reserved_intervals
from apps.maintenance.services.failure_codes import create_failure_code
from apps.maintenance.services.order_tasks import Answer, answer_tasks
from apps.maintenance.services.orders import (
    cancel_order,
    change_order,
    close_order,
    complete_order,
    reopen_order,
    start_order,
    wait_for_parts,
)
from apps.maintenance.services.plans import TaskLine
from tests.maintenance.conftest import NOON, D, Workshop
from tests.support.reconciled import assert_reconciled

pytestmark = pytest.mark.django_db

LIST = [
    TaskLine("Lock out", kind="safety"),
    TaskLine("Clean"),
    TaskLine("Pressure", kind="measure", lower_limit=D(5), upper_limit=D(6), unit="bar"),
    TaskLine("Paint", is_required=False),
]


def test_it_is_not_done_while_tasks_are_open(workshop: Workshop) -> None:
    by = workshop.by
    order = workshop.order(workshop.asset(), tasks=LIST)
    lock, clean, pressure, _paint = order.tasks.all()
    with pytest.raises(BusinessError) as refused:
        answer_tasks(order, [Answer(clean, "ok")], by=by)
    assert refused.value.code == "safety_first"
    answer_tasks(order, [Answer(lock, "ok"), Answer(clean, "ok")], by=by)
    with pytest.raises(BusinessError) as refused:
        complete_order(order, by=by)
    assert (refused.value.code, refused.value.field) == ("open_tasks", "tasks")
    assert MaintenanceOrder.objects.get().status == "in_progress"
    for bad, code in (
        (Answer(pressure), "value_required"),
        (Answer(pressure, "ok", D(9)), "outside_limits"),
        (Answer(pressure, "skipped"), "note_required"),
        (Answer(clean), "result_required"),
    ):
        with pytest.raises(BusinessError) as refused:
            answer_tasks(order, [bad], by=by)
        assert (refused.value.code, refused.value.row) == (code, 0)
    [answered] = answer_tasks(order, [Answer(pressure, value=D(9))], by=by)
    assert answered.result == "not_ok", "the value itself says so"
    done = complete_order(order, by=by)
    assert done.status == "done" and done.done_at is not None
    assert close_order(done, by=by).status == "closed"
    assert_reconciled()


def test_the_way_through_and_back(workshop: Workshop) -> None:
    by = workshop.by
    order = wait_for_parts(workshop.order(workshop.asset()), by=by)
    with pytest.raises(BusinessError) as refused:
        complete_order(order, by=by)
    assert refused.value.code == "invalid_transition"
    order = complete_order(start_order(order, by=by), by=by)
    order = reopen_order(close_order(order, by=by), reason="more to do", by=by)
    assert order.status == "done"
    order = reopen_order(order, reason="really", by=by)
    assert (order.status, order.done_at) == ("in_progress", None)
    with pytest.raises(BusinessError):
        reopen_order(order, reason="again", by=by)
    with pytest.raises(BusinessError) as refused:
        cancel_order(order, reason=" ", by=by)
    assert refused.value.code == "reason_required"


def test_a_planned_order_has_its_machine_alone(workshop: Workshop) -> None:
    machine, asset = workshop.machine_asset()
    spindle = workshop.asset("SPINDLE", parent=asset)
    by = workshop.by
    first = workshop.order(asset, "planned", planned_start=NOON, planned_minutes=240)
    with pytest.raises(BusinessError) as refused:
        workshop.order(spindle, "planned", planned_start=NOON + timedelta(hours=3))
    assert (refused.value.code, refused.value.field) == ("machine_reserved", "planned_start")
    assert MaintenanceOrder.objects.count() == 1
    second = workshop.order(spindle, "planned", planned_start=NOON + timedelta(hours=4))

    def taken() -> list[tuple[str, datetime, timedelta]]:
        found = reserved_intervals([machine.pk], NOON, NOON + timedelta(days=9))
        return [(one.order, one.starts_at, one.ends_at - one.starts_at) for one in found]

    assert taken() == [
        (first.number, NOON, timedelta(hours=4)),
        (second.number, NOON + timedelta(hours=4), timedelta(hours=1)),
    ]
    change_order(first, planned_start=NOON + timedelta(days=1), by=by)
    cancel_order(second, reason="not needed", by=by)
    assert taken() == [(first.number, NOON + timedelta(days=1), timedelta(hours=4))]
    workshop.order(workshop.asset("SHED"), "planned", planned_start=NOON)
    assert CapacityReservation.objects.count() == 1, "a shed takes no machine"
    assert_reconciled()


def test_work_done_early_gives_the_machine_back(workshop: Workshop) -> None:
    _machine, asset = workshop.machine_asset()
    soon = timezone.now() + timedelta(days=3)
    order = workshop.order(asset, planned_start=soon)
    complete_order(order, by=workshop.by)
    assert not CapacityReservation.objects.exists()


def test_what_has_begun_keeps_its_list_and_wrong_codes_are_refused(workshop: Workshop) -> None:
    order = workshop.order(workshop.asset())
    with pytest.raises(BusinessError) as refused:
        change_order(order, tasks=LIST, by=workshop.by)
    assert (refused.value.code, refused.value.field) == ("has_begun", "tasks")
    cause = create_failure_code(
        company=workshop.books.company, code="WEAR", name="Wear", kind="cause", by=workshop.by
    )
    with pytest.raises(BusinessError) as refused:
        complete_order(order, failure_mode=cause, by=workshop.by)
    assert (refused.value.code, refused.value.field) == ("wrong_kind", "failure_mode")
    assert complete_order(order, failure_cause=cause, by=workshop.by).failure_cause == cause


def test_an_order_says_what_is_to_be_done(workshop: Workshop) -> None:
    for values, code in (
        ({"title": " "}, "title_required"),
        ({"tasks": [TaskLine(" ")]}, "text_required"),
        ({"tasks": [TaskLine("x", lower_limit=D(1))]}, "no_measure"),
        (
            {"tasks": [TaskLine("x", kind="measure", lower_limit=D(2), upper_limit=D(1))]},
            "limits_crossed",
        ),
    ):
        with pytest.raises(BusinessError) as refused:
            workshop.order(workshop.asset(f"A{code}"), "planned", **values)
        assert refused.value.code == code
    assert not MaintenanceOrder.objects.exists()
