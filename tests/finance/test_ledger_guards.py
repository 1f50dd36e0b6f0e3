"""What the database refuses by itself, to the application's role and to everybody.

Raw statements on a connection of their own: no code of ours stands in between.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg
import pytest
from django.contrib.contenttypes.models import ContentType

from apps.core.models import Company
from apps.finance.models import JournalEntry, Period, PeriodLock
from tests.factories import Books, make_books
from tests.support.connections import application, superuser

pytestmark = pytest.mark.django_db(transaction=True)

ACCEPTED = "accepted"
UNBALANCED, LATE, CLOSED, DENIED = "23514", "P0A01", "P0A02", "42501"


@dataclass
class Ledger:
    """Raw statements, spelled once."""

    books: Books
    day: date = date(2026, 3, 1)

    def __post_init__(self) -> None:
        self.period = Period.objects.get(
            fiscal_year=self.books.year, starts_on=self.day.replace(day=1), is_closing=False
        )
        self.source_type = ContentType.objects.get_for_model(Company).pk

    def entry(self, sequence: int, **values: Any) -> tuple[str, list[Any]]:
        row = {
            "company_id": self.books.company.pk,
            "source_type_id": self.source_type,
            "source_id": random.getrandbits(40),
            "created_at": "2026-03-01T00:00:00Z",
            "created_by_id": self.books.by.pk,
            "journal_id": self.books.journal().pk,
            "fiscal_year_id": self.books.year.pk,
            "period_id": self.period.pk,
            "sequence_number": sequence,
            "number": f"GEN-2026-{sequence:06d}",
            "date": self.day,
            "description": "",
            "purpose": "",
        } | values
        places = ", ".join(["%s"] * len(row))
        return (
            f"INSERT INTO finance_journalentry ({', '.join(row)}) VALUES ({places}) RETURNING id",
            list(row.values()),
        )

    def line(self, entry_id: int, amount: str, **values: Any) -> tuple[str, list[Any]]:
        row = {
            "company_id": self.books.company.pk,
            "entry_id": entry_id,
            "period_id": self.period.pk,
            "date": self.day,
            "account_id": self.books.account("1010").pk,
            "amount": amount,
            "currency_id": "EUR",
            "amount_currency": amount,
            "memo": "",
        } | values
        places = ", ".join(["%s"] * len(row))
        return (
            f"INSERT INTO finance_journalline ({', '.join(row)}) VALUES ({places})",
            list(row.values()),
        )


@pytest.fixture
def ledger(books: Books) -> Ledger:
    return Ledger(books)


@pytest.fixture
def raw(ledger: Ledger) -> Iterator[psycopg.Connection[Any]]:
    with application() as opened:
        yield opened
        opened.rollback()


def outcome(raw: psycopg.Connection[Any], act: Callable[[Any], None]) -> str:
    """Run ``act`` and commit: the SQLSTATE it failed with, or that it went through."""
    try:
        act(raw)
        raw.commit()
    except psycopg.Error as error:
        raw.rollback()
        return error.sqlstate or "no state"
    return ACCEPTED


def post(ledger: Ledger, *amounts: Any, sequence: int = 1, **entry: Any) -> Callable[[Any], None]:
    def act(raw: Any) -> None:
        entry_id = raw.execute(*ledger.entry(sequence, **entry)).fetchone()[0]
        for amount in amounts:
            values = {} if isinstance(amount, str | None) else amount
            text = amount if isinstance(amount, str | None) else values.pop("amount")
            raw.execute(*ledger.line(entry_id, text, **values))

    return act


@pytest.mark.parametrize(
    ("amounts", "expected"),
    [
        (("10", "-10"), ACCEPTED),
        (("10", "-9.9999"), UNBALANCED),
        ((), UNBALANCED),
        (("1",), UNBALANCED),
        (("NaN", "NaN"), UNBALANCED),
        (("Infinity", "-Infinity"), UNBALANCED),
        (("0.00005", "-0.00005"), UNBALANCED),
        (("0", "0"), UNBALANCED),
        (("1e16", "-1e16"), UNBALANCED),
        ((None, "1"), "23502"),
        (({"amount": "1", "currency_id": "USD"}, "-1"), UNBALANCED),
        (({"amount": "1", "amount_currency": "1.00001"}, "-1"), UNBALANCED),
        (({"amount": "1", "account_id": 999_999_999}, "-1"), "23503"),
        (({"amount": "1", "date": date(2026, 3, 2)}, "-1"), LATE),
    ],
)
def test_an_entry_balances_or_is_not(
    ledger: Ledger, raw: Any, amounts: tuple[Any, ...], expected: str
) -> None:
    assert outcome(raw, post(ledger, *amounts)) == expected
    assert JournalEntry.objects.exists() == (expected == ACCEPTED)


def test_savepoints_that_roll_half_back_are_seen(ledger: Ledger, raw: Any) -> None:
    def act(raw: Any) -> None:
        entry_id = raw.execute(*ledger.entry(1)).fetchone()[0]
        raw.execute(*ledger.line(entry_id, "5"))
        raw.execute("SAVEPOINT half")
        raw.execute(*ledger.line(entry_id, "-5"))
        raw.execute("ROLLBACK TO half")

    assert outcome(raw, act) == UNBALANCED


def test_copy_takes_the_same_checks(ledger: Ledger, raw: Any) -> None:
    def act(raw: Any) -> None:
        entry_id = raw.execute(*ledger.entry(1)).fetchone()[0]
        names = "company_id, entry_id, period_id, date, account_id, amount, currency_id, " \
            "amount_currency, memo"  # fmt: skip
        with raw.cursor().copy(f"COPY finance_journalline ({names}) FROM STDIN") as copy:
            for amount in ("3.5", "-3.4"):
                copy.write_row((
                    ledger.books.company.pk, entry_id, ledger.period.pk, ledger.day,
                    ledger.books.account("1010").pk, amount, "EUR", amount, "",
                ))  # fmt: skip

    assert outcome(raw, act) == UNBALANCED


def test_a_posted_entry_takes_no_more_lines(ledger: Ledger, raw: Any) -> None:
    assert outcome(raw, post(ledger, "10", "-10")) == ACCEPTED
    entry_id = JournalEntry.objects.get().pk

    def add_pair(raw: Any) -> None:
        raw.execute(*ledger.line(entry_id, "7"))
        raw.execute(*ledger.line(entry_id, "-7"))

    assert outcome(raw, add_pair) == LATE


def test_the_transaction_mark_is_not_for_the_caller_to_choose(ledger: Ledger, raw: Any) -> None:
    assert outcome(raw, post(ledger, "10", "-10", tx="99999999")) == LATE


def test_numbers_leave_no_hole(ledger: Ledger, raw: Any) -> None:
    assert outcome(raw, post(ledger, "10", "-10")) == ACCEPTED
    assert outcome(raw, post(ledger, "10", "-10", sequence=3)) == UNBALANCED
    assert outcome(raw, post(ledger, "10", "-10", sequence=1)) == "23505"
    assert outcome(raw, post(ledger, "10", "-10", sequence=2)) == ACCEPTED


def test_one_source_posts_once_for_one_purpose(ledger: Ledger, raw: Any) -> None:
    assert outcome(raw, post(ledger, "1", "-1", source_id=7)) == ACCEPTED
    assert outcome(raw, post(ledger, "1", "-1", sequence=2, source_id=7)) == "23505"
    assert outcome(raw, post(ledger, "1", "-1", sequence=2, source_id=7, purpose="x")) == ACCEPTED


def test_companies_stay_apart(ledger: Ledger, raw: Any) -> None:
    other = make_books(by=ledger.books.by)
    foreign = {"amount": "1", "account_id": other.account("1010").pk}
    assert outcome(raw, post(ledger, foreign, "-1")) == "23503"
    mixed = {"amount": "1", "company_id": other.company.pk}
    assert outcome(raw, post(ledger, mixed, "-1")) == "23503"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE finance_journalline SET amount = amount * 2",
        "UPDATE finance_journalentry SET date = date + 1",
        "DELETE FROM finance_journalline",
        "DELETE FROM finance_journalentry",
        "TRUNCATE finance_journalline CASCADE",
        "TRUNCATE finance_journalentry CASCADE",
        "DELETE FROM finance_ledgerseal",
        "ALTER TABLE finance_journalline DISABLE TRIGGER ALL",
        "INSERT INTO finance_journalline SELECT * FROM finance_journalline"
        " ON CONFLICT (id) DO UPDATE SET amount = 1",
    ],
)
def test_posted_rows_are_out_of_the_applications_reach(
    ledger: Ledger, raw: Any, statement: str
) -> None:
    assert outcome(raw, post(ledger, "10", "-10")) == ACCEPTED
    assert outcome(raw, lambda raw: raw.execute(statement)) == DENIED


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE finance_journalline SET amount = amount * 2",
        "DELETE FROM finance_journalentry",
        "TRUNCATE finance_journalline CASCADE",
        "UPDATE core_numbersequence SET last_number = 0",
    ],
)
def test_the_owner_of_the_tables_is_refused_too(ledger: Ledger, statement: str) -> None:
    ledger.books.post(ledger.day, ("1010", "1"), ("3000", "-1"))
    with superuser() as owner:
        owner.execute("SET session_replication_role = origin")
        owner.execute("SET ROLE mes_erp_owner")
        with pytest.raises(psycopg.Error) as refusal:
            owner.execute(statement)
    assert refusal.value.sqlstate == LATE


def test_periods_closed_or_missing_refuse(ledger: Ledger, raw: Any) -> None:
    locks = PeriodLock.objects.filter(period=ledger.period)
    locks.filter(module="sales").update(state="closed")
    assert outcome(raw, post(ledger, "1", "-1")) == ACCEPTED, "another module is closed"
    locks.filter(module="general").update(state="closed")
    assert outcome(raw, post(ledger, "1", "-1", sequence=2)) == CLOSED
    assert outcome(raw, post(ledger, "1", "-1", sequence=2, date=date(2031, 3, 1))) == CLOSED
    april = date(2026, 4, 1)
    assert outcome(raw, post(ledger, "1", "-1", sequence=2, date=april)) == CLOSED, "not its period"


NAIVE_GUARD = """
CREATE OR REPLACE FUNCTION finance_period_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE found_state text;
BEGIN
  SELECT l.state INTO found_state FROM finance_journal j
    JOIN finance_periodlock l ON l.period_id = NEW.period_id AND l.module = j.module
   WHERE j.id = NEW.journal_id;
  IF found_state IS NULL OR found_state = 'closed' THEN
    RAISE EXCEPTION 'closed' USING ERRCODE = 'P0A02';
  END IF;
  RETURN NEW;
