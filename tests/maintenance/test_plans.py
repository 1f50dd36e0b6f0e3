"""Plans that can be, and the orders they make: once, and in time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from apps.core.errors import BusinessError
from apps.maintenance.models import MaintenanceOrder, MaintenancePlan
from apps.maintenance.queries.performance import compliance
from apps.maintenance.services.due_orders import generate_due_orders
from apps.maintenance.services.meters import read_meter
from apps.maintenance.services.orders import (
    cancel_order,
    complete_order,
    release_order,
    reopen_order,
    start_order,
)
from apps.maintenance.services.plans import PartLine, TaskLine, update_plan
from apps.maintenance.tasks import generate_orders
from apps.masterdata.models import Holiday
from tests.maintenance.conftest import D, Workshop
from tests.support.reconciled import assert_reconciled

pytestmark = pytest.mark.django_db

MONDAY = datetime(2026, 3, 9, 7, tzinfo=UTC)


def done(order: MaintenanceOrder, workshop: Workshop) -> MaintenanceOrder:
    order = start_order(release_order(order, by=workshop.by), by=workshop.by)
    return complete_order(order, by=workshop.by)


@pytest.mark.parametrize(
    ("values", "code", "field"),
    [
        ({}, "no_trigger", "interval_days"),
        ({"interval_days": 30}, "starts_on_required", "starts_on"),
        ({"interval_units": D(250)}, "meter_required", "meter"),
        ({"interval_days": 0, "starts_on": date(2026, 1, 1)}, "not_positive", "interval_days"),
    ],
)
def test_a_plan_that_is_never_due_is_refused(
    workshop: Workshop, values: dict[str, Any], code: str, field: str
) -> None:
    with pytest.raises(BusinessError) as refused:
        workshop.plan(workshop.asset(), "PM", **values)
    assert (refused.value.code, refused.value.field) == (code, field)
    assert not MaintenancePlan.objects.exists()


def test_a_plan_is_not_included_in_itself_nor_in_another_assets(workshop: Workshop) -> None:
    asset = workshop.asset()
    days = {"interval_days": 30, "starts_on": date(2026, 1, 1)}
    minor = workshop.plan(asset, "MINOR", **days)
    major = workshop.plan(asset, "MAJOR", **days)
    update_plan(minor, suppressed_by=major, by=workshop.by)
    with pytest.raises(BusinessError) as refused:
        update_plan(major, suppressed_by=minor, by=workshop.by)
    assert (refused.value.code, refused.value.field) == ("circular", "suppressed_by")
    with pytest.raises(BusinessError) as refused:
        workshop.plan(workshop.asset("OTHER"), "X", suppressed_by=major, **days)
    assert refused.value.code == "other_asset"
    meter = workshop.meter(workshop.asset("THIRD"))
    with pytest.raises(BusinessError) as refused:
        workshop.plan(asset, "Y", meter=meter, interval_units=D(5))
    assert (refused.value.code, refused.value.field) == ("other_asset", "meter")


def test_what_is_due_is_ordered_once_with_its_list_and_parts(workshop: Workshop) -> None:
    _machine, asset = workshop.machine_asset()
    seal = workshop.part()
    plan = workshop.plan(
        asset,
        "PM",
        interval_days=30,
        starts_on=date(2026, 2, 10),
        lead_days=7,
        planned_minutes=240,
        tasks=[TaskLine("Clean")],
        parts=[PartLine(seal, D(2))],
    )
    assert (
        generate_due_orders(workshop.books.company, at=MONDAY - timedelta(days=9), by=workshop.by)
        == []
    )
    [order] = generate_due_orders(workshop.books.company, at=MONDAY, by=workshop.by)
    assert generate_due_orders(workshop.books.company, at=MONDAY, by=workshop.by) == []
    assert (order.plan, order.due_on, order.kind) == (plan, date(2026, 3, 12), "preventive")
    assert order.planned_start == datetime(2026, 3, 12, 6, tzinfo=UTC), "the shift begins at six"
    assert [task.text for task in order.tasks.all()] == ["Clean"]
    assert [part.quantity for part in order.parts.all()] == [2]
    update_plan(plan, tasks=[TaskLine("Other")], by=workshop.by)
    assert [task.text for task in order.tasks.all()] == ["Clean"], "orders keep what they have"


def test_two_services_of_one_day_follow_each_other(workshop: Workshop) -> None:
    _machine, asset = workshop.machine_asset()
    for code in ("P1", "P2"):
        workshop.plan(
            asset, code, interval_days=30, starts_on=date(2026, 2, 10), planned_minutes=240
        )
    orders = generate_due_orders(workshop.books.company, at=MONDAY, by=workshop.by)
    assert [order.planned_start.hour for order in orders] == [6, 10]


def test_a_calendar_without_time_is_refused(workshop: Workshop) -> None:
    _machine, asset = workshop.machine_asset()
    workshop.plan(asset, "PM", interval_days=30, starts_on=date(2026, 2, 10))
    for n in range(70):
        Holiday(
            company=workshop.books.company, date=date(2026, 3, 9) + timedelta(days=n), name="Closed"
        ).save_by(workshop.by)
    with pytest.raises(BusinessError) as refused:
        generate_due_orders(workshop.books.company, at=MONDAY, by=workshop.by)
    assert (refused.value.code, refused.value.field) == ("no_working_time", "planned_start")
    assert not MaintenanceOrder.objects.exists()
    workshop.plan(workshop.asset("SHED"), "ROOF", interval_days=30, starts_on=date(2026, 2, 10))
    [order] = generate_due_orders(workshop.books.company, at=MONDAY, by=workshop.by)
    assert order.title == "ROOF", "what can be placed is ordered all the same"


def test_skipped_done_and_reopened(workshop: Workshop) -> None:
    asset, company, by = workshop.asset(), workshop.books.company, workshop.by
    workshop.plan(asset, "PM", interval_days=30, starts_on=date(2026, 1, 1), lead_days=0)
    [first] = generate_due_orders(company, at=MONDAY, by=by)
    assert first.due_on == date(2026, 1, 31)
    cancel_order(first, reason="skip", by=by)
    [second] = generate_due_orders(company, at=MONDAY, by=by)
    assert second.due_on == date(2026, 3, 2)
    second = done(second, workshop)  # today, which is later than all of this
    assert generate_due_orders(company, at=MONDAY, by=by) == []
    late = datetime(2027, 6, 1, tzinfo=UTC)
    [third] = generate_due_orders(company, at=late, by=by)
    with pytest.raises(BusinessError) as refused:
        reopen_order(second, reason="forgot", by=by)
    assert refused.value.code == "next_is_open"
    kept = compliance([asset.pk], date(2026, 1, 1), date(2026, 3, 31), grace_days=0)
    assert (kept.due, kept.in_time, kept.share) == (2, 0, 0)
    assert third.due_on > second.due_on
    assert_reconciled()


def test_a_meter_read_by_hand_makes_it_due(workshop: Workshop) -> None:
    asset, by = workshop.asset(), workshop.by
    meter = workshop.meter(asset)
    workshop.plan(asset, "PM", meter=meter, interval_units=D(250), lead_days=0)
    read_meter(meter, reading=D(240), read_at=MONDAY - timedelta(days=2), by=by)
    assert generate_due_orders(workshop.books.company, at=MONDAY, by=by) == []
    read_meter(meter, reading=D(255), read_at=MONDAY, by=by)
    [order] = generate_due_orders(workshop.books.company, at=MONDAY, by=by)
    assert (order.due_total, order.due_on) == (250, date(2026, 3, 9))
    assert done(order, workshop).done_total == 255


def test_the_task_orders_in_every_company(workshop: Workshop) -> None:
    workshop.plan(workshop.asset(), "PM", interval_days=30, starts_on=date(2026, 1, 1))
    assert generate_orders() == 1
    assert generate_orders() == 0
    assert MaintenanceOrder.objects.get().created_by == workshop.by
