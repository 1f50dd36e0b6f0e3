"""W1: a journal entry of 2 and of 4 lines, 100 entries at once, and a voucher with its history."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from apps.core.models import Site
from apps.finance.models import (
    Journal,
    JournalEntry,
    JournalLine,
    JournalVoucher,
    JournalVoucherLine,
)
from apps.finance.services.journal import Entry, Line, post_entries, post_entry
from apps.finance.services.vouchers import VoucherLine, draft_voucher, post_voucher
from benchmarks import bare
from benchmarks.database import Database
from benchmarks.measuring import Clock, Result, Side, compare, statements_of
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
        bare_entries = BareEntries(connection, books, clerk_id)
        clock = Clock(connection.info.backend_pid)

        def figure(
            name: str, unit: str, ours: Any, limit: Any, goal: float, most: int = MOST_STATEMENTS
        ) -> Result:
            ours(-1)  # makes the number series that the bare SQL continues
            count = statements_of(lambda: ours(-2))
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
                lambda n, size=size: bare_entries.post([(size, f"bare{size}-{n}")]),
                4.0,
            )
        yield figure(
            f"W1 batch of {BATCH}",
            f"batch of {BATCH} entries of 2 lines",
            lambda n: post_batch(books, clerk_id, n),
            lambda n: bare_entries.post([(2, f"bareB{n}-{place}") for place in range(BATCH)]),
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
            debit=max(Decimal(amount), Decimal(0)),
            credit=max(-Decimal(amount), Decimal(0)),
        )
        for code, amount in AMOUNTS[4]
    ]
    drafted = draft_voucher(books.company, journal=journal, date=DAY, lines=lines, by=by)
    post_voucher(drafted, by=signed_in(clerk_id, *MAY_POST))


class BareEntries:
    """The same rows by four statements: number, entries, lines, commit."""

    HEADER = (
        "company_id", "source_type_id", "source_id", "created_at", "created_by_id", "journal_id",
        "fiscal_year_id", "period_id", "sequence_number", "number", "date", "description",
        "purpose",
    )  # fmt: skip
    LINE = (
        "company_id", "entry_id", "period_id", "date", "account_id", "amount", "currency_id",
        "amount_currency", "memo",
    )  # fmt: skip
    DRAFT = (
        "version", "created_at", "updated_at", "company_id", "number", "created_by_id", "status",
        "journal_id", "date", "description", "is_closing",
    )  # fmt: skip
    DRAFT_LINE = ("company_id", "voucher_id", "account_id", "debit", "credit", "memo")

    def __init__(self, connection: bare.Connection, books: Books, user_id: int) -> None:
        self.connection, self.books, self.user_id = connection, books, user_id
        self.journal_id, self.year_id = books.journal().pk, books.year.pk
        self.period_id = books.year.periods.get(starts_on__lte=DAY, ends_on__gte=DAY).pk
        self.series = f"journal:{self.journal_id}:{self.year_id}"
        self.site_type = bare.content_type(Site)
        self.voucher_type = bare.content_type(JournalVoucher)
        self.amounts = {
            size: [(books.account(code).pk, Decimal(amount)) for code, amount in lines]
            for size, lines in AMOUNTS.items()
        }
        self.insert_header = bare.insert_one(JournalEntry, *self.HEADER)
        self.insert_headers = bare.insert_many(JournalEntry, *self.HEADER, returning="id")
        self.insert_lines = bare.insert_many(JournalLine, *self.LINE)
        self.insert_draft = bare.insert_audited(JournalVoucher, *self.DRAFT)
        self.insert_draft_lines = bare.insert_many(JournalVoucherLine, *self.DRAFT_LINE)
        self.post_draft = bare.update_audited(JournalVoucher, "number = %s, status = 'posted'")

    def post(self, entries: Sequence[tuple[int, str]]) -> None:
        """``entries``: how many lines, and the purpose."""
        with self.connection.transaction():
            self._post([(size, self.site_type, self.books.site.pk, why) for size, why in entries])

    def voucher(self) -> None:
        now = datetime.now(UTC)
        company_id = self.books.company.pk
        accounts, amounts = zip(*self.amounts[4], strict=True)
        with self.connection.transaction():
            values = [1, now, now, company_id, "", self.user_id, "draft", self.journal_id, DAY]
            drafted = bare.one(
                self.connection, self.insert_draft, [*values, "", False, self.user_id]
            )
            self.connection.execute(
                self.insert_draft_lines,
                [
                    [company_id] * 4,
                    [drafted] * 4,
                    list(accounts),
                    [max(amount, Decimal(0)) for amount in amounts],
                    [max(-amount, Decimal(0)) for amount in amounts],
                    [""] * 4,
                ],
            )
        with self.connection.transaction():
            number = self._post([(4, self.voucher_type, drafted, "")])
            self.connection.execute(self.post_draft, [number, drafted, self.user_id])

    def _post(self, entries: Sequence[tuple[int, int, int, str]]) -> str:
        company_id = self.books.company.pk
        last = bare.one(self.connection, bare.TAKE_NUMBER, [len(entries), company_id, self.series])
        now = datetime.now(UTC)
        headers = [
            (
                company_id, source_type, source_id, now, self.user_id, self.journal_id,
                self.year_id, self.period_id, number, f"GEN-{self.books.year.code}-{number:06d}",
                DAY, "", purpose,
            )
            for number, (_size, source_type, source_id, purpose) in enumerate(
                entries, start=last - len(entries) + 1
            )
        ]  # fmt: skip
        if len(entries) == 1:
            ids = [bare.one(self.connection, self.insert_header, headers[0])]
        else:
            columns = [list(column) for column in zip(*headers, strict=True)]
            ids = [key for (key,) in self.connection.execute(self.insert_headers, columns)]
        currency = self.books.company.currency_id
        lines = [
            (company_id, entry_id, self.period_id, DAY, account_id, amount, currency, amount, "")
            for entry_id, (size, *_source) in zip(ids, entries, strict=True)
            for account_id, amount in self.amounts[size]
        ]
        columns = [list(column) for column in zip(*lines, strict=True)]
        self.connection.execute(self.insert_lines, columns)
        return str(headers[-1][9])
