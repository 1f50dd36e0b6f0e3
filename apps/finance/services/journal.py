"""Posting to the general ledger. The only writer of journal entries and lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, User
from apps.core.money import AMOUNT_LIMIT, LEDGER_DECIMALS, ZERO
from apps.core.services.numbering import take_gapless
from apps.core.sql import columns, insert_rows
from apps.core.transactions import unit_of_work
from apps.finance.models import JournalEntry, JournalLine, PeriodLock
from apps.finance.queries.number_series import NUMBER_WIDTH

_BOOKS = """
SELECT 'journal:' || j.id || ':' || y.id AS series, w.wanted, w.journal, w.date, w.closing,
       j.id, p.id, y.id, y.code, l.state
  FROM unnest(%s::text[], %s::date[], %s::bool[], %s::bigint[])
       AS w(journal, date, closing, wanted)
  LEFT JOIN finance_journal j ON j.company_id = %s AND j.code = w.journal AND j.is_active
  LEFT JOIN finance_period p ON p.company_id = %s AND p.is_closing = w.closing
       AND w.date BETWEEN p.starts_on AND p.ends_on
  LEFT JOIN finance_fiscalyear y ON y.id = p.fiscal_year_id
  LEFT JOIN finance_periodlock l ON l.period_id = p.id AND l.module = j.module
"""


@dataclass(frozen=True, slots=True)
class Line:
    """One line to post. ``amount``: company currency, debit above zero.

    Without ``currency`` the amount is in the company's own.
    """

    account_id: int
    amount: Decimal
    currency: str | None = None
    amount_currency: Decimal | None = None
    quantity: Decimal | None = None
    memo: str = ""
    site_id: int | None = None
    cost_object_id: int | None = None
    partner_id: int | None = None
    item_id: int | None = None
    work_centre_id: int | None = None
    machine_id: int | None = None
    shift_id: int | None = None
    reason_id: int | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry to post, with the document or event it comes from.

    ``purpose`` tells two postings of one source apart; (source, purpose) posts at most once.
    """

    journal: str
    date: Date
    source: Any
    lines: Sequence[Line]
    description: str = ""
    purpose: str = ""
    is_closing: bool = False
    reverses_id: int | None = None


@dataclass(frozen=True, slots=True)
class _Book:
    journal_id: int
    period_id: int
    fiscal_year_id: int
    year_code: str
    series: str


@dataclass(frozen=True, slots=True)
class Posted:
    """An entry that now stands in the ledger."""

    id: int
    number: str


def post_numbered(company: Company, entries: Sequence[Entry], *, by: User) -> list[Posted]:
    """Post balanced entries; what they became, in order. Three statements however many lines.

    Raises ``InvalidInput`` for an entry that does not balance or a bad amount, ``BusinessError``
    for an unknown journal or a closed period. Call it last: the number series stay locked until
    commit. The database checks all of it again.
    """
    for place, entry in enumerate(entries):
        _check_lines(entry, place)
    with unit_of_work():
        books, numbers = _take_numbers(company, entries, by)
        now = timezone.now()
        headers = [
            {
                "company_id": company.pk,
                "source_type_id": ContentType.objects.get_for_model(entry.source).pk,
                "source_id": entry.source.pk,
                "created_at": now,
                "created_by_id": by.pk,
                "journal_id": book.journal_id,
                "fiscal_year_id": book.fiscal_year_id,
                "period_id": book.period_id,
                "sequence_number": number,
                "number": f"{entry.journal}-{book.year_code}-{number:0{NUMBER_WIDTH}d}",
                "date": entry.date,
                "description": entry.description[:200],
                "purpose": entry.purpose,
                "reverses_id": entry.reverses_id,
            }
            for entry, book, number in zip(entries, books, numbers, strict=True)
        ]
        posted = [
            Posted(*row) for row in insert_rows(JournalEntry, headers, returning="id, number")
        ]
        insert_rows(
            JournalLine,
            [
                _line_row(company, line, made.id, entry, book)
                for entry, made, book in zip(entries, posted, books, strict=True)
                for line in entry.lines
            ],
        )
    return posted


def post_entries(company: Company, entries: Sequence[Entry], *, by: User) -> list[int]:
    """``post_numbered`` for callers that only keep the entries' ids."""
    return [posted.id for posted in post_numbered(company, entries, by=by)]


def post_entry(company: Company, entry: Entry, *, by: User) -> int:
    """Post one entry; its id."""
    return post_entries(company, [entry], by=by)[0]


