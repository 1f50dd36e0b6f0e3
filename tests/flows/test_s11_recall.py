"""S11: a supplier's lot is bad. One call says who has what was made of it and what is left.

Lot X (500 kg) went into WO1's lots L1 (40) and L2 (60); two of L2 into each kit of WO2's lots
K1 (20) and K2 (10). Shipped: 30 of L1, all of K1, 5 of K2. Our own graph, quantities exact.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from apps.execution.models import WorkOrder
from apps.finance.models import JournalLine
from apps.finance.services.invoices import BillingLine, draft_invoice, post_invoice
from apps.inventory.models import ExpectedMove, Lot
from apps.inventory.services.expected import Expected, expect_moves
from apps.inventory.services.lots import NewLot, create_lots
from apps.masterdata.models import Item, Partner
from apps.supply_chain.services.shipments import ship
from apps.supply_chain.services.shippable_lines import Shipped
from tests.execution.conftest import DAY, Factory, factory
from tests.support.faces import ApiClient, codes, make_member
from tests.support.reconciled import assert_reconciled

pytestmark = pytest.mark.django_db
__all__ = ["factory"]

PRICE = {"FG": "25", "KIT": "80"}


@pytest.fixture
def api(factory: Factory) -> ApiClient:
    return ApiClient(factory.books.by)


def lot(item: Item, code: str) -> Lot:
    return Lot.objects.get(item=item, code=code)


def make(
    api: ApiClient, factory: Factory, item: Item, material: Lot, issued: str, **lots: str
) -> WorkOrder:
    """Order, release, issue one lot and report lots of ``item``, all by the API."""
    total = sum(Decimal(quantity) for quantity in lots.values())
    order = factory.order(item, str(total), release=False)
    assert api.post(f"/execution/work-orders/{order.pk}/release/").status_code == 200
    component = order.components.get()
    line = {"component": component.pk, "quantity": issued, "lot": material.pk}
    body = {"date": str(DAY), "lines": [line]}
    answer = api.post(f"/execution/work-orders/{order.pk}/issue/", body)
    assert answer.status_code == 201, answer.body
    for code, quantity in lots.items():
        body = {
            "quantity_good": quantity,
            "lot_codes": [code],
            "reported_at": f"{DAY}T12:00:00Z",
        }
        answer = api.post(f"/execution/work-orders/{order.pk}/report/", body)
        assert answer.status_code == 201, answer.body
    return order


def sell(factory: Factory, customer: Partner, made: Lot, quantity: str, *, bill: bool) -> None:
    company, by, site = factory.books.company, factory.books.by, factory.books.site
    direction = ExpectedMove.Direction.OUT
    wanted = Expected(customer, direction, made.item, site, customer, Decimal(quantity), DAY)
    [promise_id] = expect_moves(company, [wanted], by=by)
    promise = ExpectedMove.objects.get(pk=promise_id)
    shipment = ship(
        company,
        partner=customer,
        site=site,
        lines=[Shipped(promise, Decimal(quantity), factory.stock, made)],
        date=DAY,
        by=by,
    )
    if bill:
        line = BillingLine(
            Decimal(quantity),
            Decimal(PRICE[made.item.code]),
            made.item,
            source=shipment.lines.get(),
        )
        draft = draft_invoice(
            company, kind="customer", partner=customer, date=DAY, lines=[line], by=by
        )
        post_invoice(draft, by=by)


@pytest.fixture
def graph(api: ApiClient, factory: Factory) -> dict[str, Any]:
    company, by = factory.books.company, factory.books.by
    raw = factory.item("RAW", tracking="lot", unit=factory.books.unit("KGM"))
    x, other = create_lots(company, [NewLot(raw, "X"), NewLot(raw, "Y")], by=by)
    factory.stocked(raw, "500", "3", lot=x)
    factory.stocked(raw, "50", "3", lot=other)
    fg, kit = factory.made("FG", tracking="lot"), factory.made("KIT", tracking="lot")
    factory.bom(fg, (raw, "4"), issue_method="manual")
    factory.bom(kit, (fg, "2"), issue_method="manual")
    first = make(api, factory, fg, x, "400", L1="40", L2="60")
    second = make(api, factory, kit, lot(fg, "L2"), "60", K1="20", K2="10")
    clean = make(api, factory, fg, other, "40", CLEAN="10")
    c1, c2, c3, c4 = (factory.books.partner(f"C{n}") for n in (1, 2, 3, 4))
    sell(factory, c1, lot(fg, "L1"), "30", bill=True)
    sell(factory, c2, lot(kit, "K1"), "20", bill=True)
    sell(factory, c3, lot(kit, "K2"), "5", bill=False)
    sell(factory, c4, lot(fg, "CLEAN"), "6", bill=True)
    return {"x": x, "first": first, "second": second, "clean": clean, "fg": fg, "kit": kit}


def test_s11(api: ApiClient, factory: Factory, graph: dict[str, Any]) -> None:
    answer = api.get(f"/execution/lots/{graph['x'].pk}/recall/")
    assert answer.status_code == 200, answer.body
    found = answer.body

    assert {one["code"]: Decimal(one["quantity"]) for one in found["customers"]} == {
        "C1": 30,
        "C2": 20,
        "C3": 5,
    }
    assert Decimal(found["quantity_shipped"]) == 55
    assert {one["code"]: one["revenue"] for one in found["customers"]} == {
        "C1": "750.00",
        "C2": "1600.00",
        "C3": None,
    }

    on_hand = {(row["item"], row["lot"]): Decimal(row["quantity"]) for row in found["on_hand"]}
    assert on_hand == {("FG", "L1"): 10, ("KIT", "K2"): 5, ("RAW", "X"): 100}
    values = {row["lot"]: Decimal(row["value"]) for row in found["on_hand"]}
    assert values == {"L1": 120, "K2": 120, "X": 300}
    assert Decimal(found["value_on_hand"]) == 540
    cost_of_sales = JournalLine.objects.filter(account__code="5000", amount__gt=0)
    assert Decimal(found["value_shipped"]) == sum(line.amount for line in cost_of_sales) - 6 * 12

    orders = {row["number"]: Decimal(row["quantity_taken"]) for row in found["work_orders"]}
    assert orders == {graph["first"].number: 400, graph["second"].number: 60}
    assert [one["code"] for one in found["lots"]] == ["X", "L1", "L2", "K1", "K2"]

    held = api.post(f"/execution/lots/{graph['x'].pk}/hold-affected/", {"reason": "supplier"})
    assert (held.status_code, held.body["held"]) == (200, 5), held.body
    assert set(Lot.objects.filter(status="hold").values_list("code", flat=True)) == {
        "X",
        "L1",
        "L2",
        "K1",
        "K2",
    }
    assert_reconciled()


def test_the_way_back(api: ApiClient, graph: dict[str, Any]) -> None:
    k2 = lot(graph["kit"], "K2")
    up = api.get(f"/execution/lots/{k2.pk}/trace/?direction=up").body
    assert [(one["code"], one["depth"]) for one in up["lots"]] == [("K2", 0), ("L2", 1), ("X", 2)]
    quantities = {(edge["parent_id"], edge["child_id"]): edge["quantity"] for edge in up["edges"]}
    l2 = lot(graph["fg"], "L2")
    assert Decimal(quantities[l2.pk, k2.pk]) == 20
    assert Decimal(quantities[graph["x"].pk, l2.pk]) == 240
    near = api.get(f"/execution/lots/{k2.pk}/trace/?direction=up&depth=1").body
    assert [one["code"] for one in near["lots"]] == ["K2", "L2"]


def test_bad_questions_are_named(api: ApiClient, graph: dict[str, Any]) -> None:
    path = f"/execution/lots/{graph['x'].pk}"
    assert codes(api.get(f"{path}/trace/?direction=sideways")) == [("direction", "invalid_choice")]
    assert codes(api.get(f"{path}/trace/?depth=0")) == [("depth", "min_value")]
    assert codes(api.get(f"{path}/trace/?colour=red")) == [("colour", "unknown_field")]
    assert api.get("/execution/lots/999999999/recall/").status_code == 404
    assert codes(api.post(f"{path}/hold-affected/", {})) == [("reason", "required")]


def test_who_may(factory: Factory, graph: dict[str, Any]) -> None:
    path = f"/execution/lots/{graph['x'].pk}"
    stranger = make_member("stranger", permissions=("execution.view_genealogyedge",))
    assert ApiClient(stranger).get(f"{path}/trace/").status_code == 404
    reader = make_member(
        "reader", factory.books.company, permissions=("execution.view_genealogyedge",)
    )
    assert ApiClient(reader).get(f"{path}/trace/").status_code == 200
    assert ApiClient(reader).get(f"{path}/recall/").status_code == 403
    hold = ApiClient(reader).post(f"{path}/hold-affected/", {"reason": "x"})
    assert hold.status_code == 403
