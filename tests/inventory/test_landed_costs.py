"""Landed cost by quantity, value, weight and volume, on time and late; parts sum to the charge."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.core.errors import BusinessError, InvalidInput
from apps.finance.models import JournalEntry
from apps.inventory.models import ItemHandling, LandedCost, StockMove, ValuationAdjustment
from apps.inventory.services.landed_costs import (
    cancel_landed_cost,
    change_landed_cost,
    draft_landed_cost,
    post_landed_cost,
    reverse_landed_cost,
)
from apps.masterdata.models import Item
from tests.inventory.conftest import Warehouse
from tests.support.faces import ApiClient
from tests.support.reconciled import assert_reconciled

LATER = date(2026, 4, 20)
LANDED = "/inventory/landed-costs/"


def handled(warehouse: Warehouse, item: Item, **values: Any) -> Item:
    ItemHandling(
        company=warehouse.books.company, code=item.code, name=item.code, item=item, **values
    ).save_by(warehouse.books.by)
    return item


def received(warehouse: Warehouse, item: Item, quantity: str, cost: str) -> StockMove:
    [move] = warehouse.rows(warehouse.receive(item, quantity, cost))
    return move


def draft(warehouse: Warehouse, *moves: StockMove, **values: Any) -> LandedCost:
    values = {"date": LATER, "amount": Decimal(100), "basis": "value", **values}
    return draft_landed_cost(warehouse.books.company, moves=moves, by=warehouse.books.by, **values)


def shares(landed: LandedCost) -> list[Decimal]:
    return [line.amount for line in landed.lines.all()]


@pytest.mark.parametrize(
    ("basis", "wanted"),
    [
        ("quantity", ["25.00", "75.00"]),  # 10 : 30
        ("value", ["62.50", "37.50"]),  # 50 : 30
        ("weight", ["40.00", "60.00"]),  # 20 kg : 30 kg
        ("volume", ["14.29", "85.71"]),  # 5 l : 30 l, rounded by largest remainder
    ],
)
def test_a_charge_is_split_by_its_basis(
    warehouse: Warehouse, basis: str, wanted: list[str]
) -> None:
    pump = handled(
        warehouse, warehouse.item("fifo"), unit_weight=Decimal(2), unit_volume=Decimal("0.5")
    )
    foam = handled(
        warehouse, warehouse.item("fifo"), unit_weight=Decimal(1), unit_volume=Decimal(1)
    )
    moves = [received(warehouse, pump, "10", "5"), received(warehouse, foam, "30", "1")]
    landed = post_landed_cost(draft(warehouse, *moves, basis=basis), by=warehouse.books.by)
    assert shares(landed) == [Decimal(one) for one in wanted]
    assert warehouse.worth(pump) == 50 + Decimal(wanted[0])
    assert warehouse.worth(foam) == 30 + Decimal(wanted[1])
    assert warehouse.books.balance("5060") == -100
    assert_reconciled()


def test_a_cent_that_does_not_divide_goes_to_the_largest_remainder(warehouse: Warehouse) -> None:
    moves = [received(warehouse, warehouse.item("fifo"), "1", "1") for _ in range(3)]
    landed = post_landed_cost(
        draft(warehouse, *moves, basis="quantity", amount=Decimal("0.10")), by=warehouse.books.by
    )
    assert sorted(shares(landed)) == [Decimal("0.03"), Decimal("0.03"), Decimal("0.04")]
    assert_reconciled()


def test_a_late_charge_follows_the_units_and_leaves_the_past_alone(warehouse: Warehouse) -> None:
    """N4: of 10 that came in March 4 are sold; the freight of April goes 60 : 40."""
    item = handled(warehouse, warehouse.item("fifo"), unit_weight=Decimal(3))
    move = received(warehouse, item, "10", "20")
    warehouse.ship(item, "4")
    before = list(StockMove.objects.order_by("pk").values_list())
    landed = post_landed_cost(
        draft(warehouse, move, basis="weight", amount=Decimal("50.00")), by=warehouse.books.by
    )
    assert (warehouse.worth(item), warehouse.books.balance("5000")) == (150, 100)
    assert list(StockMove.objects.order_by("pk").values_list()) == before
    [adjustment] = ValuationAdjustment.objects.filter(item=item)
    assert (adjustment.date, adjustment.amount) == (LATER, 30)
    warehouse.ship(item, "3")
    landed = reverse_landed_cost(landed, reason="billed twice", by=warehouse.books.by, date=LATER)
    assert landed.status == "reversed"
    assert (warehouse.worth(item), warehouse.books.balance("5000")) == (60, 140)
    assert warehouse.books.balance("5060") == 0
    assert JournalEntry.objects.filter(source_id=landed.pk, purpose="reversal").count() == 1
    assert_reconciled()


def test_a_category_says_what_its_items_weigh_unless_they_do(warehouse: Warehouse) -> None:
    light, heavy = warehouse.item("fifo"), warehouse.item("fifo")
    ItemHandling(
        company=warehouse.books.company, code="ALL", name="All", category=light.category,
        unit_weight=Decimal(1),
    ).save_by(warehouse.books.by)  # fmt: skip
    handled(warehouse, heavy, unit_weight=Decimal(3))
    moves = [received(warehouse, one, "1", "1") for one in (light, heavy)]
    landed = post_landed_cost(draft(warehouse, *moves, basis="weight"), by=warehouse.books.by)
    assert shares(landed) == [25, 75]


def test_what_can_not_be_split_is_refused_naming_the_line(warehouse: Warehouse) -> None:
    item = handled(
        warehouse, warehouse.item("fifo"), unit_weight=Decimal(1), unit_volume=Decimal(1)
    )
    bare = warehouse.item("fifo")
    metre = warehouse.item("fifo", unit=warehouse.books.unit("MTR"))
    good = received(warehouse, item, "1", "1")
    gone_posting = warehouse.receive(item, "1", "1")
    [gone] = warehouse.rows(gone_posting)
    warehouse.reverse(gone_posting)
    [issue] = warehouse.rows(warehouse.ship(item, "1"))
    free = received(warehouse, bare, "1", "0")
    for basis, move, code in (
        ("weight", received(warehouse, bare, "1", "1"), "no_weight"),
        ("volume", received(warehouse, bare, "1", "1"), "no_volume"),
        ("quantity", received(warehouse, metre, "1", "1"), "mixed_units"),
        ("value", issue, "not_a_receipt"),
        ("value", good, "line_twice"),
        ("value", gone, "reversed"),
    ):
        with pytest.raises(BusinessError) as refused:
            draft(warehouse, good, move, basis=basis)
        assert (refused.value.code, refused.value.row, refused.value.field) == (code, 1, "move")
    for values, code, field in (
        ({"amount": Decimal("0.001")}, "too_many_decimals", "amount"),
        ({"amount": Decimal(0)}, "not_positive", "amount"),
        ({"basis": "colour"}, "unknown_basis", "basis"),
    ):
        with pytest.raises(InvalidInput) as refused:
            draft(warehouse, good, **values)
        assert (refused.value.code, refused.value.field) == (code, field)
    with pytest.raises(InvalidInput) as refused:
        draft(warehouse)
    assert refused.value.code == "no_lines"
    with pytest.raises(InvalidInput) as refused:
        draft(warehouse, free)
    assert refused.value.code == "no_value"
    assert not LandedCost.objects.exists()
    assert not ValuationAdjustment.objects.exists()


def test_a_draft_is_changed_and_given_up(warehouse: Warehouse) -> None:
    by = warehouse.books.by
    moves = [received(warehouse, warehouse.item("fifo"), "1", "1") for _ in range(2)]
    landed = draft(warehouse, moves[0])
    landed = change_landed_cost(landed, moves=moves, amount=Decimal(7), by=by)
    assert (landed.amount, landed.lines.count()) == (7, 2)
    with pytest.raises(InvalidInput) as refused:
        change_landed_cost(landed, basis="weight", by=by)
    assert (refused.value.code, refused.value.row) == ("no_weight", 0)
    assert cancel_landed_cost(landed, by=by).status == "cancelled"
    assert warehouse.books.balance("5060") == 0


def test_a_landed_cost_through_the_api(warehouse: Warehouse) -> None:
    item = warehouse.item("fifo")
    move = received(warehouse, item, "4", "5")
    api = ApiClient(warehouse.books.by)
    body = {
        "date": LATER.isoformat(),
        "basis": "quantity",
        "amount": "12.00",
        "lines": [{"move": move.pk}],
    }
    made = api.post(LANDED, body)
    assert made.status_code == 201, made.body
    place = f"{LANDED}{made.body['id']}/"
    changed = api.patch(place, {"amount": "10.00"}, version=1)
    assert (changed.status_code, Decimal(changed.body["amount"])) == (200, 10), changed.body
    posted = api.post(f"{place}post/")
    [line] = posted.body["lines"]
    assert (Decimal(line["measure"]), Decimal(line["amount"])) == (4, 10), posted.body
    back = api.post(f"{place}reverse/", {"date": LATER.isoformat(), "reason": "twice"})
    assert (back.status_code, back.body["status"]) == (200, "reversed"), back.body
    assert warehouse.worth(item) == 20
    assert_reconciled()
