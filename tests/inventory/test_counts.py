"""Stock counts: blind, recounted, approved by another, posted while the warehouse works."""

from __future__ import annotations

import itertools
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import User
from apps.finance.models import JournalEntry
from apps.inventory.models import (
    CountClass,
    ItemClass,
    Lot,
    StockBalance,
    StockCount,
    StockCountLine,
    StockMove,
)
from apps.inventory.printouts import count_sheet_pdf
from apps.inventory.services.count_entries import (
    Counted,
    enter_counted,
    post_stock_count,
    reverse_stock_count,
)
from apps.inventory.services.count_plans import classify_items, plan_cycle_count
from apps.inventory.services.counts import (
    CountPlace,
    cancel_stock_count,
    finish_counting,
    plan_stock_count,
    reopen_stock_count,
    start_stock_count,
)
from tests import factories
from tests.inventory.conftest import DAY, Warehouse
from tests.support.faces import ApiClient, codes, make_member
from tests.support.reconciled import assert_reconciled
from tests.support.statements import at_most

_orders = itertools.count(1)


@pytest.fixture
def boss(warehouse: Warehouse) -> User:
    return factories.make_user("boss", company=warehouse.books.company)


def plan(warehouse: Warehouse, *items: Any, **values: Any) -> StockCount:
    values.setdefault("places", [CountPlace(item, warehouse.stock) for item in items])
    if "reason" not in values:
        values["reason"] = warehouse.reason("COUNT", "adjustment")
    return plan_stock_count(
        warehouse.books.company,
        site=warehouse.books.site,
        date=DAY,
        by=warehouse.books.by,
        **values,
    )


def counted(warehouse: Warehouse, item: Any, quantity: str, **values: Any) -> Counted:
    values.setdefault("location", warehouse.stock)
    return Counted(item=item, quantity=Decimal(quantity), **values)


def make_class(warehouse: Warehouse, code: str, share: int, days: int, **values: Any) -> CountClass:
    return CountClass(
        company=warehouse.books.company,
        code=code,
        name=code,
        value_share=share,
        interval_days=days,
        **values,
    ).save_by(warehouse.books.by)


def test_what_moves_after_the_count_does_not_change_its_difference(
    warehouse: Warehouse, boss: User
) -> None:
    books, item = warehouse.books, warehouse.item("average")
    warehouse.receive(item, "10", "3")
    count = start_stock_count(plan(warehouse, item), by=books.by)
    enter_counted(count, [counted(warehouse, item, "8")], by=books.by)
    warehouse.receive(item, "5", "3")
    [line] = StockCountLine.objects.all()
    assert (line.book_quantity, line.difference, line.unit_cost) == (10, -2, 3)
    assert line.must_recount, "an item without a class tolerates nothing"
    enter_counted(count, [counted(warehouse, item, "13")], by=books.by)
    finish_counting(count, by=books.by)
    with pytest.raises(BusinessError) as refusal:
        post_stock_count(count, by=books.by)
    assert refusal.value.code == "own_count"
    warehouse.issue(item, "1", warehouse.cost_object(f"WO-{next(_orders)}"))
    posted = post_stock_count(count, by=boss)
    assert posted.status == "posted"
    assert StockBalance.objects.get().quantity == 12
    assert books.balance("5230") == 6
    [move] = StockMove.objects.filter(source_id=count.pk, reason__code="COUNT")
    assert (move.quantity, move.value) == (2, 6)
    assert_reconciled()
    with pytest.raises(InvalidInput):
        reverse_stock_count(posted, date=DAY, reason=" ", by=boss)
    reverse_stock_count(posted, date=DAY, reason="the wrong shelf", by=boss)
    assert (books.balance("5230"), StockBalance.objects.get().quantity) == (0, 14)
    assert_reconciled()


def test_a_count_without_differences_posts_nothing(warehouse: Warehouse, boss: User) -> None:
    books, item = warehouse.books, warehouse.item("fifo")
    warehouse.receive(item, "10", "3")
    entries = JournalEntry.objects.count()
    count = start_stock_count(plan(warehouse, item), by=books.by)
    enter_counted(count, [counted(warehouse, item, "10")], by=books.by)
    post_stock_count(finish_counting(count, by=books.by), by=boss)
    assert JournalEntry.objects.count() == entries
    assert_reconciled()


