"""Late cost goes where the units are now (S4 f), at any depth; old moves stay as they are."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext

from apps.core.errors import BusinessError, InvalidInput
from apps.core.reconcile import reconcile
from apps.finance.models import JournalEntry
from apps.inventory.models import (
    CostLayer,
    ExpectedMove,
    ReturnedUnits,
    StockMove,
    ValuationAdjustment,
)
from apps.inventory.queries.stock import stock_total_at
from apps.inventory.services.cost_adjustments import (
    Adjustment,
    adjust_receipts,
    change_standard_costs,
)
from apps.inventory.services.moves import Move, Posting
from tests.inventory.conftest import DAY, Warehouse, make_floor
from tests.support.reconciled import assert_reconciled

BILL_DAY = date(2026, 4, 2)


def bill(warehouse: Warehouse, *deltas: tuple[Posting, str], **values) -> Adjustment:
    values.setdefault("date", BILL_DAY)
    return adjust_receipts(
        warehouse.books.company,
        [(warehouse.rows(posting)[0], Decimal(delta)) for posting, delta in deltas],
        source=warehouse.stock,
        journal="PUR",
        counter_account_id=warehouse.books.account("5060").pk,
        by=warehouse.books.by,
        **values,
    )


def all_moves() -> list[tuple]:
    return list(StockMove.objects.order_by("pk").values_list())


@pytest.mark.parametrize("costing", ["fifo", "average", "specific"])
def test_a_bill_above_the_order_is_split_by_where_the_units_are(
    warehouse: Warehouse, costing: str
) -> None:
    """S4 f: 100 at 10, 60 used for 60 goods, 20 of them sold, billed at 15."""
    tracking = "lot" if costing == "specific" else "none"
    raw, goods = (warehouse.item(costing, tracking=tracking) for _ in range(2))
    of_raw = {"lot": warehouse.lot(raw, "R1")} if costing == "specific" else {}
    of_goods = {"lot": warehouse.lot(goods, "G1")} if costing == "specific" else {}
    order = warehouse.cost_object("WO-1")
    receipt = warehouse.receive(raw, "100", "10", **of_raw)
    warehouse.issue(raw, "60", order, **of_raw)
    warehouse.complete(goods, "60", "600", order, **of_goods)
    warehouse.ship(goods, "20", **of_goods)
    before = all_moves()

    made = bill(warehouse, (receipt, "500"))

    assert (warehouse.worth(raw), warehouse.worth(goods)) == (600, 600)
    assert (made.total("inventory"), made.total("cogs"), made.total("wip")) == (400, 100, 0)
    assert warehouse.books.balance("5000") == 300
    entry = JournalEntry.objects.get(pk=made.entry_id)
    assert entry.date == BILL_DAY
    amounts = sorted(entry.lines.values_list("amount", "account__code"))
    assert amounts == [(-500, "5060"), (100, "5000"), (200, "1300"), (200, "1300")]
    assert all_moves() == before
    assert stock_total_at(warehouse.books.company, DAY) == 800
    assert stock_total_at(warehouse.books.company, BILL_DAY) == 1200
    assert_reconciled()


@pytest.mark.parametrize("costing", ["fifo", "average"])
def test_what_is_sold_later_carries_the_late_cost(warehouse: Warehouse, costing: str) -> None:
    item = warehouse.item(costing)
    receipt = warehouse.receive(item, "10", "10")
    bill(warehouse, (receipt, "5.01"))
    assert warehouse.ship(item, "10").moves[0].value == Decimal("105.01")
    assert_reconciled()


def test_half_finished_work_keeps_its_share_in_process(warehouse: Warehouse) -> None:
    """60 issued for 600; 300 of it completed, so half of the 60's late cost stays in WIP."""
    raw, goods = warehouse.item(), warehouse.item()
    order = warehouse.cost_object("WO-1")
    receipt = warehouse.receive(raw, "100", "10")
    warehouse.issue(raw, "60", order)
    warehouse.complete(goods, "30", "300", order)
    made = bill(warehouse, (receipt, "500"))
    assert warehouse.worth(raw) == 600
    assert made.total("wip") == 150
    assert warehouse.worth(goods) == 450
    assert warehouse.books.balance("1350") == 450
    assert_reconciled()


