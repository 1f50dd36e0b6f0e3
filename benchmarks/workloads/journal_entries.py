"""W1: a journal entry of 2 and of 4 lines, 100 entries at once, and a voucher with its history."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from apps.core.models import Site
from apps.core.money import ZERO
from apps.finance.models import Journal, JournalVoucher, JournalVoucherLine
from apps.finance.services.journal import Entry, Line, post_entries, post_entry
from apps.finance.services.vouchers import VoucherLine, draft_voucher, post_voucher
from benchmarks import bare
from benchmarks.database import Database
from benchmarks.measuring import (
    Clock,
    Result,
    Side,
    compare,
    require_same_rows,
    statements_of,
)
from benchmarks.plant import DAY, new_books, new_clerk, signed_in
from benchmarks.workloads import Options, against_bare
from tests.factories import Books

BATCH = 100
AMOUNTS = {
    2: [("6110", "120.00"), ("1010", "-120.00")],
    4: [("6110", "100.00"), ("6110", "20.00"), ("1010", "-90.00"), ("1010", "-30.00")],
}
MAY_POST = ("finance.add_journalvoucher", "finance.post_journalvoucher")
MOST_STATEMENTS = 10


def measure(database: Database, options: Options) -> Iterator[Result]:
    books = new_books()
    clerk_id = new_clerk(books, "finance")
    journal = books.journal()
    with database.connect() as connection:
        bare_entries = BareEntries(bare.Bare(connection, books, clerk_id), journal)
        clock = Clock(connection.info.backend_pid)

        def figure(
            name: str, unit: str, ours: Any, limit: Any, goal: float, most: int = MOST_STATEMENTS
        ) -> Result:
            ours(-1)  # makes the number series that the bare SQL continues
            require_same_rows(lambda: ours(-2), lambda: limit(-2))
            count = statements_of(lambda: ours(-3))
            database.settle()
            found = compare(
                Side(ours, database.django_clock), Side(limit, clock), seconds=options.seconds
            )
            return against_bare(
                name, unit, found, goal=goal, statements=count, most_statements=most
            )

        for size in AMOUNTS:
            yield figure(
                f"W1 {size} lines",
                f"entry of {size} lines",
                lambda n, size=size: post_one(books, clerk_id, size, n),
                lambda n, size=size: bare_entries.post(size, [f"bare{size}-{n}"]),
                4.0,
            )
        yield figure(
            f"W1 batch of {BATCH}",
            f"batch of {BATCH} entries of 2 lines",
            lambda n: post_batch(books, clerk_id, n),
            lambda n: bare_entries.post(2, [f"bareB{n}-{place}" for place in range(BATCH)]),
            3.5,
        )
        yield figure(
            "W1 voucher",
            "voucher of 4 lines: drafted, posted, with history",
            lambda n: voucher(books, journal, clerk_id),
            lambda n: bare_entries.voucher(),
            4.0,
            2 * MOST_STATEMENTS,  # two requests
        )


def _lines(books: Books, size: int) -> list[Line]:
    return [Line(books.account(code).pk, Decimal(amount)) for code, amount in AMOUNTS[size]]


def post_one(books: Books, clerk_id: int, size: int, number: int) -> None:
    by = signed_in(clerk_id, *MAY_POST)
    entry = Entry("GEN", DAY, books.site, _lines(books, size), purpose=f"ours{size}-{number}")
    post_entry(books.company, entry, by=by)


def post_batch(books: Books, clerk_id: int, number: int) -> None:
    by = signed_in(clerk_id, *MAY_POST)
    entries = [
        Entry("GEN", DAY, books.site, _lines(books, 2), purpose=f"oursB{number}-{place}")
        for place in range(BATCH)
    ]
    post_entries(books.company, entries, by=by)


def voucher(books: Books, journal: Journal, clerk_id: int) -> None:
    by = signed_in(clerk_id, *MAY_POST)
    lines = [
        VoucherLine(
            books.account(code),
            debit=max(Decimal(amount), ZERO),
            credit=max(-Decimal(amount), ZERO),
        )
        for code, amount in AMOUNTS[4]
    ]
    drafted = draft_voucher(books.company, journal=journal, date=DAY, lines=lines, by=by)
    post_voucher(drafted, by=signed_in(clerk_id, *MAY_POST))


class BareEntries:
    """The same rows by four statements: number, entries, lines, commit."""

    DRAFT_LINE = ("company_id", "voucher_id", "account_id", "debit", "credit", "memo")

    def __init__(self, own: bare.Bare, journal: Journal) -> None:
        self.own, self.journal_id = own, journal.pk
        self.site_id, self.site_type = own.books.site.pk, bare.content_type(Site)
        self.voucher_type = bare.content_type(JournalVoucher)
        self.lines = {
            size: [(own.books.account(code).pk, Decimal(amount)) for code, amount in lines]
            for size, lines in AMOUNTS.items()
        }

    def post(self, size: int, purposes: Sequence[str]) -> None:
        """An entry for each of ``purposes``."""
        with self.own.connection.transaction():
            self.own.post(
                "GEN",
                [
                    bare.BareEntry(self.site_type, self.site_id, self.lines[size], purpose)
                    for purpose in purposes
                ],
            )

    def voucher(self) -> None:
        company_id = self.own.company_id
        with self.own.connection.transaction():
            drafted = self.own.insert_audited(
                JournalVoucher,
                {
                    "number": "",
                    "created_by_id": self.own.user_id,
                    "status": "draft",
                    "journal_id": self.journal_id,
                    "date": DAY,
                    "description": "",
                    "is_closing": False,
                },
            )
            rows = [
                (company_id, drafted, account, max(amount, ZERO), max(-amount, ZERO), "")
                for account, amount in self.lines[4]
            ]
            self.own.insert(JournalVoucherLine, self.DRAFT_LINE, rows)
        with self.own.connection.transaction():
            entry = bare.BareEntry(self.voucher_type, drafted, self.lines[4])
            [(_entry_id, number)] = self.own.post("GEN", [entry])
            values = {"number": number, "status": "posted"}
            self.own.update_audited(JournalVoucher, drafted, values)