END $$
"""


@pytest.mark.slow
@pytest.mark.reliability
@pytest.mark.parametrize("is_naive", [False, True], ids=["FOR SHARE", "negative control"])
def test_no_entry_slips_into_a_period_that_is_being_closed(books: Books, is_naive: bool) -> None:
    """Writers post while one closes; once the close has committed, nothing more may arrive."""
    ledger = Ledger(books)
    if is_naive:
        with superuser() as owner:
            owner.execute(NAIVE_GUARD)
    late = 0
    for number in range(60 if is_naive else 8):
        late += _race_against_the_close(ledger, number)
        if late:
            break
    assert (late > 0) == is_naive, f"{late} entries committed after the close"


def _race_against_the_close(ledger: Ledger, round_number: int) -> int:
    """Entries that were committed in March after it was closed."""
    month = ledger.period.pk
    _set_state(month, "open")
    stop = threading.Event()
    writers = [
        threading.Thread(target=_write, args=(ledger, stop, round_number * 10 + n))
        for n in range(4)
    ]
    for writer in writers:
        writer.start()
    time.sleep(0.15)
    _set_state(month, "closed")
    counted = JournalEntry.objects.filter(period=month).count()
    time.sleep(0.1)
    stop.set()
    for writer in writers:
        writer.join()
    return JournalEntry.objects.filter(period=month).count() - counted


def _set_state(period_id: int, state: str) -> None:
    PeriodLock.objects.filter(period_id=period_id).update(state=state)


def _write(ledger: Ledger, stop: threading.Event, seed: int) -> None:
    """Post one entry after the other, the number taken first and a pause before the lines."""
    chance = random.Random(seed)  # noqa: S311 - only spreads the writers
    take = (
        "INSERT INTO core_numbersequence AS s (company_id, series, last_number) VALUES (%s, 'r', 1)"
        " ON CONFLICT (company_id, series) DO UPDATE SET last_number = s.last_number + 1"
        " RETURNING last_number"
    )
    with application() as raw:
        while not stop.is_set():
            try:
                number = raw.execute(take, [ledger.books.company.pk]).fetchone()[0]  # type: ignore[index]
                statement, values = ledger.entry(number)
                entry_id = raw.execute(statement, values).fetchone()[0]  # type: ignore[index]
                time.sleep(chance.random() * 0.004)
                raw.execute(*ledger.line(entry_id, "1"))
                raw.execute(*ledger.line(entry_id, "-1"))
                raw.commit()
            except psycopg.Error:
                raw.rollback()
                time.sleep(0.002)