def test_late_cost_follows_three_levels_of_production(warehouse: Warehouse) -> None:
    raw, part, kit = (warehouse.item() for _ in range(3))
    first, second = warehouse.cost_object("WO-1"), warehouse.cost_object("WO-2")
    receipt = warehouse.receive(raw, "10", "10")
    warehouse.issue(raw, "10", first)
    warehouse.complete(part, "20", "100", first)
    warehouse.issue(part, "10", second)
    warehouse.complete(kit, "5", "50", second)
    warehouse.ship(kit, "2")
    scrap = warehouse.virtual["scrap"]
    warehouse.post(Move(kit.pk, Decimal(1), warehouse.stock, scrap))

    made = bill(warehouse, (receipt, "100"))

    assert (warehouse.worth(raw), warehouse.worth(part), warehouse.worth(kit)) == (0, 100, 40)
    assert (made.total("cogs"), made.total("scrap")) == (20, 10)
    assert_reconciled()


def test_scrapped_work_takes_its_share_to_the_same_account(warehouse: Warehouse) -> None:
    """Of 100 in process 20 were written off as scrap by the order's own entry."""
    from apps.finance.services.journal import Entry, Line, post_entry

    raw, goods = warehouse.item(), warehouse.item()
    order = warehouse.cost_object("WO-1")
    receipt = warehouse.receive(raw, "10", "10")
    warehouse.issue(raw, "10", order)
    wip, scrap = warehouse.books.account("1350"), warehouse.books.account("5100")
    lines = [
        Line(scrap.pk, Decimal(20), cost_object_id=order.pk),
        Line(wip.pk, Decimal(-20), cost_object_id=order.pk),
    ]
    post_entry(
        warehouse.books.company,
        Entry("PRD", DAY, warehouse.stock, lines, purpose="scrap"),
        by=warehouse.books.by,
    )
    warehouse.complete(goods, "8", "80", order)
    bill(warehouse, (receipt, "10"))
    assert warehouse.books.balance("5100") == 22
    assert warehouse.worth(goods) == 88
    assert warehouse.books.balance("1350") == 0
    assert_reconciled()


def test_a_returned_issue_brings_its_late_cost_back(warehouse: Warehouse) -> None:
    item = warehouse.item("fifo")
    receipt = warehouse.receive(item, "10", "10")
    sale = warehouse.ship(item, "4")
    warehouse.reverse(sale)
    made = bill(warehouse, (receipt, "10"))
    assert (made.total("inventory"), made.total("cogs")) == (10, 0)
    assert warehouse.worth(item) == 110
    left = CostLayer.objects.filter(item=item).values_list("quantity_left", "value_left")
    assert sorted(left) == [(4, 44), (6, 66)]
    assert_reconciled()


def returned(warehouse: Warehouse, promise: ExpectedMove, quantity: str, value: str) -> Posting:
    return warehouse.post(
        Move(
            promise.item_id,
            Decimal(quantity),
            warehouse.customer,
            warehouse.quarantine,
            value=Decimal(value),
            brings_back=(promise.source_type_id, promise.source_id),
        )
    )


