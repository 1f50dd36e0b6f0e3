"""Cross-docking: what comes in is set aside for who waits longest, and picked from the dock."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from apps.core.errors import BusinessError
from apps.inventory.models import ExpectedMove, Location, PickList, Reservation, StockBalance
from apps.inventory.queries.put_away import waiting_goods
from apps.inventory.services.expected import Expected, expect_moves
from apps.inventory.services.reservations import Wanted, reserve
from apps.masterdata.models import Item
from apps.supply_chain.models import PurchasingPolicy
from apps.supply_chain.services.cross_docks import pick_cross_docked
from apps.supply_chain.services.purchase_orders import OrderLine
from tests.quality.plant import make_laboratory
from tests.support.faces import ApiClient
from tests.support.reconciled import assert_reconciled
from tests.support.trade import DAY, Trade, statements
from tests.support.unchanged import nothing_written

D = Decimal


@pytest.fixture
def dock(trade: Trade) -> Trade:
    """A company that cross-docks; goods come in at a receiving dock."""
    PurchasingPolicy(company=trade.books.company, cross_docks=True).save_by(trade.books.by)
    trade.stock.use = Location.Use.RECEIVING
    trade.stock.save_by(trade.books.by)
    return trade


def wait_for(trade: Trade, item: Item, *quantities: str) -> list[ExpectedMove]:
    """Promises of an item, each due a day later, by rows that are as good as order lines."""
    sources = [trade.item() for _one in quantities]
    ids = expect_moves(
        trade.books.company,
        [
            Expected(
                source, "out", item, trade.books.site, trade.customer, D(quantity),
                DAY + timedelta(days=place),
            )
            for place, (source, quantity) in enumerate(zip(sources, quantities, strict=True))
        ],
        by=trade.books.by,
    )  # fmt: skip
    rows = ExpectedMove.objects.in_bulk(ids)
    return [rows[key] for key in ids]


def held(*promises: ExpectedMove) -> list[Decimal]:
    return [
        sum(
            (
                row.quantity
                for row in Reservation.objects.filter(
                    source_type=one.source_type, source_id=one.source_id
                )
            ),
            D(0),
        )
        for one in promises
    ]


def staging(trade: Trade) -> Location:
    return Location(
        company=trade.books.company, code="OUT", name="Out", kind="internal",
        site=trade.books.site, use=Location.Use.STAGING,
    ).save_by(trade.books.by)  # fmt: skip


def test_who_waits_longest_gets_what_comes(dock: Trade) -> None:
    item = dock.item()
    first, second, third = wait_for(dock, item, "4", "5", "3")
    dock.stocked(item, "10", "5")
    assert held(first, second, third) == [4, 5, 1]
    balance = StockBalance.objects.get(item=item)
    assert (balance.quantity, balance.reserved) == (10, 10)
    assert waiting_goods(dock.books.company, user=dock.books.by) == []
    dock.stocked(item, "5", "5")
    assert held(first, second, third) == [4, 5, 3]
    [rest] = waiting_goods(dock.books.company, user=dock.books.by)
    assert rest.balance.available == 3
    assert_reconciled()


def test_what_an_order_has_already_is_not_set_aside_again(dock: Trade) -> None:
    item = dock.item()
    dock.stocked(item, "3", "5")
    [promise] = wait_for(dock, item, "4")
    reserve(dock.books.company, [Wanted(item, D(3), source=promise.source)], by=dock.books.by)
    dock.stocked(item, "10", "5")
    assert held(promise) == [4]


def test_without_the_policy_nothing_is_set_aside(trade: Trade) -> None:
    item = trade.item()
    [promise] = wait_for(trade, item, "4")
    trade.stocked(item, "10", "5")
    assert held(promise) == [0]


def test_what_is_inspected_first_is_not_promised(dock: Trade) -> None:
    lab = make_laboratory(dock)
    item = dock.item(tracking="lot")
    lab.plan(item)
    [promise] = wait_for(dock, item, "4")
    dock.stocked(item, "10", "5", lots=["L1"])
    assert held(promise) == [0]
    old = dock.item(tracking="lot", shelf_life_days=0)
    [other] = wait_for(dock, old, "4")
    order = dock.ordered(OrderLine(old, D(10), D(5)))
    from apps.supply_chain.services.receipts import Delivered, receive

    receive(
        order,
        lines=[
            Delivered(
                order.lines.get(),
                D(10),
                dock.stock,
                lot_code="L2",
                expires_on=DAY - timedelta(days=1),
            )
        ],
        date=DAY,
        by=dock.books.by,
    )
    assert held(other) == [0]


def test_it_is_picked_from_the_dock_to_the_shipping_place(dock: Trade) -> None:
    item, other = dock.item(), dock.item()
    place = staging(dock)
    first, second = wait_for(dock, item, "4", "5")
    receipt = dock.stocked(item, "7", "5")
    pick_list = pick_cross_docked(receipt, staging=place, date=DAY, by=dock.books.by)
    rows = [(row.expected_move_id, row.location, row.quantity) for row in pick_list.lines.all()]
    assert sorted(rows, key=lambda row: row[0]) == [
        (first.pk, dock.stock, 4),
        (second.pk, dock.stock, 3),
    ]
    assert (pick_list.status, pick_list.staging) == ("released", place)
    alone = dock.stocked(other, "1", "5")
    with nothing_written(), pytest.raises(BusinessError) as refusal:
        pick_cross_docked(alone, staging=place, date=DAY, by=dock.books.by)
    assert refusal.value.code == "nothing_waits"
    assert_reconciled()


@pytest.mark.parametrize("many", [10, 100])
def test_it_takes_three_statements_more_for_any_number_of_lines(dock: Trade, many: int) -> None:
    items = [dock.item() for _line in range(many)]
    for item in items:
        wait_for(dock, item, "1")
    order = dock.ordered(*(OrderLine(item, D(2), D(5)) for item in items))
    spent, _receipt = statements(lambda: dock.receive(order, *["2"] * many))
    print(f"{many} lines: {spent} statements")
    assert spent <= 21
    assert Reservation.objects.count() == many


def test_it_goes_through_the_api(dock: Trade, client: Any) -> None:
    item = dock.item()
    staging(dock)
    wait_for(dock, item, "4")
    receipt = dock.stocked(item, "7", "5")
    api = ApiClient(dock.books.by)
    made = api.post(
        f"/supply-chain/receipts/{receipt.pk}/cross-dock/",
        {"staging": "OUT", "date": "2026-03-10"},
    )
    assert made.status_code == 201, made.body
    assert PickList.objects.get().number == made.body["number"]
    client.force_login(dock.books.by)
    form = client.get(f"/admin/supply_chain/receipt/{receipt.pk}/verb/cross-dock/")
    assert "OUT" in form.content.decode()
