"""Another lot instead of the one on the list: its stock set aside, the other free again."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from apps.core.errors import BusinessError
from apps.inventory.models import Lot, PickList, StockBalance
from apps.inventory.services.lot_substitution import substitute_lot
from apps.inventory.services.lots import hold_lots
from apps.inventory.services.picks import Picked, record_picks
from apps.masterdata.models import Item
from tests.inventory.conftest import Floor
from tests.support.faces import ApiClient
from tests.support.reconciled import assert_reconciled


def two_lots(floor: Floor) -> tuple[Item, Lot, Lot]:
    """Five of OLD at NEAR, five of NEW at FAR."""
    item = floor.warehouse.item("average", tracking="lot")
    old = floor.warehouse.lot(item, "OLD", expires_on=date(2030, 1, 1))
    new = floor.warehouse.lot(item, "NEW", expires_on=date(2031, 1, 1))
    floor.stock(item, floor.near, "5", old)
    floor.stock(item, floor.far, "5", new)
    return item, old, new


def instead(floor: Floor, pick_list: PickList, lot: Lot, **values: Any) -> PickList:
    values.setdefault("reason", "the pallet is in the way")
    [line] = pick_list.lines.filter(lot__code="OLD")
    return substitute_lot(pick_list, line, lot, by=floor.by, **values)


def lines(pick_list: PickList) -> list[tuple[str, str, Decimal]]:
    rows = pick_list.lines.order_by("lot__code")
    return list(rows.values_list("lot__code", "location__code", "quantity"))


def reserved(lot: Lot) -> Decimal:
    return StockBalance.objects.get(lot=lot, location__code__in=["B-NEAR", "A-FAR"]).reserved


def test_all_of_a_line_from_another_lot(floor: Floor) -> None:
    item, old, new = two_lots(floor)
    pick_list = floor.released(floor.promise(item, "4"))
    assert lines(pick_list) == [("OLD", "B-NEAR", 4)]
    pick_list = instead(floor, pick_list, new)
    assert lines(pick_list) == [("NEW", "A-FAR", 4)]
    assert (reserved(old), reserved(new)) == (0, 4)
    assert pick_list.history.first().history_change_reason == (
        "NEW instead of OLD: the pallet is in the way"
    )
    [line] = pick_list.lines.select_related("lot")
    pick_list = record_picks(pick_list, [Picked(line, Decimal(4), lot=new)], by=floor.by)
    assert pick_list.status == "picked"
    assert_reconciled()


def test_a_part_after_some_was_taken(floor: Floor) -> None:
    item, old, new = two_lots(floor)
    pick_list = floor.released(floor.promise(item, "5"))
    [line] = pick_list.lines.all()
    record_picks(pick_list, [Picked(line, Decimal(2))], by=floor.by)
    pick_list = instead(floor, pick_list, new, quantity=Decimal(1), location=floor.far)
    assert lines(pick_list) == [("NEW", "A-FAR", 1), ("OLD", "B-NEAR", 4)]
    assert (reserved(old), reserved(new)) == (2, 1)
    pick_list = instead(floor, pick_list, new)
    parts = [("NEW", "A-FAR", 1), ("NEW", "A-FAR", 2), ("OLD", "B-NEAR", 2)]
    assert sorted(lines(pick_list)) == parts
    assert (reserved(old), reserved(new)) == (0, 3)
    assert_reconciled()


def test_what_can_not_take_its_place_changes_nothing(floor: Floor) -> None:
    item, old, new = two_lots(floor)
    warehouse = floor.warehouse
    gone = warehouse.lot(item, "GONE", expires_on=date(2020, 1, 1))
    held = warehouse.lot(item, "HELD")
    hold_lots([held], reason="?", by=floor.by)
    held.refresh_from_db()
    other = warehouse.lot(warehouse.item("average", tracking="lot"), "X")
    pick_list = floor.released(floor.promise(item, "5"))
    for lot, values, code, field in (
        (other, {}, "wrong_lot", "lot"),
        (old, {}, "same_lot", "lot"),
        (gone, {}, "lot_expired", "lot"),
        (held, {}, "stock_blocked", "lot"),
        (new, {"quantity": Decimal(6)}, "over_pick", "quantity"),
        (new, {"location": floor.near}, "insufficient_stock", "quantity"),
        (new, {"reason": " "}, "reason_required", "reason"),
    ):
        with pytest.raises(BusinessError) as refused:
            instead(floor, pick_list, lot, **values)
        assert (refused.value.code, refused.value.field, refused.value.row) == (code, field, None)
        assert lines(pick_list) == [("OLD", "B-NEAR", 5)]
        assert (reserved(old), reserved(new)) == (5, 0)
    assert_reconciled()


def test_through_the_api_and_on_the_page(floor: Floor) -> None:
    item, old, _new = two_lots(floor)
    pick_list = floor.released(floor.promise(item, "4"))
    [line] = pick_list.lines.all()
    browser = Client()
    browser.force_login(floor.by)
    page = f"/stock/picks/{pick_list.pk}/"
    assert "Take this lot instead" not in browser.get(page).content.decode()
    scanned = {
        "line": str(line.pk),
        "item": "NEW",
        "place": "A-FAR",
        "quantity": "4",
        "package": "",
    }
    refused = browser.post(page, {**scanned, "act": "take", "key": "a"}).content.decode()
    assert "This is A-FAR; the list says B-NEAR." in refused
    assert "Take this lot instead" in refused
    taken = browser.post(page, {**scanned, "act": "instead", "key": "b"}, follow=True)
    assert "NEW is on the list now." in taken.content.decode()
    assert lines(pick_list) == [("NEW", "A-FAR", 4)]
    [line] = pick_list.lines.all()
    answer = ApiClient(floor.by).post(
        f"/inventory/pick-lists/{pick_list.pk}/substitute-lot/",
        {"line": line.pk, "lot": old.pk, "quantity": "1", "reason": "first expired first"},
    )
    assert answer.status_code == 200, answer.body
    assert lines(pick_list) == [("NEW", "A-FAR", 3), ("OLD", "B-NEAR", 1)]
    assert_reconciled()