def reverse_entry(
    entry: JournalEntry,
    *,
    date: Date,
    by: User,
    source: Any = None,
    purpose: str = "reversal",
    reason: str = "",
) -> int:
    """Post the mirror image of ``entry`` on ``date``, linked to it; its id.

    A closing entry is reversed in its closing period. Raises ``BusinessError`` when it is
    reversed already.
    """
    with unit_of_work():
        if JournalEntry.objects.filter(reverses=entry).exists():
            raise BusinessError(
                "already_reversed", _("{entry} is reversed already.").format(entry=entry)
            )
        lines = [
            Line(
                account_id=line.account_id,
                amount=-line.amount,
                currency=line.currency_id,
                amount_currency=-line.amount_currency,
                quantity=None if line.quantity is None else -line.quantity,
                memo=line.memo,
                **{name: getattr(line, name) for name in DIMENSIONS},
            )
            for line in entry.lines.all()
        ]
        mirror = Entry(
            journal=entry.journal.code,
            date=date,
            source=source or entry.source,
            lines=lines,
            description=": ".join(
                filter(None, [_("Reversal of {entry}").format(entry=entry.number), reason])
            ),
            purpose=purpose,
            is_closing=entry.period.is_closing,
            reverses_id=entry.pk,
        )
        return post_entry(entry.company, mirror, by=by)


DIMENSIONS = (
    "site_id",
    "cost_object_id",
    "partner_id",
    "item_id",
    "work_centre_id",
    "machine_id",
    "shift_id",
    "reason_id",
)


def _check_lines(entry: Entry, place: int) -> None:
    total = ZERO
    by_currency: dict[str | None, Decimal] = {}
    for line in entry.lines:
        foreign = line.amount if line.amount_currency is None else line.amount_currency
        for amount in (line.amount, foreign):
            if not amount.is_finite() or abs(amount) >= AMOUNT_LIMIT:
                raise InvalidInput(
                    "bad_amount", _("The amount is not a number the ledger takes."), field="amount"
                )
            exponent = amount.normalize().as_tuple().exponent
            if isinstance(exponent, int) and -exponent > LEDGER_DECIMALS:
                raise InvalidInput(
                    "too_many_decimals", _("The ledger keeps four decimals."), field="amount"
                )
        if line.amount == 0:
            raise InvalidInput("zero_amount", _("A line needs an amount."), field="amount")
        total += line.amount
        by_currency[line.currency] = by_currency.get(line.currency, ZERO) + foreign
    if len(entry.lines) < 2 or total != 0 or any(by_currency.values()):
        raise InvalidInput(
            "unbalanced_entry",
            _("The entry does not balance: debits minus credits is {difference}.").format(
                difference=total
            ),
            field="lines",
            row=place if place else None,
        )


def _take_numbers(
    company: Company, entries: Sequence[Entry], by: User
) -> tuple[list[_Book], list[int]]:
    """The book and the number of each entry: one statement."""
    wanted = Counter((entry.journal, entry.date, entry.is_closing) for entry in entries)
    asked = columns(sorted((*key, count) for key, count in wanted.items()), 4)
    rows = take_gapless(company.pk, _BOOKS, [*asked, company.pk, company.pk])
    books = {}
    following: dict[str, int] = {}
    for series, count, *key, journal_id, period_id, year_id, year_code, state, last in rows:
        journal, date, _is_closing = key
        if journal_id is None:
            raise InvalidInput(
                "unknown_journal", _("There is no journal {code}.").format(code=journal)
            )
        if state is None:
            raise BusinessError(
                "no_period", _("There is no period for {date}.").format(date=date), field="date"
            )
        _require_open(state, date, by)
        books[tuple(key)] = _Book(journal_id, period_id, year_id, year_code, series)
        following[series] = following.get(series, last + 1) - count
    found = [books[entry.journal, entry.date, entry.is_closing] for entry in entries]
    numbers = []
    for book in found:
        numbers.append(following[book.series])
        following[book.series] += 1
    return found, numbers


def _require_open(state: str, date: Date, by: User) -> None:
    if state == PeriodLock.State.OPEN:
        return
    if state == PeriodLock.State.SOFT and by.has_perm("finance.post_in_soft_closed_period"):
        return
    raise BusinessError(
        "period_closed", _("The period of {date} is closed.").format(date=date), field="date"
    )


def _line_row(
    company: Company, line: Line, entry_id: int, entry: Entry, book: _Book
) -> dict[str, Any]:
    return {
        "company_id": company.pk,
        "entry_id": entry_id,
        "period_id": book.period_id,
        "date": entry.date,
        "account_id": line.account_id,
        "amount": line.amount,
        "currency_id": line.currency or company.currency_id,
        "amount_currency": line.amount if line.amount_currency is None else line.amount_currency,
        "quantity": line.quantity,
        "memo": line.memo[:200],
        "site_id": line.site_id,
        "cost_object_id": line.cost_object_id,
        "partner_id": line.partner_id,
        "item_id": line.item_id,
        "work_centre_id": line.work_centre_id,
        "machine_id": line.machine_id,
        "shift_id": line.shift_id,
        "reason_id": line.reason_id,
    }
