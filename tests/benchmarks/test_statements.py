"""How many statements the work of the benchmarks takes: whatever the number of lines."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from apps.execution.printouts import travelers_pdf
from apps.finance.services.journal import Entry, Line, post_entry
from benchmarks.measuring import statements_of
from benchmarks.plant import DAY, new_books, new_clerk
from benchmarks.workloads import (
    journal_entries,
    order_to_invoice,
    receipts,
    travelers,
    work_order,
)
from tests.factories import Books
from tests.support.trade import Trade, make_trade


@pytest.fixture
def bench_books(db: None) -> Books:
    return new_books()


@pytest.fixture
def trade(bench_books: Books) -> Trade:
    return make_trade(bench_books)


def counted(act: Callable[[], Any]) -> int:
    act()  # content types, number series and valuations are there from the second time on
    return statements_of(act)


@pytest.mark.parametrize("lines", [2, 10, 100])
def test_an_entry(bench_books: Books, lines: int) -> None:
    amounts = [Decimal(1)] * (lines - 1) + [Decimal(1 - lines)]
    accounts = [bench_books.account("6110").pk] * (lines - 1) + [bench_books.account("1010").pk]
    purposes = iter("ab")

    def act() -> None:
        entry = Entry(
            "GEN",
            DAY,
            bench_books.site,
            [Line(account, amount) for account, amount in zip(accounts, amounts, strict=True)],
            purpose=next(purposes),
        )
        post_entry(bench_books.company, entry, by=bench_books.by)

    assert counted(act) == 3  # number and books, entry, lines


def test_a_batch_of_entries_and_a_voucher(bench_books: Books) -> None:
    clerk_id = new_clerk(bench_books, "finance")
    numbers = iter(range(10))
    assert counted(lambda: journal_entries.post_batch(bench_books, clerk_id, next(numbers))) == 4
    journal = bench_books.journal()
    voucher = counted(lambda: journal_entries.voucher(bench_books, journal, clerk_id))
    assert voucher <= 10


def test_a_receipt(trade: Trade) -> None:
    clerk_id = new_clerk(trade.books, "supply_chain", "inventory", "masterdata", "finance")
    order = receipts.OpenOrder(trade, clerk_id, "fresh")
    numbers = iter(range(10))
    assert counted(lambda: order.receive(next(numbers))) <= 14


def test_an_order_to_its_invoice(trade: Trade) -> None:
    clerk_id = new_clerk(trade.books, "crm", "supply_chain", "finance", "inventory")
    items = [order_to_invoice.stocked(trade, f"S{number:03d}") for number in range(100)]
    few = counted(order_to_invoice.Cycle(trade, clerk_id, items[:10]).run)
    many = counted(order_to_invoice.Cycle(trade, clerk_id, items).run)
    assert few == many <= order_to_invoice.MOST_STATEMENTS


def test_a_work_order_through(trade: Trade) -> None:
    clerk_id = new_clerk(trade.books, "execution", "inventory", "engineering", "finance")
    components = work_order.stocked_components(trade)
    few = counted(work_order.Cycle(trade, clerk_id, "FEW", components[:10]).run)
    many = counted(work_order.Cycle(trade, clerk_id, "MANY", components).run)
    assert few == many <= work_order.MOST_STATEMENTS


def test_travelers(trade: Trade) -> None:
    orders = [order.pk for order in travelers.released_orders(trade, 3)]
    one = counted(lambda: travelers_pdf(orders[:1]))
    assert counted(lambda: travelers_pdf(orders)) == one <= travelers.MOST_STATEMENTS
