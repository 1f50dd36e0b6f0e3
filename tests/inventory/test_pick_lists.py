"""Pick lists: what is promised is set aside, walked to, taken, packed; what is not there stays."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.core.errors import BusinessError, InvalidTransition
from apps.inventory.models import (
    ItemHandling,
    PickLine,
    PickList,
    Reservation,
    StockBalance,
    StockMove,
)
from apps.inventory.printouts import pick_sheet_pdf
from apps.inventory.services.expected import close_expected
from apps.inventory.services.moves import Move
from apps.inventory.services.pick_lists import (
    ToPick,
    cancel_pick_list,
    draft_pick_list,
    draft_wave,
    expire_pick_lists,
    release_pick_list,
    take_back_pick_list,
)
from apps.inventory.services.picks import (
    Picked,
    record_picks,
    record_short,
)
from apps.inventory.services.reservations import Wanted, reserve
from tests.inventory.conftest import DAY, Floor
from tests.inventory.test_packages import lying
from tests.support.faces import ApiClient, codes, make_member
from tests.support.reconciled import assert_reconciled
from tests.support.trade import statements

D = Decimal


def planned(pick_list: PickList) -> list[tuple[str, str, str | None, Decimal]]:
    rows = pick_list.lines.select_related("location", "item", "lot")
    return [
        (row.location.code, row.item.code, row.lot.code if row.lot else None, row.quantity)
        for row in rows
    ]


def refused(act: Any) -> tuple[str, str | None, int | None]:
    with pytest.raises(BusinessError) as refusal:
        act()
    return refusal.value.code, refusal.value.field, refusal.value.row


def reserved() -> Decimal:
    return sum(StockBalance.objects.values_list("reserved", flat=True), D(0))


def test_lines_are_in_walking_order_and_hold_their_stock(floor: Floor) -> None:
    bolt, nut = floor.warehouse.item(code="BOLT"), floor.warehouse.item(code="NUT")
    floor.stock(bolt, floor.far, "10")
    floor.stock(nut, floor.near, "10")
    floor.stock(bolt, floor.near, "2")
    pick_list = floor.released(floor.promise(bolt, "5"), floor.promise(nut, "3"))
    assert pick_list.status == "released"
    assert planned(pick_list) == [
        ("B-NEAR", "BOLT", None, 2),
        ("B-NEAR", "NUT", None, 3),
        ("A-FAR", "BOLT", None, 3),
    ]
    assert reserved() == 8
    with pytest.raises(BusinessError):
        floor.warehouse.post(Move(bolt.pk, D(1), floor.near, floor.staging))
    assert_reconciled()


def test_expired_first_or_oldest_or_newest(floor: Floor) -> None:
    today = timezone.localdate()
    by_strategy = {}
    for strategy in ItemHandling.Strategy.values:
        item = floor.warehouse.item(tracking="lot", code=strategy)
        ItemHandling(
            company=item.company, code=strategy, name="x", item=item, pick_strategy=strategy
        ).save_by(floor.by)
        for code, days in (("A", 300), ("B", 30), ("C", 90)):
            lot = floor.warehouse.lot(item, f"{code}", expires_on=today + timedelta(days=days))
            floor.stock(item, floor.near, "1", lot)
        late = floor.warehouse.lot(item, "GONE", expires_on=today - timedelta(days=1))
        floor.stock(item, floor.near, "1", late)
        lines = planned(floor.released(floor.promise(item, "1")))
        by_strategy[strategy] = lines[0][2]
    assert by_strategy == {"fefo": "B", "fifo": "A", "lifo": "C"}


def test_what_an_order_had_reserved_is_picked_first(floor: Floor) -> None:
    item = floor.warehouse.item()
    floor.stock(item, floor.near, "5")
    floor.stock(item, floor.far, "5")
    promise = floor.promise(item, "6")
    reserve(item.company, [Wanted(item, D(6), source=promise.source)], by=floor.by)
    other = floor.promise(item, "4")
    reserve(item.company, [Wanted(item, D(4), source=other.source)], by=floor.by)
    pick_list = draft_pick_list(
        item.company,
        site=floor.warehouse.books.site,
        staging=floor.staging,
        lines=[ToPick(promise, D(2))],
        date=DAY,
        by=floor.by,
    )
    release_pick_list(pick_list, by=floor.by)
    held = Reservation.objects.filter(source_id=promise.source_id, source_type=promise.source_type)
    assert sum(row.quantity for row in held) == 4, "the rest stays the order's"
    assert reserved() == 10
    assert_reconciled()


def test_picked_goods_wait_at_staging_still_set_aside(floor: Floor) -> None:
    item = floor.warehouse.item()
    floor.stock(item, floor.near, "10")
    pick_list = floor.released(floor.promise(item, "6"))
    [line] = pick_list.lines.all()
    pick_list = record_picks(
        pick_list, [Picked(line, D(4), location=floor.near, item=item)], by=floor.by
    )
    assert pick_list.status == "picking"
    assert (lying(floor.near), lying(floor.staging)) == (6, 4)
    assert_reconciled()
    pick_list = record_picks(pick_list, [Picked(line, D(2))], by=floor.by)
    assert pick_list.status == "picked"
    balance = StockBalance.objects.get(location=floor.staging)
    assert (balance.quantity, balance.reserved) == (6, 6)
    with pytest.raises(BusinessError):
        floor.warehouse.post(Move(item.pk, D(1), floor.staging, floor.near))
    assert_reconciled()


def test_what_was_scanned_is_held_against_the_line(floor: Floor) -> None:
    item, other = floor.warehouse.item(tracking="lot"), floor.warehouse.item(tracking="lot")
    lot = floor.warehouse.lot(item, "L1", expires_on=timezone.localdate())
    second = floor.warehouse.lot(item, "L2")
    foreign = floor.warehouse.lot(other, "L1")
    floor.stock(item, floor.near, "5", lot)
    pick_list = floor.released(floor.promise(item, "5"))
    [line] = pick_list.lines.all()
    moves = StockMove.objects.count()
    for picked, expected in (
        (Picked(line, D(1), location=floor.far), ("wrong_place", "location", 0)),
        (Picked(line, D(1), item=other), ("wrong_item", "item", 0)),
        (Picked(line, D(1), lot=foreign), ("wrong_lot", "lot", 0)),
        (Picked(line, D(1), lot=second), ("wrong_lot", "lot", 0)),
        (Picked(line, D(6), lot=lot), ("over_pick", "quantity", 0)),
        (Picked(line, D(0), lot=lot), ("not_positive", "quantity", 0)),
    ):
        assert refused(lambda one=picked: record_picks(pick_list, [one], by=floor.by)) == expected
    type(lot).objects.filter(pk=lot.pk).update(expires_on=date(2026, 1, 1))
    expired = lambda: record_picks(pick_list, [Picked(line, D(1), lot=lot)], by=floor.by)  # noqa: E731
    assert refused(expired) == ("lot_expired", "lot", 0)
    assert StockMove.objects.count() == moves
    pick_list.refresh_from_db()
    assert pick_list.status == "released", "nothing was written"
    assert_reconciled()


def test_what_is_not_there_stays_promised(floor: Floor) -> None:
    item = floor.warehouse.item()
    floor.stock(item, floor.near, "10")
    promise = floor.promise(item, "6")
    pick_list = floor.released(promise)
    [line] = pick_list.lines.all()
    record_picks(pick_list, [Picked(line, D(4))], by=floor.by)
    pick_list = record_short(pick_list, [line], by=floor.by)
    line.refresh_from_db()
    assert (pick_list.status, line.picked_quantity, line.short_quantity) == ("picked", 4, 2)
    assert StockBalance.objects.get(location=floor.near).reserved == 0
    back_order = floor.draft(promise)
    assert back_order.lines.get().quantity == 2
    assert refused(lambda: record_short(pick_list, [line], by=floor.by))[0] == "wrong_status"
    assert_reconciled()


def test_a_list_of_which_nothing_is_found_is_given_up(floor: Floor) -> None:
    item = floor.warehouse.item()
    floor.stock(item, floor.near, "10")
    pick_list = floor.released(floor.promise(item, "6"))
    pick_list = record_short(pick_list, list(pick_list.lines.all()), by=floor.by)
    assert pick_list.status == "cancelled"
    assert reserved() == 0
    assert_reconciled()


def test_a_promise_is_on_one_list_only(floor: Floor) -> None:
    item = floor.warehouse.item()
    floor.stock(item, floor.near, "10")
    promise = floor.promise(item, "6")
    first = floor.draft(promise)
    assert refused(lambda: floor.draft(promise)) == ("over_pick", "quantity", 0)
    cancel_pick_list(first, reason="no", by=floor.by)
    assert floor.draft(promise).lines.get().quantity == 6
    taken = ToPick(promise, D(7))
    drafted = lambda: draft_pick_list(  # noqa: E731
        item.company,
        site=floor.warehouse.books.site,
        staging=floor.staging,
        lines=[taken],
        date=DAY,
        by=floor.by,
    )
    assert refused(drafted)[0] == "over_pick"


def test_a_closed_order_is_not_picked(floor: Floor) -> None:
    item = floor.warehouse.item()
    floor.stock(item, floor.near, "10")
    promise = floor.promise(item, "6")
    pick_list = floor.draft(promise)
    close_expected(item.company, [promise.source], by=floor.by)
    assert refused(lambda: release_pick_list(pick_list, by=floor.by))[0] == "over_pick"
    assert reserved() == 0


def test_with_nothing_in_stock_it_stays_a_draft(floor: Floor) -> None:
    item = floor.warehouse.item()
    pick_list = floor.draft(floor.promise(item, "6"))
    released = lambda: release_pick_list(pick_list, by=floor.by)  # noqa: E731
    assert refused(released)[0] == "insufficient_stock"
    pick_list.refresh_from_db()
    assert (pick_list.status, pick_list.lines.count()) == ("draft", 1)
    floor.stock(item, floor.near, "2")
    released()
    assert [row[3] for row in planned(pick_list)] == [2], "a part is a part"


def test_a_wave_takes_what_is_due(floor: Floor) -> None:
    item = floor.warehouse.item()
    floor.stock(item, floor.near, "50")
    other = floor.warehouse.books.partner("OTHER")
    floor.promise(item, "1")
    floor.promise(item, "2", partner=other)
    floor.promise(item, "4", due=DAY + timedelta(days=9))

    def wave(**values: Any) -> PickList:
        return draft_wave(
            item.company,
            site=floor.warehouse.books.site,
            staging=floor.staging,
            until=DAY,
            date=DAY,
            by=floor.by,
            **values,
        )

    only = wave(partner=other)
    assert [line.quantity for line in only.lines.all()] == [2]
    rest = wave(priority=1)
    assert [line.quantity for line in rest.lines.all()] == [1]
    assert refused(wave)[0] == "nothing_due"


def test_time_runs_out(floor: Floor) -> None:
    item = floor.warehouse.item()
    floor.stock(item, floor.near, "10")
    until = datetime(2026, 3, 10, 12, tzinfo=UTC)
    lost = floor.released(floor.promise(item, "2"), held_until=until)
    begun = floor.released(floor.promise(item, "3"), held_until=until)
    record_picks(begun, [Picked(begun.lines.get(), D(1))], by=floor.by)
    assert expire_pick_lists(now=until - timedelta(minutes=1)) == 0
    assert expire_pick_lists(now=until + timedelta(minutes=1)) == 1
    lost.refresh_from_db()
    assert (lost.status, lost.lines.get().location) == ("draft", None)
    assert reserved() == 3
    release_pick_list(lost, by=floor.by)
    with pytest.raises(InvalidTransition):
        take_back_pick_list(begun, by=floor.by)
    assert_reconciled()


def test_statements_do_not_grow_with_the_lines(floor: Floor) -> None:
    few, many = [], []
    for target, size in ((few, 2), (many, 12)):
        items = [floor.warehouse.item() for _n in range(size)]
        for item in items:
            floor.stock(item, floor.near, "5")
        pick_list = floor.draft(*(floor.promise(item, "5") for item in items))
        count, pick_list = statements(lambda one=pick_list: release_pick_list(one, by=floor.by))
        target.append(count)
        picks = [Picked(line, D(5)) for line in pick_list.lines.all()]
        count, _p = statements(
            lambda one=pick_list, all_=picks: record_picks(one, all_, by=floor.by)
        )
        target.append(count)
    assert few == many


def test_one_life_through_the_api(floor: Floor) -> None:
    item = floor.warehouse.item(code="BOLT")
    floor.stock(item, floor.near, "10")
    promise = floor.promise(item, "6")
    api = ApiClient(floor.by)
    body = {
        "site": "MAIN",
        "staging": "STAGE",
        "date": DAY.isoformat(),
        "lines": [{"expected_move": promise.pk}],
    }
    made = api.post("/inventory/pick-lists/", body)
    assert made.status_code == 201, made.body
    again = api.post("/inventory/pick-lists/", body)
    assert (again.status_code, codes(again)[0][1]) == (409, "over_pick")
    wave = {"site": "MAIN", "staging": "STAGE", "until": "2026-12-31", "date": DAY.isoformat()}
    assert api.post("/inventory/pick-lists/wave/", wave).status_code == 409
    place = f"/inventory/pick-lists/{made.body['id']}/"
    released = api.post(f"{place}release/")
    assert released.body["status"] == "released", released.body
    [line] = released.body["lines"]
    wrong = {"picks": [{"line": line["id"], "quantity": "1", "location": "A-FAR"}]}
    said = api.post(f"{place}pick/", wrong)
    assert (said.status_code, codes(said)[0][1]) == (409, "wrong_place"), said.body
    picked = {"picks": [{"line": line["id"], "quantity": "4", "location": "B-NEAR"}]}
    assert api.post(f"{place}pick/", picked).body["status"] == "picking"
    short = api.post(f"{place}short/", {"lines": [{"line": line["id"]}]})
    assert short.body["status"] == "picked", short.body
    box = api.post("/inventory/packages/", {"kind": "carton", "place": "STAGE"}).body
    packed = api.post(f"{place}pack/", {"package": box["id"]})
    assert packed.status_code == 200, packed.body
    assert api.post(f"{place}finish-packing/").body["status"] == "packed"
    assert api.post(f"{place}cancel/", {"reason": "off"}).body["status"] == "cancelled"
    assert reserved() == 0
    assert_reconciled()


def test_on_the_page(floor: Floor) -> None:
    item = floor.warehouse.item(code="PAINT", tracking="lot")
    lot = floor.warehouse.lot(item, "L1")
    floor.stock(item, floor.near, "10", lot)
    pick_list = floor.released(floor.promise(item, "6"), note="by noon")
    user = make_member(
        "picker",
        floor.warehouse.books.company,
        permissions=(
            "inventory.view_stockbalance",
            "inventory.view_picklist",
            "inventory.pick_picklist",
        ),
    )
    client = Client()
    client.force_login(user, "apps.core.backends.PermissionBackend")
    assert pick_list.number in client.get("/stock/picks/").content.decode()
    assert pick_list.number in client.get(f"/stock/?scan={pick_list.number}").content.decode()
    page = f"/stock/picks/{pick_list.pk}/"
    line = PickLine.objects.get()
    sent = {"act": "take", "line": line.pk, "place": "B-NEAR", "item": "L1", "quantity": "4"}
    blind = client.post(page, {**sent, "item": "", "key": "0"}).content.decode()
    assert "Scan or type the lot." in blind
    wrong = client.post(page, {**sent, "place": "A-FAR", "key": "1"}).content.decode()
    assert "This is A-FAR; the list says B-NEAR." in wrong
    assert client.post(page, {**sent, "key": "2"}).status_code == 302
    assert client.post(page, {**sent, "key": "2"}).status_code == 302, "sent twice, taken once"
    assert lying(floor.staging) == 4
    assert client.post(page, {"act": "short", "line": line.pk, "key": "3"}).status_code == 302
    assert "not found" in client.get(page).content.decode()
    assert client.post(page, {"act": "carton", "key": "4"}).status_code == 302
    assert client.post(page, {"act": "finish", "key": "5"}).status_code == 302
    pick_list.refresh_from_db()
    assert pick_list.status == "packed"
    assert pick_sheet_pdf(pick_list).startswith(b"%PDF")
    assert_reconciled()
