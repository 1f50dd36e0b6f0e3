"""Planning a few items again comes to the plan that a whole run would have made."""

from __future__ import annotations

from typing import Any

import pytest

from apps.core.errors import BusinessError
from apps.planning.models import ActionMessage, Pegging, PlannedOrder
from apps.planning.services.replanning import replan_items
from tests.planning.conftest import Plant
from tests.support.reconciled import assert_reconciled

pytestmark = pytest.mark.django_db


def state(plant: Plant) -> tuple[Any, Any, Any]:
    """Orders, pegs and messages without their ids."""
    names = ("item_id", "site_id", "kind", "quantity", "start_date", "due_date")
    orders = sorted(PlannedOrder.objects.values_list(*names))
    pegs = sorted(
        map(
            str,
            Pegging.objects.values_list(
                "item_id", "supply", "demand", "demand_date", "demand_move_id", "quantity"
            ),
        )
    )
    kinds = sorted(ActionMessage.objects.values_list("item_id", "kind", "quantity", "date"))
    return orders, pegs, kinds


@pytest.fixture
def tree(plant: Plant) -> Plant:
    d = plant.stocked(plant.item("D", lead_time_days=2), "7")
    c = plant.made("C", (d, "3"), lead_time_days=1)
    b = plant.made("B", (c, "2"), (d, "1"), lead_time_days=2)
    a = plant.made("A", (b, "1"), (c, "1"), lead_time_days=3)
    plant.planned(c, lot_rule="multiple", lot_minimum=10, lot_multiple=5, safety_stock=4)
    plant.sold(a, (28, "4"), (35, "6"))
    plant.sold(c, (30, "5"))
    plant.plan()
    return plant


@pytest.mark.parametrize("change", ["sold at the top", "stock below", "policy", "bought"])
def test_it_is_the_plan_of_a_whole_run(tree: Plant, change: str) -> None:
    items = tree.items
    if change == "sold at the top":
        tree.sold(items["A"], (33, "9"))
        changed, least = items["A"], 4
    elif change == "stock below":
        tree.stocked(items["D"], "20")
        changed, least = items["D"], 1
    elif change == "policy":
        tree.planned(items["B"], safety_stock=3, lead_time_days=4)
        changed, least = items["B"], 3
    else:
        tree.bought(items["C"], (20, "12"))
        changed, least = items["C"], 2
    _run, count = replan_items(
        tree.books.company, site=tree.site, items=[changed], by=tree.books.by
    )
    assert count == least
    assert_reconciled()
    found = state(tree)
    tree.plan()
    assert found == state(tree)


def test_nothing_below_is_planned_when_nothing_changes(tree: Plant) -> None:
    before = state(tree)
    _run, count = replan_items(
        tree.books.company, site=tree.site, items=[tree.items["A"]], by=tree.books.by
    )
    assert (count, state(tree)) == (1, before)


def test_without_a_plan_there_is_nothing_to_replan(plant: Plant) -> None:
    with pytest.raises(BusinessError) as refused:
        replan_items(
            plant.books.company, site=plant.site, items=[plant.item("X")], by=plant.books.by
        )
    assert refused.value.code == "no_plan"
