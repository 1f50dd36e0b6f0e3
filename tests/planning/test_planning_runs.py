"""The plan of a plant: levels, lots, lead times, fences, what is firm, and what makes it fail."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from typing import Any

import pytest

from apps.core.errors import InvalidInput
from apps.core.models import Site
from apps.core.services.jobs import run_job
from apps.execution.services.work_orders import update_work_order
from apps.inventory.models import ExpectedMove, Location
from apps.masterdata.models import Holiday, Shift
from apps.planning.jobs import start_planning_run
from apps.planning.models import (
    ActionMessage,
    ItemPlanning,
    MasterScheduleLine,
    Pegging,
    PlannedOrder,
    PlanningRun,
)
from apps.planning.queries.pegging import PegMap, demands_of, end_demands, supplies_of
from apps.planning.services import planned_orders as services
from apps.planning.services.forecasts import create_schedule_line
from apps.planning.services.planning_runs import calculate_plan, create_planning_run
from tests.planning.conftest import MONDAY, Plant, day
from tests.support.reconciled import assert_reconciled
from tests.support.unchanged import nothing_written

pytestmark = pytest.mark.django_db


def test_levels_lead_times_and_scrap(plant: Plant) -> None:
    """A of 2 B and 3 C; B of 1 C with 20 % scrap: C is planned after both."""
    c = plant.item("C", lead_time_days=3)
    b = plant.made("B", lead_time_days=2)
    plant.bom(b, (c, "1"), scrap_percent=Decimal(20))
    a = plant.made("A", (b, "2"), (c, "3"), lead_time_days=1)
    plant.sold(a, (28, "10"))  # a Monday
    plant.plan()
    assert plant.orders(a) == [(25, 28, Decimal(10))]  # over the weekend
    assert plant.orders(b) == [(23, 25, Decimal(20))]
    assert plant.orders(c) == [(18, 23, Decimal(25)), (22, 25, Decimal(30))]
    assert_reconciled()


def test_holidays_are_no_working_days(plant: Plant) -> None:
    item = plant.item("X", lead_time_days=1)
    Holiday(company=plant.books.company, site=plant.site, date=day(8), name="Feast").save_by(
        plant.books.by
    )
    plant.sold(item, (9, "1"))
    plant.plan()
    assert plant.orders(item) == [(7, 9, Decimal(1))]


@pytest.mark.parametrize(
    ("planning", "expected"),
    [
        ({}, [(7, 7), (8, 5), (10, 4)]),
        ({"lot_rule": "fixed", "lot_size": 5}, [(7, 5), (7, 5), (8, 5), (10, 5)]),
        ({"lot_rule": "multiple", "lot_minimum": 6, "lot_multiple": 4}, [(7, 8), (8, 8)]),
        ({"lot_rule": "period", "period_days": 2}, [(7, 12), (10, 4)]),
        ({"safety_stock": 3}, [(0, 3), (7, 7), (8, 5), (10, 4)]),
        ({"safety_days": 2}, [(3, 7), (4, 5), (8, 4)]),
        ({"scrap_percent": 50}, [(7, 14), (8, 10), (10, 8)]),
        ({"planning_fence_days": 9}, [(9, 12), (10, 4)]),
    ],
)
def test_policies(plant: Plant, planning: dict[str, Any], expected: list[Any]) -> None:
    item = plant.item("X")
    if planning:
        plant.planned(item, **planning)
    plant.sold(item, (7, "7"), (8, "5"), (10, "4"))
    plant.plan()
    assert [(due, quantity) for _start, due, quantity in plant.orders(item)] == [
        (due, Decimal(quantity)) for due, quantity in expected
    ]


def test_pegs_lead_from_the_customer_to_the_supplier(plant: Plant) -> None:
    c = plant.stocked(plant.item("C", lead_time_days=1), "5")
    b = plant.made("B", (c, "2"), lead_time_days=1)
    a = plant.made("A", (b, "1"), lead_time_days=1)
    first, second = plant.sold(a, (14, "3")), plant.sold(a, (14, "4"))
    plant.plan()
    [top] = PlannedOrder.objects.filter(item=a)
    [middle] = PlannedOrder.objects.filter(item=b)
    [bottom] = PlannedOrder.objects.filter(item=c)
    pegs = PegMap(plant.books.company.pk)
    assert [
        (one.document.number, one.quantity) for one in demands_of(top, pegs) if one.document
    ] == [(first.number, 3), (second.number, 4)]
    assert [(one.order_id, one.quantity) for one in demands_of(bottom, pegs)] == [(middle.pk, 9)]
    assert [(one.kind, one.quantity) for one in supplies_of(middle, pegs)] == [
        ("stock", 5),
        ("planned", 9),
    ]
    ends = [one.document.number for one in end_demands(bottom) if one.document]
    assert ends == [first.number, second.number]


def test_two_parents_share_what_comes_first(plant: Plant) -> None:
    c = plant.stocked(plant.item("C"), "6")
    a, b = plant.made("A", (c, "1")), plant.made("B", (c, "1"))
    plant.sold(a, (14, "4"))
    plant.sold(b, (14, "4"))
    plant.plan()
    pegs = PegMap(plant.books.company.pk)
    found = {
        item.code: [(s.kind, s.quantity) for s in supplies_of(order, pegs)]
        for item in (a, b)
        for order in PlannedOrder.objects.filter(item=item)
    }
    assert found == {"A": [("stock", 4)], "B": [("stock", 2), ("planned", 2)]}
    [order] = PlannedOrder.objects.filter(item=c)
    [served] = demands_of(order, pegs)
    assert (served.item_id, served.quantity) == (b.pk, 2)


def test_a_phantom_is_blown_through(plant: Plant) -> None:
    c = plant.item("C")
    kit = plant.item("KIT", kind="phantom")
    plant.bom(kit, (c, "3"))
    a = plant.made("A", (kit, "2"))
    plant.sold(a, (14, "1"))
    plant.plan()
    assert plant.orders(c) == [(14, 14, Decimal(6))]
    assert plant.orders(kit) == []


# --- what people decide ----------------------------------------------------------------------


def test_firm_orders_stay_and_feed_their_components(plant: Plant) -> None:
    c = plant.item("C")
    a = plant.made("A", (c, "1"))
    plant.sold(a, (14, "5"))
    plant.plan()
    [order] = PlannedOrder.objects.filter(item=a)
    changed = services.change_planned_order(
        order, quantity=Decimal(8), start_date=day(7), due_date=day(11), by=plant.books.by
    )
    assert changed.status == "firm"
    plant.plan()
    [kept] = PlannedOrder.objects.filter(item=a)
    assert (kept.pk, kept.quantity, kept.start_date) == (order.pk, 8, day(7))
    assert plant.orders(c) == [(7, 7, Decimal(8))]
    services.release_firm_order(kept, by=plant.books.by)
    plant.plan()
    assert plant.orders(a) == [(14, 14, Decimal(5))]


def test_ordering_makes_one_purchase_per_supplier_and_links(plant: Plant) -> None:
    other = plant.books.partner("OTHER")
    c, d = plant.item("C"), plant.item("D", default_supplier=other)
    a = plant.made("A", (c, "1"), (d, "2"), lead_time_days=2)
    plant.sold(a, (14, "5"), (21, "6"))
    plant.plan()
    orders = list(PlannedOrder.objects.all())
    made = services.order_planned_orders(orders, by=plant.books.by, release=True)
    assert len(made.purchase_orders) == 2
    assert {p.status for p in made.purchase_orders} == {"confirmed"}
    assert [w.status for w in made.work_orders] == ["released", "released"]
    for order in PlannedOrder.objects.all():
        assert order.status == "ordered"
        assert (order.work_order_id is None) == (order.kind == "buy")
        assert (order.purchase_order_id is None) == (order.kind == "make")
    assert plant.plan().order_count == 0
    assert_reconciled()


def test_a_draft_that_was_changed_by_hand_is_planned_with(plant: Plant) -> None:
    c = plant.item("C")
    a = plant.made("A", (c, "1"))
    plant.sold(a, (14, "5"))
    plant.plan()
    made = services.order_planned_orders(
        list(PlannedOrder.objects.filter(item=a)), by=plant.books.by
    )
    [draft] = made.work_orders
    update_work_order(
        draft, quantity=Decimal(3), start_date=day(8), due_date=day(9), by=plant.books.by
    )
    plant.plan()
    new = PlannedOrder.objects.filter(item=a, status="planned")
    assert [o.quantity for o in new] == [2]
    [link] = PlannedOrder.objects.filter(item=a, status="ordered")
    assert (link.quantity, link.due_date) == (3, day(9))
    assert [(start, q) for start, _due, q in plant.orders(c)] == [(8, 3), (14, 2)]


def test_nothing_is_ordered_when_one_has_no_supplier(plant: Plant) -> None:
    c, d = plant.item("C"), plant.item("D", default_supplier=None)
    plant.sold(c, (14, "1"))
    plant.sold(d, (14, "1"))
    plant.plan()
    with pytest.raises(InvalidInput) as refused:
        services.order_planned_orders(list(PlannedOrder.objects.all()), by=plant.books.by)
    assert (refused.value.code, refused.value.field, refused.value.row) == (
        "no_supplier",
        "default_supplier",
        1,
    )
    assert ExpectedMove.objects.filter(direction="in").count() == 0
    assert not PlannedOrder.objects.exclude(status="planned").exists()


# --- messages --------------------------------------------------------------------------------


def messages(plant: Plant) -> dict[str, ActionMessage]:
    return {m.kind: m for m in ActionMessage.objects.all()}


@pytest.mark.parametrize(
    ("comes", "kind", "new_day", "new_quantity", "amount"),
    [
        ((21, "10"), "expedite", 14, None, 50),  # 10 sold at 5
        ((7, "10"), "defer", 14, None, -20),
        ((14, "12"), "decrease", None, 10, -4),
        ((14, "10"), None, None, None, 0),
    ],
)
def test_what_is_on_order_against_what_is_needed(
    plant: Plant, comes: Any, kind: Any, new_day: Any, new_quantity: Any, amount: int
) -> None:
    item = plant.item("X", sales_price=Decimal(5))
    plant.bought(item, comes)
    plant.sold(item, (14, "10"))
    plant.plan()
    assert plant.orders(item) == []
    found = messages(plant)
    if kind is None:
        assert not found
        return
    message = found[kind]
    assert message.new_date == (None if new_day is None else day(new_day))
    assert message.new_quantity == new_quantity
    assert message.amount == amount
    assert message.order_number.startswith("PO-")


def test_cancel_increase_release_and_past_due(plant: Plant) -> None:
    idle = plant.item("IDLE")
    plant.bought(idle, (7, "4"))
    more = plant.item("MORE")
    plant.bought(more, (7, "4"))
    plant.sold(more, (7, "9"))
    now = plant.item("NOW", lead_time_days=5)
    plant.sold(now, (7, "1"))
    late = plant.item("LATE", lead_time_days=8)
    sale = plant.sold(late, (7, "1"))
    plant.plan()
    found = {m.item.code: m for m in ActionMessage.objects.select_related("item")}
    assert {code: m.kind for code, m in found.items()} == {
        "IDLE": "cancel",
        "MORE": "increase",
        "NOW": "release",
        "LATE": "past_due",
    }
    assert found["MORE"].new_quantity == 9
    assert (found["MORE"].amount, found["IDLE"].amount) == (10, -8)
    assert found["LATE"].date < MONDAY
    assert found["LATE"].trigger["demand_number"] == sale.number


# --- what can't be planned -------------------------------------------------------------------


def refused(plant: Plant, **values: Any) -> InvalidInput:
    """Planning fails, and the plan that was there still stands."""
    before = PlannedOrder.objects.count(), Pegging.objects.count()
    run = create_planning_run(
        plant.books.company, site=plant.site, planned_on=MONDAY, by=plant.books.by, **values
    )
    with nothing_written(), pytest.raises(InvalidInput) as caught:
        calculate_plan(run, by=plant.books.by)
    assert (PlannedOrder.objects.count(), Pegging.objects.count()) == before
    return caught.value


@pytest.mark.django_db(transaction=True)
def test_a_circle_in_the_bills_is_named(plant: Plant) -> None:
    a, b = plant.made("A"), plant.made("B")
    plant.bom(a, (b, "1"))
    plant.sold(a, (14, "1"))
    plant.plan()
    plant.bom(b, (a, "1"))
    error = refused(plant)
    assert (error.code, error.field) == ("circular_bom", "bom")
    assert set(error.details["items"]) == {"A", "B"}


@pytest.mark.django_db(transaction=True)
def test_a_site_without_a_calendar(plant: Plant) -> None:
    plant.sold(plant.item("X"), (14, "1"))
    plant.plan()
    Shift.objects.all().delete()
    error = refused(plant)
    assert (error.code, error.field) == ("no_calendar", "site")


@pytest.mark.django_db(transaction=True)
def test_a_job_that_fails_says_why_and_can_be_started_again(plant: Plant) -> None:
    plant.sold(plant.item("X"), (14, "1"))
    shift = Shift.objects.get()
    shift.is_active = False
    shift.save_by(plant.books.by)
    run = create_planning_run(
        plant.books.company, site=plant.site, planned_on=MONDAY, by=plant.books.by
    )
    job = run_job(start_planning_run(run, by=plant.books.by).pk)
    run.refresh_from_db()
    assert (job.status, run.status) == ("failed", "failed")
    assert "calendar" in run.message
    shift.is_active = True
    shift.save_by(plant.books.by)
    job = run_job(start_planning_run(run, by=plant.books.by).pk)
    run.refresh_from_db()
    assert (job.status, job.percent, run.status, run.order_count) == ("done", 100, "done", 1)


@pytest.mark.parametrize("days", [0, 1831])
def test_a_horizon_out_of_bounds(plant: Plant, days: int) -> None:
    with pytest.raises(InvalidInput) as caught:
        create_planning_run(plant.books.company, horizon_days=days, by=plant.books.by)
    assert caught.value.code == "bad_horizon"
    assert not PlanningRun.objects.exists()


@pytest.mark.parametrize(
    ("values", "code", "field"),
    [
        ({"lot_rule": "fixed"}, "lot_size_required", "lot_size"),
        ({"lot_rule": "period"}, "period_required", "period_days"),
        ({"lot_rule": "multiple"}, "lot_size_required", "lot_multiple"),
        ({"source": "transfer"}, "source_site_required", "source_site"),
        ({"source": "make"}, "not_made", "source"),
        ({"scrap_percent": 100}, "bad_scrap", "scrap_percent"),
    ],
)
def test_planning_that_can_not_be(
    plant: Plant, values: dict[str, Any], code: str, field: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        plant.planned(plant.item("X"), **values)
    assert (caught.value.code, caught.value.field) == (code, field)
    assert not ItemPlanning.objects.exists()


def test_a_plan_of_nothing(plant: Plant) -> None:
    run = plant.plan(planned_on=date(2026, 3, 3))
    assert (run.planned_on, run.order_count, run.item_count) == (date(2026, 3, 3), 0, 0)


def test_the_master_schedule_decides_and_is_ordered_once(plant: Plant) -> None:
    """An item planned by its master schedule: its lines come in, demand makes nothing new."""
    c = plant.item("C")
    a = plant.made("A", (c, "2"), lead_time_days=1)
    plant.planned(a, policy="mps")
    plant.sold(a, (14, "50"))
    by, company = plant.books.by, plant.books.company
    for on, quantity in ((10, 20), (400, 5)):
        create_schedule_line(
            company, item=a, site=plant.site, due_date=day(on), quantity=Decimal(quantity), by=by
        )
    plant.plan()
    assert plant.orders(a) == [(9, 10, Decimal(20))]
    assert plant.orders(c) == [(9, 9, Decimal(40))]
    shortage = ActionMessage.objects.get(kind="shortage")
    assert (shortage.item, shortage.quantity) == (a, 30)
    assert_reconciled()
    [order] = PlannedOrder.objects.filter(item=a)
    services.order_planned_orders([order], by=by)
    plant.plan()
    assert plant.orders(a) == [(9, 10, Decimal(20))]
    assert MasterScheduleLine.objects.filter(is_active=True).count() == 1
    assert_reconciled()


def test_goods_from_another_site(plant: Plant) -> None:
    """A transfer asks the other site; both are planned in one run."""
    books = plant.books
    east = Site(company=books.company, code="EAST", name="East").save_by(books.by)
    Shift(
        company=books.company, code="E", name="E", site=east, starts_at=time(6), ends_at=time(14)
    ).save_by(books.by)
    Location(company=books.company, code="ESTOCK", name="East", site=east).save_by(books.by)
    item = plant.item("X", lead_time_days=1)
    plant.planned(item, source="transfer", source_site=east, lead_time_days=2)
    plant.sold(item, (9, "7"))
    plant.plan(site=None)
    found = {
        (o.kind, o.site.code): (o.start_date, o.due_date, o.quantity)
        for o in PlannedOrder.objects.all()
    }
    assert found == {
        ("transfer", "MAIN"): (day(7), day(9), Decimal(7)),
        ("buy", "EAST"): (day(4), day(7), Decimal(7)),
    }
    [transfer] = PlannedOrder.objects.filter(kind="transfer")
    made = services.order_planned_orders([transfer], by=books.by)
    assert [d.kind for d in made.stock_documents] == ["transfer"]
    assert_reconciled()