@pytest.mark.parametrize("costing", ["fifo", "average"])
def test_late_cost_follows_what_a_customer_sent_back(warehouse: Warehouse, costing: str) -> None:
    """Two receipts, one sale of both, 3 of 6 back, 1 of those sold again to another."""
    item = warehouse.item(costing)
    first = warehouse.receive(item, "4", "10")
    warehouse.receive(item, "6", "10")
    promise = make_floor(warehouse).promise(item, "6")
    warehouse.ship(item, "6", expected_move_id=promise.pk)
    back = returned(warehouse, promise, "3", "30")
    warehouse.post(Move(item.pk, Decimal(4), warehouse.stock, warehouse.customer))
    before = all_moves()

    made = bill(warehouse, (first, "8"))

    # all 4 of the first receipt were sold in the sale of 6, of which the half came back
    assert (made.total("inventory"), made.total("cogs")) == (4, 4)
    [layer] = CostLayer.objects.filter(move=back.moves[0].id)
    assert layer.quantity_left == 3
    assert layer.value_left == (34 if costing == "fifo" else 0)
    assert warehouse.worth(item) == 34
    assert all_moves() == before
    assert_reconciled()


def test_a_return_knows_which_sales_its_units_left_with(warehouse: Warehouse) -> None:
    """Shipped in two parts: the first to leave come back first; never more than went out."""
    item = warehouse.item("fifo")
    warehouse.receive(item, "10", "10")
    promise = make_floor(warehouse).promise(item, "7")
    one = warehouse.ship(item, "3", expected_move_id=promise.pk).moves[0].id
    other = warehouse.ship(item, "4", expected_move_id=promise.pk).moves[0].id
    returned(warehouse, promise, "2", "20")
    returned(warehouse, promise, "4", "40")
    found = list(ReturnedUnits.objects.values_list("issue", "quantity"))
    assert found == [(one, 2), (one, 1), (other, 3)]
    returned(warehouse, promise, "5", "50")  # more than is out: the rest has no sale behind it
    assert ReturnedUnits.objects.filter(issue=other).aggregate(sum=Sum("quantity"))["sum"] == 4
    assert_reconciled()


@pytest.mark.breaks("returned-units")
def test_more_back_than_went_out_is_seen(warehouse: Warehouse) -> None:
    item = warehouse.item("fifo")
    warehouse.receive(item, "10", "10")
    promise = make_floor(warehouse).promise(item, "2")
    sale = warehouse.ship(item, "2", expected_move_id=promise.pk).moves[0].id
    back = warehouse.post(
        Move(item.pk, Decimal(5), warehouse.customer, warehouse.stock, value=Decimal(50))
    )
    assert_reconciled()
    ReturnedUnits.objects.create(
        company=warehouse.books.company,
        issue_id=sale,
        receipt_id=back.moves[0].id,
        quantity=Decimal(3),
    )
    [finding] = reconcile(["returned-units"])
    assert [row["returned"] for row in finding.offences] == [3]


def test_what_went_back_to_the_supplier_is_a_price_variance(warehouse: Warehouse) -> None:
    item = warehouse.item("fifo")
    receipt = warehouse.receive(item, "10", "10")
    warehouse.post(Move(item.pk, Decimal(4), warehouse.stock, warehouse.supplier))
    made = bill(warehouse, (receipt, "10"))
    assert (made.total("inventory"), made.total("price_variance")) == (6, 4)
    assert_reconciled()


def test_standard_cost_takes_no_late_cost(warehouse: Warehouse) -> None:
    item = warehouse.item("standard")
    change_standard_costs(
        warehouse.books.company,
        {item: Decimal(10)},
        source=warehouse.stock,
        date=DAY,
        by=warehouse.books.by,
    )
    receipt = warehouse.receive(item, "10", "10")
    made = bill(warehouse, (receipt, "10"))
    assert made.total("price_variance") == 10
    assert warehouse.worth(item) == 100
    assert_reconciled()


def test_parts_sum_to_the_cent(warehouse: Warehouse) -> None:
    item = warehouse.item("fifo")
    receipt = warehouse.receive(item, "3", "1")
    for _ in range(2):
        warehouse.ship(item, "1")
    made = bill(warehouse, (receipt, "0.01"))
    assert sum(made.parts.values()) == Decimal("0.01")
    assert_reconciled()