def test_what_nobody_knew_of_is_found(warehouse: Warehouse, boss: User) -> None:
    books = warehouse.books
    item = warehouse.item("average", tracking="lot")
    lot = warehouse.lot(item, "L1")
    warehouse.receive(item, "10", "3", lot=lot)
    shelf = warehouse.place("SHELF")
    count = start_stock_count(
        plan(warehouse, places=[CountPlace(item, warehouse.stock, lot)]), by=books.by
    )
    entries = [
        counted(warehouse, item, "10", lot_code="L1"),
        counted(warehouse, item, "2", lot_code="L2", location=shelf),
    ]
    enter_counted(count, entries, by=books.by)
    enter_counted(count, entries[1:], by=books.by)
    post_stock_count(finish_counting(count, by=books.by), by=boss)
    assert Lot.objects.get(code="L2").balances.get().quantity == 2
    assert warehouse.worth(item) == 36, "at what the item is carried at"
    assert_reconciled()


def test_a_place_is_counted_once_at_a_time_and_may_be_frozen(
    warehouse: Warehouse, boss: User
) -> None:
    books, item = warehouse.books, warehouse.item("average")
    warehouse.receive(item, "10", "3")
    first = start_stock_count(plan(warehouse, item, is_frozen=True), by=books.by)
    second = plan(warehouse, item, reason=first.reason)
    with pytest.raises(BusinessError) as refusal:
        start_stock_count(second, by=books.by)
    assert (refusal.value.code, refusal.value.field) == ("location_frozen", "location")
    assert first.number in str(refusal.value)
    warehouse.stock.refresh_from_db()
    with pytest.raises(BusinessError) as refusal:
        warehouse.issue(item, "1", warehouse.cost_object(f"WO-{next(_orders)}"))
    assert (refusal.value.code, refusal.value.row) == ("location_frozen", 0)
    assert_reconciled()
    for _time in range(2):
        enter_counted(first, [counted(warehouse, item, "9")], by=books.by)
    post_stock_count(finish_counting(first, by=books.by), by=boss)
    warehouse.stock.refresh_from_db()
    assert not warehouse.stock.is_frozen
    warehouse.issue(item, "1", warehouse.cost_object(f"WO-{next(_orders)}"))
    cancel_stock_count(start_stock_count(second, by=books.by), by=books.by)
    assert_reconciled()


def test_a_shortage_that_was_used_meanwhile_is_named(warehouse: Warehouse, boss: User) -> None:
    books, item = warehouse.books, warehouse.item("average")
    warehouse.receive(item, "10", "3")
    count = start_stock_count(plan(warehouse, item), by=books.by)
    for _time in range(2):
        enter_counted(count, [counted(warehouse, item, "4")], by=books.by)
    finish_counting(count, by=books.by)
    warehouse.issue(item, "8", warehouse.cost_object(f"WO-{next(_orders)}"))
    with pytest.raises(BusinessError) as refusal:
        post_stock_count(count, by=boss)
    assert (refusal.value.code, refusal.value.row) == ("insufficient_stock", 0)
    count.refresh_from_db()
    assert count.status == "review"
    reopen_stock_count(count, reason="counted before the issue", by=boss)
    enter_counted(count, [counted(warehouse, item, "2")], by=books.by)
    post_stock_count(finish_counting(count, by=books.by), by=boss)
    assert_reconciled()


