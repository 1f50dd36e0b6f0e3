"""Whatever is done to a warehouse, in any order, the registers agree."""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import Decimal

import pytest

from apps.core.errors import BusinessError
from apps.core.transactions import independent_part, unit_of_work
from apps.inventory.models import (
    ExpectedMove,
    LandedCost,
    Reservation,
    StockBalance,
    StockMove,
    WriteDown,
)
from apps.inventory.services.cost_adjustments import adjust_receipts, change_standard_costs
from apps.inventory.services.expected import Expected, expect_moves
from apps.inventory.services.landed_costs import (
    draft_landed_cost,
    post_landed_cost,
    reverse_landed_cost,
)
from apps.inventory.services.lots import hold_lots, release_lots
from apps.inventory.services.moves import Move, Posting
from apps.inventory.services.reservations import Wanted, release_reservations, reserve
from apps.inventory.services.write_down_lines import Assessed
from apps.inventory.services.write_downs import (
    draft_write_down,
    post_write_down,
    reverse_write_down,
)
from tests.inventory.conftest import DAY, Warehouse
from tests.support.reconciled import assert_reconciled

STEPS = 200


class Chaos:
    """Random acts on a few items of each costing; refusals are fine, disagreement is not."""

    def __init__(self, warehouse: Warehouse, seed: int) -> None:
        self.warehouse = warehouse
        self.random = random.Random(seed)  # noqa: S311 - chance, no secret
        self.items = [
            warehouse.item(costing, tracking=tracking)
            for costing in ("fifo", "average", "specific", "standard")
            for tracking in ("none", "lot")
        ]
        self.lots = {
            item.pk: [warehouse.lot(item, f"L{n}") for n in range(3)]
            for item in self.items
            if item.tracking == "lot"
        }
        self.orders = [warehouse.cost_object(f"WO-{n}") for n in range(2)]
        self.places = [warehouse.stock, warehouse.place("SHELF"), warehouse.quarantine]
        self.done: list[Posting] = []
        self.sold: list[Posting] = []
        self.taken_back: list[Posting] = []
        self.customer = warehouse.books.partner("CHAOS")

    def quantity(self) -> Decimal:
        return Decimal(self.random.randint(1, 9_000_000)).scaleb(-self.random.choice([0, 3, 6]))

    def money(self) -> Decimal:
        return Decimal(self.random.randint(0, 999_999)).scaleb(-2)

    def move(self, source, target, **values) -> Move:
        item = self.random.choice(self.items)
        lots = self.lots.get(item.pk)
        lot = self.random.choice(lots) if lots else None
        return Move(item.pk, self.quantity(), source, target, lot=lot, **values)

    def receive(self) -> None:
        values = {"value": self.money()}
        source = self.warehouse.supplier
        if self.random.random() < 0.3:
            source = self.warehouse.production
            values["cost_object_id"] = self.random.choice(self.orders).pk
        places = (self.random.choice(self.places) for _ in range(3))
        moves = [self.move(source, place, **values) for place in places]
        self.done.append(self.warehouse.post(*moves, date=self.day()))

    def issue(self) -> None:
        target = self.random.choice(
            [self.warehouse.customer, self.warehouse.production, self.warehouse.virtual["scrap"]]
        )
        values = {}
        if target is self.warehouse.production:
            values["cost_object_id"] = self.random.choice(self.orders).pk
        move = self.move(self.random.choice(self.places), target, **values)
        self.done.append(self.warehouse.post(move, date=self.day()))

    def transfer(self) -> None:
        source, target = self.random.sample([*self.places, self.warehouse.virtual["transit"]], 2)
        self.done.append(self.warehouse.post(self.move(source, target)))

    def reverse(self) -> None:
        if self.done:
            self.done.append(self.warehouse.reverse(self.random.choice(self.done)))

    def adjust(self) -> None:
        receipts = StockMove.objects.select_related("from_location", "to_location").filter(
            to_location__kind="internal", from_location__kind__in=["supplier", "production"]
        )
        if rows := list(receipts):
            deltas = [
                (row, self.money() - self.money())
                for row in self.random.sample(rows, min(3, len(rows)))
            ]
            adjust_receipts(
                self.warehouse.books.company,
                deltas,
                source=self.warehouse.stock,
                purpose=f"late {self.random.random()}",
                date=self.day(),
                journal="PUR",
                counter_account_id=self.warehouse.books.account("5060").pk,
                by=self.warehouse.books.by,
            )

    def revalue(self) -> None:
        change_standard_costs(
            self.warehouse.books.company,
            {self.random.choice(self.items): self.money()},
            source=self.warehouse.stock,
            purpose=f"standard {self.random.random()}",
            date=self.day(),
            by=self.warehouse.books.by,
        )

    def reserve(self) -> None:
        wanted = Wanted(
            self.random.choice(self.items), self.quantity(), priority=self.random.randint(1, 9)
        )
        source = self.random.choice(self.orders)
        reserve(
            self.warehouse.books.company,
            [wanted],
            source=source,
            by=self.warehouse.books.by,
            allow_partial=True,
        )

    def use_reservation(self) -> None:
        held = Reservation.objects.select_related("lot", "location").order_by("?").first()
        if held:
            move = Move(
                held.item_id,
                min(held.quantity, self.quantity()),
                held.location,
                self.warehouse.customer,
                lot=held.lot,
                reservation_id=held.pk,
            )
            self.done.append(self.warehouse.post(move))

    def release(self) -> None:
        release_reservations(
            self.warehouse.books.company,
            [self.random.choice(self.orders)],
            by=self.warehouse.books.by,
        )

    def write_down(self) -> None:
        """Any item and net value; what is at standard says no."""
        made = draft_write_down(
            self.warehouse.books.company,
            date=self.day(),
            lines=[Assessed(self.random.choice(self.items), self.money())],
            by=self.warehouse.books.by,
        )
        post_write_down(made, by=self.warehouse.books.by)

    def reverse_write_down(self) -> None:
        rows = list(WriteDown.objects.filter(status="posted"))
        if rows:
            reverse_write_down(
                self.random.choice(rows), reason="chance", date=self.day(),
                by=self.warehouse.books.by,
            )  # fmt: skip

    def land(self) -> None:
        """A charge on receipts, or one taken back, wherever their units are by now."""
        posted = list(LandedCost.objects.filter(status="posted"))
        by = self.warehouse.books.by
        if posted and self.random.random() < 0.3:
            reverse_landed_cost(self.random.choice(posted), reason="chance", date=self.day(), by=by)
            return
        rows = list(StockMove.objects.filter(from_location__kind="supplier"))
        if rows:
            landed = draft_landed_cost(
                self.warehouse.books.company,
                date=self.day(),
                amount=self.money(),
                basis=self.random.choice(["value", "quantity"]),
                moves=self.random.sample(rows, min(3, len(rows))),
                by=by,
            )
            post_landed_cost(landed, by=by)

    def sell(self) -> None:
        """For a promise, so that it can come back."""
        item = self.random.choice(self.items)
        place = self.random.choice(self.places)
        balance = StockBalance.objects.filter(item=item, location=place, quantity__gt=0).first()
        if balance is None:
            return
        quantity = min(balance.available, self.quantity())
        [key] = expect_moves(
            self.warehouse.books.company,
            [
                Expected(
                    self.warehouse.place(f"SRC-{ExpectedMove.objects.count()}"),
                    "out",
                    item,
                    self.warehouse.books.site,
                    self.customer,
                    quantity or Decimal(1),
                    DAY,
                )
            ],
            by=self.warehouse.books.by,
        )
        move = Move(
            item.pk, quantity or Decimal(1), place, self.warehouse.customer, lot=balance.lot,
            expected_move_id=key,
        )  # fmt: skip
        self.sold.append(self.warehouse.post(move))

    def take_back(self) -> None:
        """A shipment was wrong: it is reversed, and what was promised is open again."""
        if self.sold:
            sold = self.sold.pop(self.random.randrange(len(self.sold)))
            self.taken_back.append(self.warehouse.reverse(sold))

    def send_after_all(self) -> None:
        """The reversal of a shipment is reversed: never, for its promise is open again."""
        if self.taken_back:
            self.warehouse.reverse(self.random.choice(self.taken_back))
            raise AssertionError("a promise was done by the reversal of a reversal")

    def send_back(self) -> None:
        """A customer sends back some of what went out for a promise, at any value."""
        rows = StockMove.objects.filter(
            expected_move__isnull=False, reverses__isnull=True, to_location__kind="customer"
        ).select_related("expected_move", "lot")
        if found := list(rows):
            sold = self.random.choice(found)
            promise = sold.expected_move
            self.warehouse.post(
                Move(
                    sold.item_id,
                    round(sold.quantity * self.random.randint(1, 10) / 10, 6) or sold.quantity,
                    self.warehouse.customer,
                    self.random.choice(self.places),
                    lot=sold.lot,
                    value=self.money(),
                    brings_back=(promise.source_type_id, promise.source_id),
                )
            )

    def hold_or_release(self) -> None:
        lot = self.random.choice([lot for lots in self.lots.values() for lot in lots])
        act = self.random.choice([hold_lots, release_lots, release_lots])
        act([lot], reason="chance", by=self.warehouse.books.by)

    def day(self):
        return DAY + timedelta(days=self.random.randint(-30, 30))


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_random_moves_leave_the_registers_agreeing(warehouse: Warehouse, seed: int) -> None:
    chaos = Chaos(warehouse, seed)
    weights = {
        chaos.receive: 6,
        chaos.issue: 5,
        chaos.transfer: 3,
        chaos.reverse: 3,
        chaos.adjust: 3,
        chaos.revalue: 1,
        chaos.reserve: 2,
        chaos.use_reservation: 2,
        chaos.release: 1,
        chaos.hold_or_release: 1,
        chaos.write_down: 3,
        chaos.reverse_write_down: 1,
        chaos.land: 2,
        chaos.sell: 3,
        chaos.send_back: 3,
        chaos.take_back: 2,
        chaos.send_after_all: 2,
    }
    refused: dict[str, int] = {}
    done = 0
    for step in range(STEPS):
        act = chaos.random.choices(list(weights), list(weights.values()))[0]
        try:
            with unit_of_work(), independent_part():
                act()
            done += 1
        except BusinessError as error:
            refused[error.code] = refused.get(error.code, 0) + 1
        if step % 25 == 0:
            assert_reconciled()
    assert_reconciled()
    assert done > STEPS / 3, refused
    allowed = {
        "insufficient_stock",
        "already_reversed",
        "already_used",
        "reopens_promise",
        "stock_blocked",
        "same_status",
        "standard_cost",
        "later_write_down",
        "reversed",
        "no_value",
        "not_positive",
    }
    assert set(refused) <= allowed, refused
    assert "reopens_promise" in refused, refused