def test_a_lower_bill_takes_no_more_than_stock_is_worth(warehouse: Warehouse) -> None:
    """Average: the dear receipt's units are left, carried at the average of both."""
    item = warehouse.item("average")
    warehouse.receive(item, "10", "1")
    dear = warehouse.receive(item, "10", "9")
    warehouse.ship(item, "10")
    made = bill(warehouse, (dear, "-80"))
    assert warehouse.worth(item) == 0
    assert made.total("price_variance") == -30
    assert_reconciled()


def test_goods_that_feed_their_own_production_come_to_an_end(warehouse: Warehouse) -> None:
    raw, starter = warehouse.item(), warehouse.item()
    order = warehouse.cost_object("WO-1")
    receipt = warehouse.receive(raw, "10", "10")
    warehouse.issue(raw, "10", order)
    warehouse.complete(starter, "10", "100", order)
    warehouse.issue(starter, "5", order)
    warehouse.complete(starter, "5", "50", order)
    made = bill(warehouse, (receipt, "10"))
    assert sum(made.parts.values()) == 10
    assert warehouse.worth(starter) == 110 - made.total("wip")
    assert made.total("wip") <= Decimal("0.02")
    assert_reconciled()


def test_only_receipts_and_cents(warehouse: Warehouse) -> None:
    item = warehouse.item("fifo")
    receipt = warehouse.receive(item, "10", "10")
    with pytest.raises(InvalidInput) as refused:
        bill(warehouse, (receipt, "1"), (warehouse.ship(item, "1"), "1"))
    assert (refused.value.code, refused.value.row) == ("not_a_receipt", 1)
    with pytest.raises(InvalidInput) as refused:
        bill(warehouse, (receipt, "0.001"))
    assert refused.value.code == "too_many_decimals"
    assert not ValuationAdjustment.objects.exists()


def test_a_closed_month_stays_closed(warehouse: Warehouse) -> None:
    receipt = warehouse.receive(warehouse.item("fifo"), "10", "10")
    with pytest.raises(BusinessError) as refused:
        bill(warehouse, (receipt, "1"), date=date(2031, 1, 1))
    assert refused.value.code == "no_period"


def test_a_hundred_receipts_cost_as_many_statements_as_ten(warehouse: Warehouse) -> None:
    counts = {}
    for size in (10, 100):
        order = warehouse.cost_object(f"WO-{size}")
        goods = warehouse.item()
        items = [warehouse.item("fifo") for _ in range(size)]
        receipts = [warehouse.receive(item, "5", "2") for item in items]
        for item in items:
            warehouse.issue(item, "3", order)
        warehouse.complete(goods, "10", str(6 * size), order)
        rows = [(warehouse.rows(receipt)[0], Decimal(1)) for receipt in receipts]
        with CaptureQueriesContext(connection) as captured:
            adjust_receipts(
                warehouse.books.company,
                rows,
                source=warehouse.stock,
                purpose=f"bill of {size}",
                journal="PUR",
                date=BILL_DAY,
                counter_account_id=warehouse.books.account("5060").pk,
                by=warehouse.books.by,
            )
        counts[size] = len([q for q in captured if "SAVEPOINT" not in q["sql"]])
    assert counts[10] == counts[100] <= 35
    assert_reconciled()


def test_a_new_standard_revalues_what_is_there(warehouse: Warehouse) -> None:
    item, other = warehouse.item("standard"), warehouse.item("fifo")
    warehouse.receive(other, "10", "7")
    company, by = warehouse.books.company, warehouse.books.by

    def change(cost: str, purpose: str) -> Adjustment:
        return change_standard_costs(
            company,
            {item: Decimal(cost), other: Decimal(cost)},
            source=warehouse.stock,
            date=DAY,
            purpose=purpose,
            by=by,
        )

    assert change("10", "first").entry_id is None
    warehouse.receive(item, "12", "10")
    assert change("10.25", "second").total("inventory") == 3
    assert (warehouse.worth(item), warehouse.worth(other)) == (123, 70)
    assert warehouse.books.balance("5220") == -3
    assert change("9", "third").total("inventory") == -15
    assert_reconciled()