def test_bad_counts_are_named_and_write_nothing(warehouse: Warehouse) -> None:
    books, item = warehouse.books, warehouse.item("average")
    serial = warehouse.item("average", tracking="serial")
    warehouse.receive(item, "10", "3")
    count = plan(warehouse, item)

    def refused(*entries: Counted) -> tuple[str, str | None, int | None]:
        with pytest.raises(BusinessError) as refusal:
            enter_counted(count, entries, by=books.by)
        return refusal.value.code, refusal.value.field, refusal.value.row

    good = counted(warehouse, item, "1")
    assert refused(good)[0] == "wrong_status"
    count = start_stock_count(count, by=books.by)
    assert refused() == ("no_lines", "lines", None)
    assert refused(good, counted(warehouse, item, "-1")) == ("not_positive", "quantity", 1)
    assert refused(good, good) == ("twice", "item", 1)
    assert refused(counted(warehouse, serial, "1")) == ("lot_required", "lot", 0)
    assert refused(counted(warehouse, serial, "2", lot_code="S1")) == (
        "serial_quantity",
        "quantity",
        0,
    )
    assert refused(counted(warehouse, item, "1", lot_code="L1"))[1] == "lot"
    assert refused(counted(warehouse, item, "1", location=warehouse.customer)) == (
        "other_site",
        "location",
        0,
    )
    scrap = warehouse.reason("BENT", "scrap")
    assert refused(counted(warehouse, item, "1", reason=scrap)) == ("wrong_reason", "reason", 0)
    with pytest.raises(BusinessError) as refusal:
        finish_counting(count, by=books.by)
    assert (refusal.value.code, refusal.value.row) == ("not_counted", 0)
    assert not StockCountLine.objects.exclude(counted_quantity=None).exists()
    assert not Lot.objects.exists()
    with pytest.raises(InvalidInput) as bad:
        plan(warehouse, places=[], reason=count.reason)
    assert bad.value.code == "no_lines"


def test_entering_costs_the_same_for_1_and_40_lines(warehouse: Warehouse) -> None:
    books = warehouse.books
    items = [warehouse.item("average") for _n in range(40)]
    for item in items:
        warehouse.receive(item, "10", "3")
    count = start_stock_count(plan(warehouse, *items), by=books.by)
    entries = [counted(warehouse, item, "10") for item in items]
    with at_most(20) as one:
        enter_counted(count, entries[:1], by=books.by)
    with at_most(20) as many:
        enter_counted(count, entries, by=books.by)
    assert len(many) == len(one)


def test_classes_by_value_used_and_their_turn(warehouse: Warehouse, boss: User) -> None:
    books = warehouse.books
    dear, middle, cheap, idle = (warehouse.item("average", code=code) for code in "PQRS")
    for item, cost in ((dear, "400"), (middle, "75"), (cheap, "25"), (idle, "1")):
        warehouse.receive(item, "20", cost)
    for item in (dear, middle, cheap):
        warehouse.issue(item, "10", warehouse.cost_object(f"WO-{next(_orders)}"))
    with pytest.raises(BusinessError) as refusal:
        classify_items(books.company, since=DAY, until=DAY)
    assert refusal.value.code == "no_classes"
    for code, share, days in (("A", 80, 30), ("B", 95, 90), ("C", 100, 365)):
        make_class(warehouse, code, share, days)
    found = classify_items(books.company, since=DAY, until=DAY)
    assert found == {"A": 1, "B": 1, "C": 2}
    assert {row.item.code: row.count_class.code for row in ItemClass.objects.all()} == {
        "P": "A",
        "Q": "B",
        "R": "C",
        "S": "C",
    }
    assert ItemClass.objects.get(item=dear).used_value == 4000
    again = classify_items(books.company, since=DAY, until=DAY)
    assert again == found

    site = books.site
    count = plan_cycle_count(books.company, site=site, on=DAY, limit=2, by=books.by)
    assert {line.item.code for line in count.lines.all()} == {"P", "Q"}
    rest = plan_cycle_count(books.company, site=site, on=DAY, by=books.by)
    assert {line.item.code for line in rest.lines.all()} == {"R", "S"}
    with pytest.raises(BusinessError) as refusal:
        plan_cycle_count(books.company, site=site, on=DAY, by=books.by)
    assert refusal.value.code == "nothing_due"
    cancel_stock_count(rest, by=books.by)

    start_stock_count(count, by=books.by)
    enter_counted(
        count, [counted(warehouse, dear, "10"), counted(warehouse, middle, "10")], by=books.by
    )
    post_stock_count(finish_counting(count, by=books.by), by=boss)
    today = StockCountLine.objects.exclude(counted_at=None).first().counted_at.date()
    soon = plan_cycle_count(books.company, site=site, on=today + timedelta(days=35), by=books.by)
    assert {line.item.code for line in soon.lines.all()} == {"P", "R", "S"}


