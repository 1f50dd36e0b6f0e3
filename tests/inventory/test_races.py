"""Many at once on one item: nothing below zero, nothing lost, nobody told of a deadlock."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier

import pytest
from django.db import connection, connections, transaction

from apps.core.errors import BusinessError
from apps.inventory.models import ItemValuation, Lot, Reservation, StockBalance, StockMove
from apps.inventory.services.lots import NewLot, create_lots, hold_lots
from apps.inventory.services.moves import Move
from apps.inventory.services.package_moves import move_package
from apps.inventory.services.picks import Picked, record_picks, record_short
from apps.inventory.services.reservations import Wanted, release_reservations, reserve
from tests.factories import make_books
from tests.inventory.conftest import Warehouse, make_floor, make_warehouse
from tests.inventory.test_packages import package
from tests.support.reconciled import assert_reconciled

pytestmark = [pytest.mark.reliability, pytest.mark.slow]
THREADS = 8
ONE = Decimal(1)


@pytest.fixture
def committed(transactional_db: None) -> Warehouse:
    return make_warehouse(make_books())


def together(act: Callable[[int], object]) -> list[object]:
    """Run ``act`` in eight threads that start at once; their results or errors."""
    gate = Barrier(THREADS)

    def run(number: int) -> object:
        try:
            gate.wait(30)
            return act(number)
        except Exception as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(run, range(THREADS)))


def test_a_hot_item_is_never_oversold(committed: Warehouse) -> None:
    items = [committed.item("fifo"), committed.item("average")]
    for item in items:
        committed.receive(item, "40", "3")

    def work(number: int) -> dict[str, int]:
        chance = random.Random(number)  # noqa: S311 - chance, no secret
        counts = {"received": 0, "shipped": 0, "refused": 0}
        for _ in range(25):
            lot_of_items = chance.sample(items, 2)  # in either order: locks must sort them
            try:
                kind = chance.choice(["receive", "ship", "ship", "reserve", "release"])
                if kind == "receive":
                    for item in lot_of_items:
                        committed.receive(item, "1", "2.99")
                        counts["received"] += 1
                elif kind == "ship":
                    moves = [
                        Move(i.pk, ONE, committed.stock, committed.customer) for i in lot_of_items
                    ]
                    committed.post(*moves)
                    counts["shipped"] += 2
                elif kind == "reserve":
                    reserve(
                        committed.books.company,
                        [Wanted(item, ONE) for item in lot_of_items],
                        source=committed.stock,
                        by=committed.books.by,
                    )
                else:
                    release_reservations(
                        committed.books.company, [committed.stock], by=committed.books.by
                    )
            except BusinessError as error:
                assert error.code in ("insufficient_stock", "no_reservation")
                counts["refused"] += 1
        return counts

    results = together(work)
    errors = [r for r in results if isinstance(r, Exception)]
    assert not errors, errors
    moved = 80 + sum(r["received"] for r in results) - sum(r["shipped"] for r in results)
    assert sum(ItemValuation.objects.values_list("quantity", flat=True)) == moved
    assert min(StockBalance.objects.values_list("quantity", flat=True)) >= 0
    assert sum(r["shipped"] for r in results) > 50
    assert_reconciled()


def test_the_last_units_are_reserved_once(committed: Warehouse) -> None:
    item = committed.item("average")
    committed.receive(item, "5", "1")

    def work(number: int) -> int:
        made = 0
        for _ in range(3):
            try:
                reserve(
                    committed.books.company,
                    [Wanted(item, ONE)],
                    source=committed.stock,
                    by=committed.books.by,
                )
                made += 1
            except BusinessError:
                pass
        return made

    assert sum(together(work)) == 5
    assert Reservation.objects.count() == 5
    assert_reconciled()


def test_reading_then_saving_oversells(committed: Warehouse) -> None:
    """The negative control: the naive way loses updates that ours does not."""
    item = committed.item("average")
    committed.receive(item, "40", "1")
    gate = Barrier(THREADS)

    def naive(number: int) -> int:
        sold = 0
        for _ in range(10):
            gate.wait(30)
            with transaction.atomic():
                balance = StockBalance.objects.get(item=item)
                if balance.quantity >= 1:
                    balance.quantity -= 1
                    balance.save()
                    sold += 1
        return sold

    sold = sum(together(naive))
    left = StockBalance.objects.get(item=item).quantity
    assert sold > 40 - left, "nobody was faster than anybody: the race was none"


def test_a_lot_held_while_it_is_shipped_is_not_shipped_after(committed: Warehouse) -> None:
    item = committed.item("average", tracking="lot")
    lots = [committed.lot(item, f"L{n}") for n in range(6)]
    for lot in lots:
        committed.receive(item, "100", "1", lot=lot)

    def work(number: int) -> list[tuple[int, int]]:
        """Ship one by one; the holder returns the last move that each lot had when held."""
        if number == 0:
            held = []
            for lot in lots:
                hold_lots([lot], reason="recall", by=committed.books.by)
                last = StockMove.objects.filter(lot=lot).order_by("-pk").first()
                held.append((lot.pk, last.pk))
            return held
        chance = random.Random(number)  # noqa: S311 - chance, no secret
        for _ in range(30):
            try:
                committed.ship(item, "1", lot=chance.choice(lots))
            except BusinessError as error:
                assert error.code == "stock_blocked"
        return []

    results = together(work)
    errors = [r for r in results if isinstance(r, Exception)]
    assert not errors, errors
    for lot_id, last in results[0]:
        assert not StockMove.objects.filter(lot=lot_id, pk__gt=last).exists()
    assert_reconciled()


def test_one_lot_is_made_by_many(committed: Warehouse) -> None:
    item = committed.item("average", tracking="lot")

    def work(number: int) -> list[int]:
        order = random.Random(number).sample(range(20), 20)  # noqa: S311 - chance, no secret
        wanted = [NewLot(item, f"L{n}") for n in order]
        made = create_lots(committed.books.company, wanted, by=committed.books.by)
        return sorted(lot.pk for lot in made)

    results = together(work)
    errors = [r for r in results if isinstance(r, Exception)]
    assert not errors, errors
    assert len({tuple(r) for r in results}) == 1
    assert Lot.objects.count() == Lot.history.count() == 20


def test_the_database_itself_refuses_below_zero(committed: Warehouse) -> None:
    from django.db import IntegrityError

    item = committed.item("average")
    committed.receive(item, "1", "1")
    with pytest.raises(IntegrityError), connection.cursor() as cursor:
        cursor.execute("UPDATE inventory_stockbalance SET quantity = quantity - 2")


def test_eight_pickers_at_the_same_bins(committed: Warehouse) -> None:
    """Each releases lists of his own orders and picks them; nobody gets what another has."""
    floor = make_floor(committed)
    items = [committed.item("average") for _n in range(3)]
    for item in items:
        for place in (floor.near, floor.far):
            floor.stock(item, place, "20")
    promises = {number: [floor.promise(item, "7") for item in items] for number in range(THREADS)}

    def work(number: int) -> tuple[Decimal, Decimal]:
        chance = random.Random(number)  # noqa: S311 - chance, no secret
        picked = short = Decimal(0)
        for promise in chance.sample(promises[number], 3):
            try:
                pick_list = floor.released(promise)
            except BusinessError as error:
                assert error.code == "insufficient_stock"
                continue
            for line in pick_list.lines.all():
                take = line.quantity - chance.choice([0, 0, 1])
                if take:
                    pick_list = record_picks(pick_list, [Picked(line, take)], by=floor.by)
                    picked += take
                if take < line.quantity:
                    pick_list = record_short(pick_list, [line], by=floor.by)
                    short += line.quantity - take
        return picked, short

    results = together(work)
    errors = [r for r in results if isinstance(r, Exception)]
    assert not errors, errors
    picked = sum(r[0] for r in results)
    assert 100 <= picked <= 120, picked
    staged = StockBalance.objects.filter(location=floor.staging)
    assert sum(row.quantity for row in staged) == picked
    assert sum(row.reserved for row in staged) == picked
    assert_reconciled()


def test_two_packages_are_put_into_one_another(committed: Warehouse) -> None:
    """Whoever is second is told of the circle; nobody of a deadlock."""
    by = committed.books.by

    def work(number: int) -> str:
        try:
            move_package(pair[number % 2], to=pair[1 - number % 2].location, by=by)
        except BusinessError as error:
            return error.code
        return "moved"

    for _n in range(5):
        pair = [package(committed), package(committed)]
        results = together(work)
        errors = [r for r in results if isinstance(r, Exception)]
        assert not errors, errors
        assert results.count("moved") == 1
        assert set(results) <= {"moved", "circular", "same_location"}
        assert_reconciled()


def test_a_place_is_not_overfilled_by_two(committed: Warehouse) -> None:
    place = committed.place("SMALL", max_quantity=Decimal(5))
    items = [committed.item("average") for _n in range(THREADS)]
    for item in items:
        committed.receive(item, "10", "1")

    def work(number: int) -> int:
        done = 0
        for _n in range(2):
            try:
                committed.post(Move(items[number].pk, ONE, committed.stock, place))
                done += 1
            except BusinessError as error:
                assert error.code == "no_room"
        return done

    results = together(work)
    errors = [r for r in results if isinstance(r, Exception)]
    assert not errors, errors
    assert sum(results) == 5
    assert_reconciled()
