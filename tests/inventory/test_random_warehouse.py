"""Packages, pick lists and counts among random moves: whatever is done, the registers agree."""

from __future__ import annotations

from decimal import Decimal

import pytest

from apps.core.errors import BusinessError
from apps.core.models import Site
from apps.core.transactions import independent_part, unit_of_work
from apps.inventory.models import Location, Package, PickList, StockBalance, StockCount
from apps.inventory.queries.picks import reservations_of
from apps.inventory.services.count_entries import Counted, enter_counted, post_stock_count
from apps.inventory.services.counts import (
    cancel_stock_count,
    finish_counting,
    plan_stock_count,
    start_stock_count,
)
from apps.inventory.services.moves import Move
from apps.inventory.services.package_moves import move_package
from apps.inventory.services.packages import (
    NewPackage,
    Packed,
    close_package,
    create_packages,
    pack,
    reopen_package,
    unpack,
)
from apps.inventory.services.packing import finish_packing, pack_picked
from apps.inventory.services.pick_lists import (
    ToPick,
    cancel_pick_list,
    close_shipped,
    draft_pick_list,
    release_pick_list,
    take_back_pick_list,
)
from apps.inventory.services.picks import (
    Picked,
    pick_package,
    record_picks,
    record_short,
)
from tests.factories import make_user
from tests.inventory.conftest import DAY, Floor, Warehouse, make_floor
from tests.inventory.test_random_moves import Chaos
from tests.support.reconciled import assert_reconciled

STEPS = 240


