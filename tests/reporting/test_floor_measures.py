"""Figures of the floor and the stock against a small factory."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from apps.execution.models import WorkOrder
from apps.execution.services.closing import close_work_order
from apps.execution.services.reversals import reverse_production_report
from apps.execution.services.stop_reasons import classify_stop
from apps.execution.services.work_orders import hold_work_order
from apps.hr.models import Employee
from apps.inventory.services.lots import NewLot, create_lots, hold_lots, release_lots
from apps.reporting.measures import charts, worklists
from apps.reporting.queries.readings import read_charts, read_worklists
from tests.execution.conftest import Factory
from tests.execution.machines import Shopfloor
from tests.factories import make_site
from tests.reporting.conftest import DAY, at_noon, makeable, read
from tests.support.faces import make_member

Value = Callable[..., Any]


def assembly(factory: Factory) -> WorkOrder:
    """Ten of an item made of two parts at 3, in two steps of a minute at 60 an hour."""
    part = factory.stocked(factory.item("PART"), "100", "3")
    made = factory.made("GEAR")
    factory.bom(made, (part, "2"))
    factory.routing(
        made, (factory.work_centre("CUT", "60"), "1"), (factory.work_centre("FIT"), "1")
    )
    return factory.order(made, "10")


def test_production_yield_scrap_and_wip(factory: Factory, value: Value) -> None:
    order = assembly(factory)
    cut, fit = order.operations.all()
    assert value("yield_month") is None
    factory.report(order, "8", operation=cut, labour_minutes=Decimal(10))
    assert value("good_today") == 0, "units are good once the last operation is done"
    assert value("wip") > 0
    reason = factory.scrap_reason()
    factory.report(order, "4", operation=fit, quantity_scrap=Decimal(1), scrap_reason=reason)
    assert value("good_today") == 4
    assert value("yield_month") == 80
    assert value("my_reports_today") == 2
    scrap = factory.books.balance("5100")
    assert value("scrap_cost_month") == scrap > 0
    assert value("wip") == factory.books.balance("1350")
    [by_reason] = read_charts([charts()["scrap_by_reason"]], at_noon(factory.books.by))
    assert (by_reason.labels, by_reason.series) == (["BURR"], {"EUR": [scrap]})


def test_a_reversed_report_counts_no_more(factory: Factory, value: Value) -> None:
    order = assembly(factory)
    cut, fit = order.operations.all()
    factory.report(order, "8", operation=cut)
    report = factory.report(order, "4", operation=fit)
    reverse_production_report(report, reason="wrong order", by=factory.books.by, date=DAY)
    assert value("good_today") == 0
    assert value("my_reports_today") == 1


def test_work_orders_by_what_they_wait_for(factory: Factory, value: Value) -> None:
    item = makeable(factory, "PLATE")
    due = {"yesterday": DAY - timedelta(days=1), "today": DAY}
    orders = {}
    for name, day in due.items():
        orders[name] = factory.order(item, "5")
        WorkOrder.objects.filter(pk=orders[name].pk).update(due_date=day)
    draft = factory.order(item, "1", release=False)
    assert value("work_orders_open") == 2
    assert read(factory.books.by, "work_orders_late").keys == (orders["yesterday"].pk,)
    assert read(factory.books.by, "work_orders_draft").keys == (draft.pk,)
    hold_work_order(orders["today"], reason="no tool", by=factory.books.by)
    factory.report(orders["yesterday"], "2")
    [plot] = read_charts([charts()["work_orders_by_status"]], at_noon(factory.books.by))
    assert dict(zip(plot.labels, plot.series["Work orders"], strict=True)) == {
        "Running": 1,
        "Held": 1,
    }
    [filled] = read_worklists([worklists()["work_orders_next"]], at_noon(factory.books.by))
    assert [(e.key, e.due_date, e.share_done) for e in filled.entries] == [
        (orders["yesterday"].pk, due["yesterday"], Decimal("0.4")),
        (orders["today"].pk, DAY, 0),
    ]
    factory.report(orders["yesterday"], "3")
    assert value("work_orders_to_close") == 1
    close_work_order(
        WorkOrder.objects.get(pk=orders["yesterday"].pk), date=DAY, by=factory.books.by
    )
    assert value("work_orders_to_close") == 0


def test_production_by_day_and_shift(factory: Factory, floor: Shopfloor) -> None:
    order = factory.order(makeable(factory, "PLATE"), "10")
    factory.report(order, "3", shift=floor.shift)
    factory.report(order, "2", quantity_scrap=Decimal(1), scrap_reason=factory.scrap_reason())
    asked = at_noon(factory.books.by)
    days, shifts = read_charts([charts()["production_days"], charts()["production_shifts"]], asked)
    assert (days.labels[0], days.labels[-1], len(days.labels)) == ("02-25", "03-10", 14)
    assert {name: values[-1] for name, values in days.series.items()} == {
        "Good": 5,
        "Scrap": 1,
        "Due": 10,
    }
    assert not any(any(values[:-1]) for values in days.series.values())
    by_shift = dict(zip(shifts.labels, shifts.series["Good"], strict=True))
    assert by_shift == {"03-10 EARLY": 3, "03-10 –": 2}


def test_machines_and_what_their_stops_cost(floor: Shopfloor, value: Value) -> None:
    first, second, third = (floor.machine(code) for code in ("M1", "M2", "M3"))
    floor.send(
        floor.state(first, 0, "running"),
        floor.state(first, 60, "stopped"),
        floor.state(first, 120, "running"),
        floor.state(second, 0, "running"),
        floor.state(second, 420, "stopped"),
    )
    assert value("machines_running") == 1
    assert read(floor.books.by, "machines_running").rows == 3
    assert read(floor.books.by, "machines_stopped").keys == (second.pk,)
    assert value("stops_without_reason") == 2
    assert value("stop_hours_month") == 2, "an hour, and an hour that still lasts"
    assert value("downtime_cost_month") == floor.books.balance("5110") == 60
    stop = first.intervals.get(state="stopped")
    classify_stop(stop, reason=floor.reason("LUNCH", is_planned=True), by=floor.books.by)
    assert value("stops_without_reason") == 1
    assert value("stop_hours_month") == 1
    assert value("downtime_cost_month") == 0
    asked = at_noon(floor.books.by)
    [states] = read_charts([charts()["machine_states"]], asked)
    assert dict(zip(states.labels, states.series["Machines"], strict=True)) == {
        "Running": 1,
        "Stopped": 1,
        "Not heard of": 1,
    }
    [filled] = read_worklists([worklists()["machines_now"]], asked)
    assert [entry.key for entry in filled.entries] == [second.pk, first.pk, third.pk]


def test_downtime_by_reason(floor: Shopfloor) -> None:
    machine = floor.machine()
    floor.reason("JAM")
    floor.send(
        floor.state(machine, 0, "stopped", "JAM"),
        floor.state(machine, 30, "running"),
        floor.state(machine, 90, "stopped"),
        floor.state(machine, 100, "running"),
    )
    [plot] = read_charts([charts()["downtime_by_reason"]], at_noon(floor.books.by))
    assert plot.labels == ["JAM", "No reason"]
    assert plot.series == {"EUR": [30, 10]}


def test_oee_of_a_work_centre_sums_before_it_divides(floor: Shopfloor) -> None:
    first, second = floor.machine("M1", ideal="60"), floor.machine("M2", ideal="60")
    floor.send(
        floor.state(first, 0, "running"),
        floor.state(second, 0, "running"),
        floor.count(first, 400, 420),
    )
    [plot] = read_charts([charts()["oee"]], at_noon(floor.books.by))
    assert plot.labels == ["PRESS"]
    assert {name: [round(v, 2) for v in values] for name, values in plot.series.items()} == {
        "Last day": [50],
        "Seven days": [Decimal("7.14")],
    }, "420 of 2 × 420 minutes; on the six days before, the shifts stood still"


def test_stock_value_lots_and_shortage(factory: Factory, value: Value) -> None:
    books = factory.books
    item = factory.item("RESIN", tracking="lot", shelf_life_days=400)
    lot, other = create_lots(
        books.company,
        [
            NewLot(item, "L1", made_on=date(2025, 3, 1), expires_on=date(2026, 4, 9)),
            NewLot(item, "L2", made_on=DAY, expires_on=date(2026, 4, 10)),
        ],
        by=books.by,
    )
    for one in (lot, other):
        factory.stocked(item, "5", "2", lot=one)
    assert value("stock_value") == books.balance("1300") == 20
    assert read(books.by, "stock_value").rows == 1
    assert read(books.by, "lots_expiring").keys == (lot.pk,)
    assert value("lots_held") == 0
    hold_lots([lot], reason="smells", by=books.by)
    assert read(books.by, "lots_held").keys == (lot.pk,)
    release_lots([lot], reason="fine", by=books.by)
    assert value("lots_held") == 0
    [plot] = read_charts([charts()["stock_by_category"]], at_noon(books.by))
    assert plot.series == {"EUR": [20]}
    made = factory.made("PAINT")
    factory.bom(made, (item, "1"))
    factory.order(made, "10")
    assert value("items_short") == 0
    factory.order(made, "1")
    assert read(books.by, "items_short").keys == (item.pk,)


def test_another_site_is_not_counted(factory: Factory, value: Value) -> None:
    books = factory.books
    factory.order(makeable(factory, "PLATE"), "5")
    away = make_site(books.company, by=books.by, code="AWAY")
    member = make_member("m", books.company, permissions=("execution.view_workorder",))
    member.memberships.get().sites.add(away)
    member = type(member).objects.get(pk=member.pk)
    assert value("work_orders_open") == 1
    assert value("work_orders_open", member) == 0


def test_employees(factory: Factory, value: Value) -> None:
    books = factory.books
    for code, is_active in (("E1", True), ("E2", False)):
        Employee(
            company=books.company, code=code, name=code, site=books.site, is_active=is_active
        ).save_by(books.by)
    assert value("employees_active") == 1
