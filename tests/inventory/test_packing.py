"""Packing what was picked: one customer in each package, closed ones whole."""

from __future__ import annotations

from decimal import Decimal

from apps.inventory.services.package_moves import move_package
from apps.inventory.services.packages import Packed, close_package, pack
from apps.inventory.services.packing import finish_packing, pack_picked
from apps.inventory.services.pick_lists import cancel_pick_list
from apps.inventory.services.picks import (
    Picked,
    pick_package,
    record_picks,
)
from tests.inventory.conftest import Floor
from tests.inventory.test_packages import lying, package
from tests.inventory.test_pick_lists import refused, reserved
from tests.support.reconciled import assert_reconciled

D = Decimal


def test_packed_goods_are_in_packages(floor: Floor) -> None:
    item, other = floor.warehouse.item(), floor.warehouse.item()
    floor.stock(item, floor.near, "10")
    floor.stock(other, floor.far, "10")
    pick_list = floor.released(floor.promise(item, "6"), floor.promise(other, "2"))
    first, second = pick_list.lines.all()
    box, straight = package(floor.warehouse, floor.staging), package(floor.warehouse, floor.staging)
    record_picks(pick_list, [Picked(first, D(6))], by=floor.by)
    over = [(first, D(7))]
    assert refused(lambda: pack_picked(pick_list, box, over, by=floor.by)) == (
        "not_staged",
        "quantity",
        0,
    )
    pack_picked(pick_list, box, [(first, D(4))], by=floor.by)
    pick_list = record_picks(pick_list, [Picked(second, D(2), package=straight)], by=floor.by)
    assert pick_list.status == "picked"
    assert refused(lambda: finish_packing(pick_list, by=floor.by))[0] == "not_packed"
    pack_picked(pick_list, box, by=floor.by)
    assert refused(lambda: pack_picked(pick_list, box, by=floor.by))[0] == "not_staged"
    pick_list = finish_packing(pick_list, by=floor.by)
    assert pick_list.status == "packed"
    for one, quantity in ((box, 6), (straight, 2)):
        one.refresh_from_db()
        assert (one.status, lying(one.location)) == ("closed", quantity)
    assert reserved() == 8
    assert_reconciled()


def test_goods_of_two_customers_go_into_two_packages(floor: Floor) -> None:
    item = floor.warehouse.item()
    floor.stock(item, floor.near, "10")
    other = floor.warehouse.books.partner("OTHER")
    pick_list = floor.released(floor.promise(item, "1"), floor.promise(item, "2", partner=other))
    lines = list(pick_list.lines.all())
    record_picks(pick_list, [Picked(line, line.quantity) for line in lines], by=floor.by)
    box = package(floor.warehouse, floor.staging)
    assert refused(lambda: pack_picked(pick_list, box, by=floor.by))[0] == "mixed_package"
    pack_picked(pick_list, box, [(lines[0], D(1))], by=floor.by)
    third = floor.released(floor.promise(item, "1", partner=other))
    straight = Picked(third.lines.get(), D(1), package=box)
    assert refused(lambda: record_picks(third, [straight], by=floor.by))[0] == "mixed_package"
    second = [(lines[1], D(2))]
    assert refused(lambda: pack_picked(pick_list, box, second, by=floor.by))[0] == "mixed_package"
    assert_reconciled()


def test_a_closed_package_is_picked_whole(floor: Floor) -> None:
    item = floor.warehouse.item()
    floor.stock(item, floor.near, "10")
    pallet = package(floor.warehouse, floor.near)
    pack(pallet, [Packed(item, D(10))], by=floor.by)
    close_package(pallet, by=floor.by)
    part = floor.released(floor.promise(item, "4"))
    line = part.lines.get()
    taken = lambda: record_picks(part, [Picked(line, D(4))], by=floor.by)  # noqa: E731
    assert refused(taken)[0] == "package_closed"
    assert refused(lambda: pick_package(part, pallet, by=floor.by))[0] == "not_on_list"
    cancel_pick_list(part, reason="whole", by=floor.by)
    whole = floor.released(floor.promise(item, "10"))
    whole = pick_package(whole, pallet, by=floor.by)
    pallet.location.refresh_from_db()
    assert (whole.status, pallet.location.parent) == ("picked", floor.staging)
    assert finish_packing(whole, by=floor.by).status == "packed"
    moved = lambda: move_package(pallet, to=floor.warehouse.quarantine, by=floor.by)  # noqa: E731
    assert refused(moved)[0] == "reserved"
    assert_reconciled()
