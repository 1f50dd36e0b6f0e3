"""A bill changes in the middle of the horizon: each order is made by the bill of its start."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.core.errors import InvalidInput
from apps.engineering.models import BillOfMaterials
from apps.engineering.queries.requirements import order_requirements, released_design
from apps.masterdata.models import Item
from apps.planning.models import PlannedOrder
from apps.planning.queries.pegging import PegMap, demands_of, supplies_of
from apps.planning.services.planning_runs import calculate_plan, create_planning_run
from apps.planning.services.replanning import replan_items
from tests.planning.conftest import MONDAY, Plant, day
from tests.planning.test_replanning import state
from tests.support.reconciled import assert_reconciled

pytestmark = pytest.mark.django_db
D = Decimal
CHANGE = 18  # a Friday


def change(
    plant: Plant, item: Item, old: list[Any], new: list[Any], *, on: int = CHANGE
) -> tuple[BillOfMaterials, BillOfMaterials]:
    """The bill of ``item`` until the day before ``on``, and from then on."""
    first = plant.bom(item, *old)
    BillOfMaterials.objects.filter(pk=first.pk).update(effective_until=day(on - 1))
    second = BillOfMaterials(
        company=plant.books.company,
        item=item,
        status="released",
        revision="B",
        effective_from=day(on),
        created_by=plant.books.by,
    )
    second.save_by(plant.books.by)
    for number, (component, quantity) in enumerate(new, start=1):
        second.lines.create(
            company=plant.books.company,
            position=10 * number,
            item=component,
            quantity=D(quantity),
        )
    return first, second


def asked(plant: Plant, item: Item) -> list[tuple[int, Decimal]]:
    """(due day, quantity) of what is planned."""
    return [(due, quantity) for _start, due, quantity in plant.orders(item)]


def test_each_order_is_made_by_the_bill_of_its_start(plant: Plant) -> None:
    """Two of B until day 17, three of C from day 18 on; an order late before it is today's."""
    b, c = plant.item("B"), plant.item("C")
    a = plant.made("A", lead_time_days=1)
    change(plant, a, [(b, "2")], [(c, "3")])
    plant.sold(a, (0, "1"), (14, "10"), (18, "10"), (21, "10"), (28, "10"))
    plant.plan()
    assert [start for start, _due, _quantity in plant.orders(a)] == [-3, 11, 17, 18, 25]
    assert asked(plant, b) == [(0, D(2)), (11, D(20)), (17, D(20))]
    assert asked(plant, c) == [(18, D(30)), (25, D(30))]
    assert_reconciled()


def test_the_plan_asks_for_what_the_work_orders_will_take(plant: Plant) -> None:
    b, c = plant.item("B"), plant.item("C")
    a = plant.made("A", lead_time_days=1)
    change(plant, a, [(b, "2"), (c, "1")], [(b, "1"), (c, "4")])
    plant.sold(a, *((on, "7") for on in range(7, 40, 4)))
    plant.plan()
    needed: dict[int, Decimal] = {}
    for order in PlannedOrder.objects.filter(item=a):
        bom, _routing = released_design(a, on=order.start_date)
        assert bom is not None
        for one in order_requirements(bom, order.quantity, on=order.start_date):
            needed[one.item_id] = needed.get(one.item_id, D(0)) + one.quantity
    for item in (b, c):
        assert sum(quantity for _due, quantity in asked(plant, item)) == needed[item.pk]


def test_only_the_quantity_changes(plant: Plant) -> None:
    b = plant.item("B")
    a = plant.made("A", lead_time_days=1)
    change(plant, a, [(b, "2")], [(b, "0.5")])
    plant.sold(a, (14, "10"), (28, "10"))
    plant.plan()
    assert asked(plant, b) == [(11, D(20)), (25, D(5))]
    pegs = PegMap(plant.books.company.pk)
    for order, quantity in zip(
        PlannedOrder.objects.filter(item=a).order_by("pk"), (20, 5), strict=True
    ):
        assert [(one.item_id, one.quantity) for one in supplies_of(order, pegs)] == [
            (b.pk, quantity)
        ]
    served = [demands_of(one, pegs) for one in PlannedOrder.objects.filter(item=b).order_by("pk")]
    assert [[(one.item_id, one.quantity) for one in rows] for rows in served] == [
        [(a.pk, 20)],
        [(a.pk, 5)],
    ]