def test_a_small_difference_is_believed_at_once(warehouse: Warehouse) -> None:
    books, item = warehouse.books, warehouse.item("average")
    warehouse.receive(item, "100", "3")
    make_class(warehouse, "A", 100, 30, tolerance_percent=2, tolerance_value=10)
    classify_items(books.company, since=date(2026, 1, 1), until=DAY)
    count = start_stock_count(plan(warehouse, item), by=books.by)

    def again(quantity: str) -> bool:
        StockCountLine.objects.update(times_counted=0)
        enter_counted(count, [counted(warehouse, item, quantity)], by=books.by)
        return StockCountLine.objects.get().must_recount

    assert not again("98"), "2 % are tolerated"
    assert not again("97"), "3 % are 9.00: below the tolerated value"
    assert again("96"), "4 % and 12.00 are above both"


def test_a_count_through_the_api(warehouse: Warehouse, boss: User) -> None:
    api, item = ApiClient(warehouse.books.by), warehouse.item("average", code="BOLT")
    warehouse.receive(item, "10", "3")
    warehouse.reason("COUNT", "adjustment")
    made = api.post(
        "/inventory/stock-counts/",
        {"site": "MAIN", "date": DAY.isoformat(), "locations": ["STOCK"], "reason": "COUNT"},
    )
    assert made.status_code == 201, made.body
    place = f"/inventory/stock-counts/{made.body['id']}/"
    assert api.post(f"{place}start/").body["status"] == "counting"
    entry = {"lines": [{"item": "BOLT", "location": "STOCK", "quantity": "9"}]}
    for _time in range(2):
        entered = api.post(f"{place}enter/", entry)
    assert entered.status_code == 200, entered.body
    [line] = entered.body["lines"]
    assert (line["counted_quantity"], line["book_quantity"]) == ("9.000000", None), "blind"
    bad = api.post(
        f"{place}enter/", {"lines": [{"item": "NONE", "location": "STOCK", "quantity": "9"}]}
    )
    assert (bad.status_code, codes(bad)) == (400, [("lines.0.item", "does_not_exist")])
    assert api.post(f"{place}finish/").body["lines"][0]["difference"] == "-1.000000"
    assert codes(api.post(f"{place}post/")) == [("status", "own_count")]
    assert ApiClient(boss).post(f"{place}post/").body["status"] == "posted"
    assert_reconciled()


def test_counting_on_the_page(warehouse: Warehouse) -> None:
    item = warehouse.item("average", code="BOLT")
    warehouse.receive(item, "10", "3")
    count = start_stock_count(plan(warehouse, item), by=warehouse.books.by)
    counter = make_member(
        "counter",
        warehouse.books.company,
        permissions=("inventory.view_stockcount", "inventory.count_stockcount"),
    )
    client = Client()
    client.force_login(counter, "apps.core.backends.PermissionBackend")
    assert count.number in client.get("/stock/counts/").content.decode()
    page = client.get(f"/stock/counts/{count.pk}/").content.decode()
    [line] = count.lines.all()
    assert f'name="line-{line.pk}"' in page
    assert "In the books" not in page
    form = {"key": "k1", "act": "enter", f"line-{line.pk}": "ten"}
    refused = client.post(f"/stock/counts/{count.pk}/", form)
    assert "Enter a number." in refused.content.decode()
    assert 'value="ten"' in refused.content.decode()
    form |= {"key": "k2", f"line-{line.pk}": "10", "found-item": "NUT"}
    assert "NUT" in client.post(f"/stock/counts/{count.pk}/", form).content.decode()
    line.refresh_from_db()
    assert line.counted_quantity is None
    form |= {"key": "k3", "found-item": ""}
    for _time in range(2):  # pressed twice: counted once
        assert client.post(f"/stock/counts/{count.pk}/", form).status_code == 302
    line.refresh_from_db()
    assert (line.counted_quantity, line.times_counted, line.counted_by) == (10, 1, counter)
    done = client.post(f"/stock/counts/{count.pk}/", {"key": "k4", "act": "finish"})
    assert done.status_code == 302
    count.refresh_from_db()
    assert count.status == "review"


