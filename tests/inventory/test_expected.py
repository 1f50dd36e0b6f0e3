"""Expected moves: said, done, taken back, closed; and what they promise."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from apps.core.errors import BusinessError, InvalidInput
from apps.finance.models import JournalEntry
from apps.inventory.models import ExpectedMove, StockBalance, StockMove
from apps.inventory.queries.expected import projected_availability
from apps.inventory.services.expected import close_expected, expect_moves, reopen_expected
from apps.inventory.services.lots import hold_lots
from apps.inventory.services.moves import Move
from tests.inventory.conftest import Warehouse
from tests.support.reconciled import assert_reconciled
from tests.support.statements import at_most


def expect(warehouse: Warehouse, item, *lines: tuple) -> list[int]:
    """Each line: source, direction, quantity, day of April."""
    return expect_moves(
        warehouse.books.company,
        [
            (source, way, item, warehouse.books.site, None, Decimal(quantity), date(2026, 4, day))
            for source, way, quantity, day in lines
        ],
        by=warehouse.books.by,
    )


def state(pk: int) -> tuple[Decimal, bool]:
    row = ExpectedMove.objects.get(pk=pk)
    return row.quantity_done, row.is_open


def on_hand(item) -> Decimal:
    return sum((row.quantity for row in StockBalance.objects.filter(item=item)), Decimal(0))


def test_moves_do_what_was_expected_and_reversals_undo_it(warehouse: Warehouse) -> None:
    item = warehouse.item("average")
    [due] = expect(warehouse, item, (warehouse.supplier, "in", "10", 1))
    first = warehouse.receive(item, "4", "1", expected_move_id=due)
    assert state(due) == (4, True)
    second = warehouse.receive(item, "6", "1", expected_move_id=due)
    assert state(due) == (10, False)
    warehouse.reverse(second)
    assert state(due) == (4, True)
    close_expected(warehouse.books.company, [warehouse.supplier], by=warehouse.books.by)
    assert state(due) == (4, False)
    warehouse.reverse(first)
    assert state(due) == (0, False), "closed short stays closed"
    reopen_expected(warehouse.books.company, [warehouse.supplier], by=warehouse.books.by)
    assert state(due) == (0, True)
    assert_reconciled()


@pytest.mark.parametrize("also_done", ["0", "6"])
def test_the_reversal_of_what_was_expected_is_final(warehouse: Warehouse, also_done: str) -> None:
    """Refused whether the promise would fall below nothing or only to a wrong figure."""
    item = warehouse.item("average")
    [due] = expect(warehouse, item, (warehouse.supplier, "in", "10", 1))
    first = warehouse.receive(item, "4", "2.50", expected_move_id=due)
    back = warehouse.reverse(first)
    if Decimal(also_done):
        warehouse.receive(item, also_done, "2.50", expected_move_id=due)
    moves, entries = StockMove.objects.count(), JournalEntry.objects.count()
    with pytest.raises(BusinessError) as refusal:
        warehouse.reverse(back)
    assert (refusal.value.code, refusal.value.field) == ("reopens_promise", "reverses")
    assert "open again" in str(refusal.value)
    assert (StockMove.objects.count(), JournalEntry.objects.count()) == (moves, entries)
    assert state(due) == (Decimal(also_done), True)
    assert on_hand(item) == Decimal(also_done)
    warehouse.receive(item, "4", "2.50", expected_move_id=due)
    assert state(due) == (Decimal(also_done) + 4, also_done == "0"), "posted anew"
    assert_reconciled()


def test_the_reversal_of_what_nobody_expected_can_be_reversed(warehouse: Warehouse) -> None:
    item = warehouse.item("average")
    back = warehouse.reverse(warehouse.receive(item, "4", "2.50"))
    warehouse.reverse(back)
    assert on_hand(item) == 4
    assert_reconciled()


def test_saying_it_again_replaces_it(warehouse: Warehouse) -> None:
    item = warehouse.item("average")
    [due] = expect(warehouse, item, (warehouse.supplier, "in", "10", 1))
    warehouse.receive(item, "4", "1", expected_move_id=due)
    with at_most(1):
        both = expect(
            warehouse, item, (warehouse.customer, "out", "3", 2), (warehouse.supplier, "in", "4", 9)
        )
    assert both[1] == due
    assert state(due) == (4, False)
    assert ExpectedMove.objects.get(pk=due).due_date == date(2026, 4, 9)


def test_what_will_be_there(warehouse: Warehouse) -> None:
    item, other = warehouse.item("average", tracking="lot"), warehouse.item("average")
    good, held = warehouse.lot(item, "G"), warehouse.lot(item, "H")
    warehouse.receive(item, "5", "1", lot=good)
    warehouse.receive(item, "50", "1", lot=held)
    hold_lots([held], reason="?", by=warehouse.books.by)
    expect(
        warehouse,
        item,
        (warehouse.supplier, "in", "10", 3),
        (warehouse.customer, "out", "12", 2),
        (warehouse.production, "out", "1", 3),
    )
    with at_most(2):
        found = projected_availability(warehouse.books.company, [item.pk, other.pk])
    told = [(row.date and row.date.day, row.available) for row in found[item.pk]]
    assert told == [(None, 5), (2, -7), (3, 2)]
    assert [row.available for row in found[other.pk]] == [0]
    until = projected_availability(
        warehouse.books.company, [item.pk], site=warehouse.books.site, until=date(2026, 4, 2)
    )
    assert len(until[item.pk]) == 2


@pytest.mark.parametrize(
    ("way", "quantity", "code", "field"),
    [
        ("up", "1", "unknown_direction", "direction"),
        ("in", "0", "not_positive", "quantity"),
        ("in", "NaN", "not_a_number", "quantity"),
    ],
)
def test_nonsense_is_refused_by_row(
    warehouse: Warehouse, way: str, quantity: str, code: str, field: str
) -> None:
    item = warehouse.item("average")
    with pytest.raises(InvalidInput) as refused:
        expect(
            warehouse,
            item,
            (warehouse.supplier, "in", "1", 1),
            (warehouse.customer, way, quantity, 1),
        )
    assert (refused.value.code, refused.value.field, refused.value.row) == (code, field, 1)
    assert not ExpectedMove.objects.exists()


def test_another_companys_item_is_refused(warehouse: Warehouse) -> None:
    from tests.factories import make_books

    foreign = make_books().item()
    with pytest.raises(InvalidInput, match="another company"):
        expect(warehouse, foreign, (warehouse.supplier, "in", "1", 1))


def test_an_unexpected_move_moves_nothing_expected(warehouse: Warehouse) -> None:
    item = warehouse.item("average")
    [due] = expect(warehouse, item, (warehouse.supplier, "in", "10", 1))
    warehouse.post(Move(item.pk, Decimal(1), warehouse.supplier, warehouse.stock, value=Decimal(1)))
    assert state(due) == (0, True)
