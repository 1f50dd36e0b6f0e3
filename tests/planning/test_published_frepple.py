"""frePPLe's own cases: what our planning has a counterpart for, and why the others are left out."""

from __future__ import annotations

import csv
from datetime import date

import pytest

from tests.planning.cases import CASES, needs_cases
from tests.planning.test_published_mrp import orders_of, plan

FOLDER = CASES / "02-mrp" / "frepple"
#: One constrained solver decides material, capacity and alternates together there. Here material
#: is planned to dates (S18 b) and capacity by the finite schedule (S18 d), one after the other.
_CONSTRAINED = "one constrained solver for material and capacity; here: plan, then schedule"
LEFT_OUT = {
    "constraints_leadtime_1": "lead times that grow with the quantity; ours are fixed per item",
    "constraints_leadtime_4": _CONSTRAINED,
    "constraints_material_1": "scarce supply shared out by priority; ours goes by date",
    "constraints_material_4": _CONSTRAINED,
    "constraints_material_5": "waiting for confirmed supply behind an automatic fence",
    "constraints_resource_1": _CONSTRAINED,
    "constraints_resource_3": _CONSTRAINED,
    "constraints_resource_7": "bucketed capacity as a constraint; ours is shown as load",
    "safety_stock": "safety stock by calendar; ours is one quantity per item and site",
    "supplier": "alternate suppliers by priority; ours is the item's own supplier",
    "flow_alternate_1": "alternate components; bills here have none",
    "flow_fixed": "components per lot instead of per unit; bills here have none",
    "flow_location": "components taken at other locations of a bill",
    "load_alternate": "alternates are chosen by the finite schedule, not by material planning",
    "operation_available": "calendars of single operations; ours are of sites",
    "operation_coproducer": "co-products; bills here make one item",
    "operation_pre_post": "queue times that may be squeezed",
    "operation_routing": "material taken at single steps of a routing; ours at the start",
    "quantity_completed": "operation plans that are partly done, as input",
    "skills": "people with skills as resources of the plan",
    "global_purchase": "netting over all sites before buying",
}


@pytest.mark.case("MRP-FP-{name}")
@needs_cases
@pytest.mark.parametrize("name", sorted(LEFT_OUT))
def test_MRP_FP_left_out(name: str) -> None:
    if not (FOLDER / name).is_dir():
        pytest.skip("not among the cases at hand")
    pytest.skip(LEFT_OUT[name])


@needs_cases
def test_every_case_is_named_here() -> None:
    at_hand = {folder.name for folder in FOLDER.iterdir() if folder.is_dir()}
    unknown = at_hand - LEFT_OUT.keys() - {"demand_status"}
    assert not unknown


@pytest.mark.case("MRP-FP-demand_status")
@needs_cases
def test_MRP_FP_demand_status() -> None:
    """Only what is wanted is bought, a lead time of seven days before it is due."""
    rows = list(csv.DictReader((FOLDER / "demand_status" / "demand.csv").open()))
    expected = [
        (row["name"].split(" @ ")[0].removeprefix("Purchase "), row["start"][:10], row["end"][:10])
        for row in csv.DictReader((FOLDER / "demand_status" / "expected.csv").open())
        if row["scenario"] == "2" and row["kind"] == "OPERATION"
    ]
    wanted = {item for item, _start, _end in expected}
    today = date(2025, 1, 1)
    open_ = [row for row in rows if row["item"] in wanted]
    assert {row["item"] for row in rows if row["status"] == "closed"}.isdisjoint(wanted)
    names = [row["item"] for row in open_]
    found = plan(
        len(names),
        400,
        [
            (node, (date.fromisoformat(row["due"][:10]) - today).days, int(row["quantity"]))
            for node, row in enumerate(open_)
        ],
        lead=[7] * len(names),
    )
    planned = [
        (name, start, due)
        for node, name in enumerate(names)
        for start, due, _quantity in orders_of(found, node)
    ]
    assert planned == [
        (
            item,
            (date.fromisoformat(start) - today).days,
            (date.fromisoformat(end) - today).days,
        )
        for item, start, end in expected
    ]