def test_a_phantom_changes_below_a_bill_that_stays(plant: Plant) -> None:
    b, c = plant.item("B"), plant.item("C")
    kit = plant.item("KIT", kind="phantom")
    change(plant, kit, [(b, "3")], [(c, "1")])
    a = plant.made("A", (kit, "2"), lead_time_days=1)
    plant.sold(a, (14, "1"), (28, "1"))
    plant.plan()
    assert (asked(plant, b), asked(plant, c)) == ([(11, D(6))], [(25, D(2))])


def test_a_phantom_and_its_parent_change_on_different_days(plant: Plant) -> None:
    """The kit is of B until 17 and of C from 18; A takes one kit until 24 and two from 25."""
    b, c = plant.item("B"), plant.item("C")
    kit = plant.item("KIT", kind="phantom")
    change(plant, kit, [(b, "1")], [(c, "1")])
    a = plant.made("A", lead_time_days=1)
    change(plant, a, [(kit, "1")], [(kit, "2")], on=25)
    plant.sold(a, (14, "1"), (22, "1"), (28, "1"))
    plant.plan()
    assert [start for start, _due, _quantity in plant.orders(a)] == [11, 21, 25]
    assert (asked(plant, b), asked(plant, c)) == ([(11, D(1))], [(21, D(1)), (25, D(2))])


def test_in_weeks_the_day_of_the_start_still_counts(plant: Plant) -> None:
    """The bill changes on a Wednesday: some orders of the week take the old one, some the new."""
    b, c = plant.item("B"), plant.item("C")
    a = plant.made("A", lead_time_days=1)
    change(plant, a, [(b, "2")], [(c, "3")], on=16)
    plant.planned(a, lot_rule="lot_for_lot", lead_time_days=1)
    plant.sold(a, (14, "10"), (21, "10"))
    plant.plan(bucket="week")
    starts = [start for start, _due, _quantity in plant.orders(a)]
    takes_new = [start for start in starts if start >= 16]
    assert sum(q for _due, q in asked(plant, c)) == 30 * len(takes_new)
    assert sum(q for _due, q in asked(plant, b)) == 20 * (len(starts) - len(takes_new))
    assert takes_new and len(takes_new) < len(starts)


def test_what_is_used_only_later_is_planned_below_all_its_parents(plant: Plant) -> None:
    """C comes in below B only with the change: its level is that of the later bill."""
    c = plant.item("C", lead_time_days=1)
    b = plant.made("B", lead_time_days=1)
    change(plant, b, [(plant.item("X"), "1")], [(c, "1")])
    a = plant.made("A", (b, "1"), (c, "1"), lead_time_days=1)
    plant.sold(a, (14, "1"), (28, "1"))
    plant.plan()
    assert plant.orders(c) == [(10, 11, D(1)), (23, 24, D(1)), (24, 25, D(1))]
    assert_reconciled()


@pytest.mark.parametrize("bucket", ["day", "week"])
def test_planning_again_comes_to_the_whole_plan(plant: Plant, bucket: str) -> None:
    b, c = plant.item("B"), plant.item("C")
    a = plant.made("A", lead_time_days=1)
    change(plant, a, [(b, "2"), (c, "1")], [(c, "3")])
    plant.sold(a, (14, "10"), (28, "10"))
    plant.plan(bucket=bucket)
    plant.sold(a, (18, "5"), (19, "4"), (35, "6"))
    replan_items(plant.books.company, site=plant.site, items=[a], by=plant.books.by)
    again = state(plant)
    plant.plan(bucket=bucket)
    assert again == state(plant)


def test_bills_out_of_force_are_not_planned_with(plant: Plant) -> None:
    b, c = plant.item("B"), plant.item("C")
    a = plant.made("A", lead_time_days=1)
    change(plant, a, [(b, "1")], [(c, "1")], on=-5)
    plant.sold(a, (0, "1"), (14, "1"))
    plant.plan()
    assert (asked(plant, b), asked(plant, c)) == ([], [(0, D(1)), (11, D(1))])


def test_a_circle_through_a_later_bill_is_named(plant: Plant) -> None:
    """Engineering refuses it whatever the days; who got round it is told by the plan."""
    a, b = plant.made("A"), plant.made("B")
    change(plant, a, [(b, "1")], [(plant.item("C"), "1")])
    change(plant, b, [(plant.item("X"), "1")], [(a, "1")])
    plant.sold(a, (14, "1"))
    run = create_planning_run(
        plant.books.company, site=plant.site, planned_on=date(2026, 3, 2), by=plant.books.by,
        horizon_days=90,
    )  # fmt: skip
    with pytest.raises(InvalidInput) as refused:
        calculate_plan(run, by=plant.books.by)
    assert (refused.value.code, refused.value.field) == ("circular_bom", "bom")
    assert run.planned_on == MONDAY
