"""Lower of cost and net realisable value: down to it, back up to cost (IAS 2 ¶28–33)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.core.errors import BusinessError, InvalidInput, InvalidTransition
from apps.core.reconcile import reconcile
from apps.finance.services.chart import set_posting_rule
from apps.inventory.models import CostLayer, ItemValuation, ValuationAdjustment, WriteDown
from apps.inventory.queries.stock import stock_total_at
from apps.inventory.queries.write_downs import written_down_items
from apps.inventory.services.cost_adjustments import change_standard_costs
from apps.inventory.services.moves import Move
from apps.inventory.services.write_down_lines import Assessed
from apps.inventory.services.write_downs import (
    cancel_write_down,
    change_write_down,
    draft_write_down,
    fill_write_down,
    post_write_down,
    propose_write_down,
    reverse_write_down,
)
from apps.masterdata.models import Item
from tests.inventory.conftest import DAY, Warehouse
from tests.support.connections import superuser
from tests.support.faces import ApiClient, codes
from tests.support.reconciled import assert_reconciled

MONTH_END = date(2026, 3, 31)
WRITE_DOWNS = "/inventory/write-downs/"


def write_down(warehouse: Warehouse, *lines: Assessed, **values: Any) -> WriteDown:
    values.setdefault("date", MONTH_END)
    made = draft_write_down(warehouse.books.company, lines=lines, by=warehouse.books.by, **values)
    return post_write_down(made, by=warehouse.books.by)


def at(item: Item, net_value: str, **values: Any) -> Assessed:
    return Assessed(item, Decimal(net_value), **values)


def two_receipts(warehouse: Warehouse, costing: str) -> Item:
    """10 at 10 and 10 at 14."""
    item = warehouse.item(costing)
    warehouse.receive(item, "10", "10")
    warehouse.receive(item, "10", "14")
    return item


def layers(item: Item) -> list[tuple[Decimal, Decimal]]:
    rows = CostLayer.objects.filter(item=item, quantity_left__gt=0).order_by("pk")
    return list(rows.values_list("quantity_left", "value_left"))


def test_stock_goes_down_to_what_it_brings_and_back_to_its_cost(warehouse: Warehouse) -> None:
    item = two_receipts(warehouse, "fifo")

    made = write_down(warehouse, at(item, "9"))

    [line] = made.lines.all()
    assert (line.quantity, line.carried, line.amount) == (20, 240, -60)
    assert warehouse.worth(item) == 180
    assert layers(item) == [(10, 90), (10, 90)]
    assert warehouse.books.balance("5220") == 60
    assert stock_total_at(warehouse.books.company, DAY) == 240
    assert stock_total_at(warehouse.books.company, MONTH_END) == 180

    assert warehouse.ship(item, "5").moves[0].value == 45  # it leaves at what it is carried at
    [line] = write_down(warehouse, at(item, "11")).lines.all()
    assert (line.quantity, line.carried, line.amount) == (15, 135, 30)
    assert layers(item) == [(5, Decimal("47.73")), (10, Decimal("117.27"))]

    [line] = write_down(warehouse, at(item, "1000")).lines.all()
    assert line.amount == 25
    assert layers(item) == [(5, 50), (10, 140)]  # what they had cost, and not a cent more
    assert written_down_items(warehouse.books.company) == []
    [line] = write_down(warehouse, at(item, "1000")).lines.all()
    assert (line.carried, line.amount) == (190, 0)
    assert warehouse.books.balance("5220") == 5  # borne by the five that were sold
    assert_reconciled()


def test_an_average_is_lowered_as_one_and_recovers_with_the_units_left(
    warehouse: Warehouse,
) -> None:
    item = two_receipts(warehouse, "average")
    write_down(warehouse, at(item, "9"))
    assert warehouse.worth(item) == 180
    assert warehouse.ship(item, "5").moves[0].value == 45
    [one] = written_down_items(warehouse.books.company)
    assert (one.quantity, one.value, one.written_down, one.cost) == (15, 135, 45, 180)
    [line] = write_down(warehouse, at(item, "50")).lines.all()
    assert (line.amount, warehouse.worth(item)) == (45, 180)
    assert_reconciled()


@pytest.mark.parametrize("is_reversed", [False, True])
def test_an_average_never_comes_back_above_its_cost_whichever_lot_was_used(
    warehouse: Warehouse, is_reversed: bool
) -> None:
    """10 of A at 10 are written down by 50; 90 of B at 10 come and go: their 45 went along.

    The layers say that A's ten bear all 50 still. But at an average each unit bears its share.
    """
    item = warehouse.item("average", tracking="lot")
    a, b = warehouse.lot(item, "A"), warehouse.lot(item, "B")
    warehouse.receive(item, "10", "10", lot=a)
    made = write_down(warehouse, at(item, "5"))
    warehouse.receive(item, "90", "10", lot=b)
    assert warehouse.ship(item, "90", lot=b).moves[0].value == 855
    [one] = written_down_items(warehouse.books.company)
    assert (one.value, one.written_down, one.cost) == (95, 5, 100)
    if is_reversed:
        reverse_write_down(made, reason="wrong", by=warehouse.books.by, date=MONTH_END)
    else:
        [line] = write_down(warehouse, at(item, "1000")).lines.all()
        assert line.amount == 5
    assert warehouse.worth(item) == 100
    assert warehouse.books.balance("5220") == 45
    assert_reconciled()


def test_what_came_in_after_a_write_down_bears_none_of_it(warehouse: Warehouse) -> None:
    item = two_receipts(warehouse, "fifo")
    write_down(warehouse, at(item, "9"))
    warehouse.ship(item, "20")
    warehouse.receive(item, "10", "8")
    [line] = write_down(warehouse, at(item, "100")).lines.all()
    assert (line.carried, line.amount, warehouse.worth(item)) == (80, 0, 80)
    assert_reconciled()


def test_a_lot_is_looked_at_alone_where_lots_have_their_own_cost(warehouse: Warehouse) -> None:
    item = warehouse.item("specific", tracking="lot")
    old, new = warehouse.lot(item, "OLD"), warehouse.lot(item, "NEW")
    for lot in (old, new):
        warehouse.receive(item, "3", "10", lot=lot)
    made = write_down(warehouse, at(item, "0", lot=old), at(item, "9.99", lot=new))
    assert [line.amount for line in made.lines.all()] == [-30, Decimal("-0.03")]
    assert layers(item) == [(3, 0), (3, Decimal("29.97"))]
    made = write_down(warehouse, at(item, "5", lot=old), at(item, "4", lot=new))
    assert [line.amount for line in made.lines.all()] == [15, Decimal("-17.97")]
    entry = ValuationAdjustment.objects.filter(source_id=made.pk).first().entry
    amounts = sorted(entry.lines.values_list("amount", "account__code"))
    # what comes back and what is lost stand apart, as they are disclosed
    assert [row[0] for row in amounts] == [Decimal("-17.97"), -15, 15, Decimal("17.97")]
    assert_reconciled()


def test_an_account_of_its_own_by_reason(warehouse: Warehouse) -> None:
    books = warehouse.books
    reason = warehouse.reason("NRV", "adjustment")
    set_posting_rule(
        books.company, role="revaluation", account=books.account("5230"), reason=reason, by=books.by
    )
    item = two_receipts(warehouse, "fifo")
    write_down(warehouse, at(item, "9"), reason=reason)
    assert (books.balance("5230"), books.balance("5220")) == (60, 0)
    assert_reconciled()


@pytest.mark.parametrize("costing", ["fifo", "average"])
def test_a_reversal_gives_back_what_is_still_there(warehouse: Warehouse, costing: str) -> None:
    item = two_receipts(warehouse, costing)
    made = write_down(warehouse, at(item, "9"))
    warehouse.ship(item, "5")
    by = warehouse.books.by
    with pytest.raises(InvalidInput) as refused:
        reverse_write_down(made, reason=" ", by=by)
    assert refused.value.code == "reason_required"
    made = reverse_write_down(made, reason="wrong price list", by=by, date=MONTH_END)
    assert made.status == "reversed"
    if costing == "fifo":  # five of the first ten are gone, which bore one each
        assert layers(item) == [(5, 50), (10, 140)]
        assert warehouse.books.balance("5220") == 5
    else:
        assert (warehouse.worth(item), warehouse.books.balance("5220")) == (180, 15)
    with pytest.raises(InvalidTransition):
        reverse_write_down(made, reason="again", by=by)
    assert_reconciled()


def test_the_last_look_is_reversed_first(warehouse: Warehouse) -> None:
    item = two_receipts(warehouse, "fifo")
    by = warehouse.books.by
    first = write_down(warehouse, at(item, "9"))
    second = write_down(warehouse, at(item, "11"))
    with pytest.raises(BusinessError) as refused:
        reverse_write_down(first, reason="wrong", by=by)
    assert refused.value.code == "later_write_down"
    assert second.number in refused.value.message
    assert warehouse.worth(item) == 220
    reverse_write_down(second, reason="wrong", by=by)
    assert layers(item) == [(10, 90), (10, 90)]
    reverse_write_down(first, reason="wrong", by=by)
    assert layers(item) == [(10, 100), (10, 140)]
    assert warehouse.books.balance("5220") == 0
    assert_reconciled()


def test_parts_sum_to_the_cent(warehouse: Warehouse) -> None:
    item = warehouse.item("fifo")
    for _ in range(3):
        warehouse.receive(item, "1", "0.07")
    [line] = write_down(warehouse, at(item, "0.066667")).lines.all()
    assert (line.carried, line.amount) == (Decimal("0.21"), Decimal("-0.01"))
    [line] = write_down(warehouse, at(item, "1")).lines.all()
    assert line.amount == Decimal("0.01")
    assert_reconciled()


def test_what_is_priced_below_its_cost_is_proposed(warehouse: Warehouse) -> None:
    """Price 12 less 10 % for selling is 10.80; what has no price or brings enough is left alone."""
    company, by = warehouse.books.company, warehouse.books.by
    dear = warehouse.item("fifo", sales_price=Decimal(12))
    fine = warehouse.item("fifo", sales_price=Decimal(20))
    material = warehouse.item("fifo")
    standard = warehouse.item("standard", sales_price=Decimal(1))
    change_standard_costs(company, {standard: Decimal(5)}, source=warehouse.stock, date=DAY, by=by)
    for item in (dear, fine, material, standard):
        warehouse.receive(item, "10", "11")
    made = propose_write_down(company, date=MONTH_END, selling_cost_percent=Decimal(10), by=by)
    assert list(made.lines.values_list("item", "net_value")) == [(dear.pk, Decimal("10.8"))]
    post_write_down(made, by=by)
    assert warehouse.worth(dear) == 108
    # what was written down is looked at again, also when it brings more now
    Item.objects.filter(pk=dear.pk).update(sales_price=13)
    again = propose_write_down(company, date=MONTH_END, by=by)
    assert list(again.lines.values_list("item", "net_value")) == [(dear.pk, 13)]
    post_write_down(again, by=by)
    assert warehouse.worth(dear) == 110
    draft = draft_write_down(company, date=MONTH_END, lines=[at(fine, "1")], by=by)
    draft = fill_write_down(draft, selling_cost_percent=Decimal(50), by=by)
    assert list(draft.lines.order_by("item").values_list("item", "net_value")) == [
        (dear.pk, Decimal("6.5")), (fine.pk, 10),
    ]  # fmt: skip
    with pytest.raises(BusinessError) as refused:
        propose_write_down(company, date=MONTH_END, by=by)
    assert refused.value.code == "nothing_found"
    with pytest.raises(InvalidInput) as refused:
        propose_write_down(company, date=MONTH_END, selling_cost_percent=Decimal(100), by=by)
    assert (refused.value.code, refused.value.field) == ("out_of_range", "selling_cost_percent")
    assert_reconciled()


def test_what_can_not_be_written_down_is_refused_by_row(warehouse: Warehouse) -> None:
    fifo = two_receipts(warehouse, "fifo")
    standard = warehouse.item("standard")
    tracked = warehouse.item("fifo", tracking="lot")
    lot = warehouse.lot(tracked, "L1")
    for line, code, field in (
        (at(standard, "1"), "standard_cost", "item"),
        (at(tracked, "1", lot=lot), "lot_not_valued", "lot"),
        (at(fifo, "1", lot=lot), "wrong_lot", "lot"),
        (at(fifo, "-1"), "negative", "net_value"),
        (at(fifo, "2"), "line_twice", "item"),
    ):
        with pytest.raises(InvalidInput) as refused:
            write_down(warehouse, at(fifo, "9"), line)
        assert (refused.value.code, refused.value.row, refused.value.field) == (code, 1, field)
    with pytest.raises(InvalidInput) as refused:
        write_down(warehouse, reason=warehouse.reason("X", "scrap"))
    assert refused.value.code == "wrong_reason"
    with pytest.raises(InvalidInput) as refused:
        write_down(warehouse)
    assert refused.value.code == "no_lines"
    assert not ValuationAdjustment.objects.exists()
    assert not WriteDown.objects.filter(status="posted").exists()
    assert warehouse.worth(fifo) == 240


def test_a_closed_month_takes_no_write_down(warehouse: Warehouse) -> None:
    item = two_receipts(warehouse, "fifo")
    with pytest.raises(BusinessError) as refused:
        write_down(warehouse, at(item, "9"), date=date(2031, 1, 1))
    assert refused.value.code == "no_period"
    assert warehouse.worth(item) == 240


def test_a_draft_is_changed_and_given_up(warehouse: Warehouse) -> None:
    item, by = two_receipts(warehouse, "fifo"), warehouse.books.by
    made = draft_write_down(warehouse.books.company, date=MONTH_END, lines=[at(item, "9")], by=by)
    made = change_write_down(made, lines=[at(item, "8")], note="list of March", by=by)
    assert list(made.lines.values_list("net_value", flat=True)) == [8]
    assert cancel_write_down(made, by=by).status == "cancelled"
    with pytest.raises(InvalidTransition):
        post_write_down(made, by=by)
    assert warehouse.worth(item) == 240


def test_a_hundred_items_cost_as_many_statements_as_ten(warehouse: Warehouse) -> None:
    counts = {}
    for size in (2, 10, 100):  # the first reads content types
        items = [warehouse.item("fifo") for _ in range(size)]
        warehouse.post(
            *(
                Move(one.pk, Decimal(5), warehouse.supplier, warehouse.stock, value=Decimal(50))
                for one in items
            )
        )
        made = draft_write_down(
            warehouse.books.company,
            date=MONTH_END,
            lines=[at(one, "9") for one in items],
            by=warehouse.books.by,
        )
        with CaptureQueriesContext(connection) as captured:
            post_write_down(made, by=warehouse.books.by)
        counts[size] = len([q for q in captured if "SAVEPOINT" not in q["sql"]])
    assert counts[10] == counts[100] <= 25, counts
    assert ItemValuation.objects.filter(value=45).count() == 112


def test_a_write_down_through_the_api(warehouse: Warehouse) -> None:
    item = two_receipts(warehouse, "fifo")
    api = ApiClient(warehouse.books.by)
    body = {
        "date": MONTH_END.isoformat(),
        "lines": [{"item": item.code, "net_value": "9"}],
    }
    made = api.post(WRITE_DOWNS, body)
    assert (made.status_code, made.body["lines"][0]["amount"]) == (201, None), made.body
    place = f"{WRITE_DOWNS}{made.body['id']}/"
    changed = api.patch(place, {"note": "end of March"}, version=1)
    assert (changed.status_code, changed.body["note"]) == (200, "end of March"), changed.body
    posted = api.post(f"{place}post/")
    assert Decimal(posted.body["lines"][0]["amount"]) == -60, posted.body
    [row] = api.get("/inventory/valuation-adjustments/?kind=write_down&page_size=1").body["results"]
    assert row["quantity"] == "10.000000"
    again = api.post(f"{place}post/")
    assert (again.status_code, codes(again)) == (409, [("status", "invalid_transition")])
    [shown] = api.get("/inventory/stock-figures/written-down/").body["results"]
    assert (shown["code"], Decimal(shown["written_down"]), Decimal(shown["cost"])) == (
        item.code, 60, 240,
    )  # fmt: skip
    back = api.post(f"{place}reverse/", {"date": MONTH_END.isoformat(), "reason": "wrong"})
    assert (back.status_code, back.body["status"]) == (200, "reversed"), back.body
    Item.objects.filter(pk=item.pk).update(sales_price=10)
    proposed = api.post(
        f"{WRITE_DOWNS}propose/", {"date": MONTH_END.isoformat(), "selling_cost_percent": "5"}
    )
    assert Decimal(proposed.body["lines"][0]["net_value"]) == Decimal("9.5"), proposed.body
    cancelled = api.post(f"{WRITE_DOWNS}{proposed.body['id']}/cancel/")
    assert cancelled.body["status"] == "cancelled"
    assert_reconciled()


@pytest.mark.django_db(transaction=True)
@pytest.mark.breaks("write-downs", "write-down-limit")
@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("write-downs", "UPDATE inventory_writedownline SET amount = amount + 1"),
        ("write-down-limit", "UPDATE inventory_valuationadjustment SET amount = 1"),
    ],
)
def test_a_break_is_seen(warehouse: Warehouse, code: str, change: str) -> None:
    write_down(warehouse, at(two_receipts(warehouse, "fifo"), "9"))
    assert_reconciled()
    with superuser() as tamperer:
        tamperer.execute(change)
    [finding] = reconcile([code])
    assert finding.offences