class WarehouseChaos(Chaos):
    """Beside the moves of ``Chaos``: what a warehouse does all day."""

    def __init__(self, warehouse: Warehouse, seed: int) -> None:
        super().__init__(warehouse, seed)
        self.by = warehouse.books.by
        self.approver = make_user("approver")
        self.floor: Floor = make_floor(warehouse)
        self.limited = warehouse.place("LIMITED", max_quantity=Decimal(500_000))
        south = Site(company=warehouse.books.company, code="SOUTH", name="South").save_by(self.by)
        self.south = warehouse.place("S-01", site=south)
        self.places += [self.floor.near, self.limited]
        self.reason = warehouse.reason("COUNT", "adjustment")

    def a_package(self) -> Package:
        rows = list(Package.objects.select_related("location__parent", "location__site"))
        if not rows:
            raise BusinessError("none", "There is none.")
        return self.random.choice(rows)

    def a_list(self, *statuses: str) -> PickList:
        rows = list(PickList.objects.filter(status__in=statuses))
        if not rows:
            raise BusinessError("none", "There is none.")
        return self.random.choice(rows)

    def some_stock(self) -> StockBalance:
        rows = StockBalance.objects.filter(
            quantity__gt=0, location__in=[place.pk for place in self.places]
        )
        found = list(rows.select_related("item", "lot", "location__site"))
        if not found:
            raise BusinessError("none", "There is none.")
        return self.random.choice(found)

    def make_package(self) -> None:
        places = [*self.places, *(one.location for one in Package.objects.filter(status="open"))]
        wanted = NewPackage(self.random.choice(places), tare_weight=Decimal(1))
        create_packages(self.warehouse.books.company, [wanted], by=self.by)

    def pack(self) -> None:
        row = self.some_stock()
        pack(
            self.a_package(),
            [Packed(row.item, min(row.quantity, self.quantity()), row.location, row.lot)],
            by=self.by,
        )

    def close_or_open(self) -> None:
        act = self.random.choice([close_package, close_package, reopen_package])
        act(self.a_package(), by=self.by)

    def unpack(self) -> None:
        unpack(self.a_package(), by=self.by)

    def bring(self) -> None:
        targets = [*self.places, self.south, self.a_package().location]
        move_package(self.a_package(), to=self.random.choice(targets), by=self.by)

    def count(self) -> None:
        place = Location.objects.get(pk=self.random.choice(self.places).pk)
        count = plan_stock_count(
            self.warehouse.books.company,
            site=self.warehouse.books.site,
            date=DAY,
            locations=[place],
            is_frozen=self.random.random() < 0.7,
            reason=self.reason,
            by=self.by,
        )
        start_stock_count(count, by=self.by)

    def end_count(self) -> None:
        rows = list(StockCount.objects.filter(status="counting"))
        if not rows:
            raise BusinessError("none", "There is none.")
        count = self.random.choice(rows)
        if self.random.random() < 0.4:
            cancel_stock_count(count, by=self.by)
            return
        for _again in range(2):
            enter_counted(
                count,
                [
                    Counted(
                        line.item,
                        line.location,
                        Decimal(self.random.randint(0, 1))
                        if line.item.tracking == "serial"
                        else self.quantity(),
                        line.lot.code if line.lot else "",
                    )
                    for line in count.lines.select_related("item", "location", "lot")
                ],
                by=self.by,
            )
        post_stock_count(finish_counting(count, by=self.by), by=self.approver)

    def write_list(self) -> None:
        item = self.random.choice(self.items)
        promise = self.floor.promise(item, f"{self.quantity():f}")
        pick_list = draft_pick_list(
            self.warehouse.books.company,
            site=self.warehouse.books.site,
            staging=self.floor.staging,
            lines=[ToPick(promise)],
            date=DAY,
            by=self.by,
        )
        release_pick_list(pick_list, by=self.by, today=DAY)

    def pick(self) -> None:
        pick_list = self.a_list("released", "picking")
        line = self.random.choice(list(pick_list.lines.select_related("location")))
        if line.location is not None and line.location.is_sealed:
            pick_package(pick_list, line.location.package, by=self.by)
            return
        share = self.random.choice([1, 1, 2])
        if self.random.random() < 0.2:
            record_short(pick_list, [line], by=self.by)
        else:
            taken = line.open_quantity if share == 1 else round(line.open_quantity / 2, 6)
            record_picks(pick_list, [Picked(line, taken)], by=self.by)

    def pack_list(self) -> None:
        pick_list = self.a_list("picking", "picked")
        pack_picked(pick_list, self.a_package(), by=self.by)
        finish_packing(pick_list, by=self.by)

    def ship_list(self) -> None:
        """What a list has taken goes out, from the staging place or in packages."""
        pick_list = self.a_list("picked", "packed")
        lines = {line.pk: line for line in pick_list.lines.select_related("expected_move")}
        self.warehouse.post(
            *(
                Move(
                    held.item_id,
                    held.quantity,
                    held.location,
                    self.warehouse.customer,
                    lot=held.lot,
                    reservation_id=held.pk,
                    expected_move_id=lines[held.source_id].expected_move_id,
                    is_package=True,
                )
                for held in reservations_of(lines.values())
            ),
            source=pick_list,
        )
        close_shipped([pick_list], by=self.by)

    def end_list(self) -> None:
        pick_list = self.a_list("released", "picking", "picked", "packed")
        if self.random.random() < 0.5:
            take_back_pick_list(pick_list, by=self.by)
        else:
            cancel_pick_list(pick_list, reason="chance", by=self.by)

    def issue(self) -> None:
        """Also out of packages: what is closed says no."""
        if self.random.random() < 0.3:
            row = StockBalance.objects.filter(
                quantity__gt=0, location__package__isnull=False
            ).select_related("location", "lot")
            for balance in row[:1]:
                one = Move(
                    balance.item_id,
                    Decimal(1),
                    balance.location,
                    self.warehouse.customer,
                    lot=balance.lot,
                )
                self.done.append(self.warehouse.post(one))
            return
        super().issue()


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_a_warehouse_at_work_leaves_the_registers_agreeing(warehouse: Warehouse, seed: int) -> None:
    chaos = WarehouseChaos(warehouse, seed)
    weights = {
        chaos.receive: 5,
        chaos.issue: 3,
        chaos.transfer: 2,
        chaos.reverse: 2,
        chaos.reserve: 1,
        chaos.release: 1,
        chaos.make_package: 3,
        chaos.pack: 5,
        chaos.close_or_open: 3,
        chaos.unpack: 1,
        chaos.bring: 4,
        chaos.count: 1,
        chaos.end_count: 2,
        chaos.write_list: 3,
        chaos.pick: 5,
        chaos.pack_list: 3,
        chaos.end_list: 1,
        chaos.ship_list: 3,
        chaos.sell: 2,
        chaos.send_back: 3,
        chaos.take_back: 1,
        chaos.send_after_all: 1,
        chaos.adjust: 2,
        chaos.revalue: 1,
        chaos.land: 2,
        chaos.write_down: 3,
        chaos.reverse_write_down: 1,
    }
    refused: dict[str, int] = {}
    done: dict[str, int] = {}
    for step in range(STEPS):
        act = chaos.random.choices(list(weights), list(weights.values()))[0]
        places = Location.objects.in_bulk([place.pk for place in chaos.places])
        chaos.places = [places[place.pk] for place in chaos.places]
        try:
            with unit_of_work(), independent_part():
                act()
            done[act.__name__] = done.get(act.__name__, 0) + 1
        except BusinessError as error:
            refused[error.code] = refused.get(error.code, 0) + 1
        if step % 20 == 0:
            assert_reconciled()
    assert_reconciled()
    wanted = {"pack", "bring", "pick", "write_list", "send_back", "write_down", "revalue"}
    assert wanted <= set(done), (done, refused)
    assert sum(done.values()) > STEPS / 4, (done, refused)