def test_classes_and_turns_on_the_page(warehouse: Warehouse) -> None:
    warehouse.receive(warehouse.item("average", code="BOLT"), "10", "3")
    look = ("inventory.view_stockcount",)
    keeper = make_member(
        "keeper",
        warehouse.books.company,
        permissions=(*look, "inventory.add_stockcount", "inventory.add_countclass"),
    )
    client, keys = Client(), itertools.count(1)

    def send(**form: str) -> str:
        form["key"] = f"k{next(keys)}"
        return client.post("/stock/counts/", form, follow=True).content.decode()

    client.force_login(keeper, "apps.core.backends.PermissionBackend")
    span = {"act": "classify", "since": "2026-01-01", "until": DAY.isoformat()}
    assert "There are no count classes yet." in send(**span)
    make_class(warehouse, "A", 100, 30)
    assert "Enter a date." in send(**span | {"since": "soon"})
    assert "Items by class: A 1." in send(**span)
    due = {"act": "plan", "site": "MAIN", "on": DAY.isoformat(), "limit": "5"}
    for wrong, said in (
        ({"site": "NOWHERE"}, "Nothing here has the code NOWHERE."),
        ({"limit": "1.5"}, "Enter a whole number."),
        ({"limit": "999"}, "Between 1 and 200."),
    ):
        assert said in send(**due | wrong)
    assert not StockCount.objects.exists()
    assert "is planned: 1 to count." in send(**due)
    assert "Nothing is due to be counted." in send(**due)
    assert StockCount.objects.get().lines.get().item.code == "BOLT"

    client.force_login(
        make_member("reader", warehouse.books.company, permissions=look),
        "apps.core.backends.PermissionBackend",
    )
    for form in (span, due):
        assert client.post("/stock/counts/", {**form, "key": "r"}).status_code == 403
    page = client.get("/stock/counts/").content.decode()
    assert "Plan what is due" not in page and "Put items into classes" not in page


def test_the_sheet_of_a_blind_count_has_no_book_quantities(warehouse: Warehouse) -> None:
    pypdf = pytest.importorskip("pypdf")
    import io

    item = warehouse.item("average", code="BOLT")
    warehouse.receive(item, "4711", "3")
    count = plan(warehouse, item)
    text = "".join(
        page.extract_text() for page in pypdf.PdfReader(io.BytesIO(count_sheet_pdf(count))).pages
    )
    assert "BOLT" in text
    assert count.number in text
    assert "4711" not in text
    with pytest.raises(InvalidInput):
        count_sheet_pdf(count, paper="A3")


@pytest.mark.breaks("frozen-places", "counts-posted")
@pytest.mark.parametrize("code", ["frozen-places", "counts-posted"])
def test_a_break_is_found(code: str, warehouse: Warehouse, boss: User) -> None:
    from django.db import connection

    from apps.core.reconcile import reconcile

    books, item = warehouse.books, warehouse.item("average")
    warehouse.receive(item, "10", "3")
    count = start_stock_count(plan(warehouse, item), by=books.by)
    for _time in range(2):
        enter_counted(count, [counted(warehouse, item, "9")], by=books.by)
    post_stock_count(finish_counting(count, by=books.by), by=boss)
    assert all(found.is_clean for found in reconcile([code]))
    spoil = {
        "frozen-places": "UPDATE inventory_location SET is_frozen = true WHERE code = 'STOCK'",
        "counts-posted": "UPDATE inventory_stockcountline SET counted_quantity = 8",
    }[code]
    with connection.cursor() as cursor:
        cursor.execute(spoil)
    [found] = reconcile([code])
    assert not found.is_clean
