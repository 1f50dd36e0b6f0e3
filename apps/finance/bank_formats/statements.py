"""What every reader returns, and the arithmetic that each statement must satisfy."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.money import AMOUNT_LIMIT, LEDGER_DECIMALS, ZERO

LONGEST_TEXT = 2000
_SPACES = re.compile(r"\s+")
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


class StatementKind(StrEnum):
    """``STATEMENT`` ends in a booked balance; the others report lines and may be repeated in one.

    ``INTERIM`` is camt.052 and MT942, ``NOTICE`` camt.054, ``EXPORT`` OFX and CSV.
    """

    STATEMENT = "statement"
    INTERIM = "interim"
    NOTICE = "notice"
    EXPORT = "export"


@dataclass(frozen=True, slots=True)
class BalanceRead:
    """A booked balance at the end (closing) or the beginning (opening) of ``date``."""

    amount: Decimal
    currency: str
    date: Date


@dataclass(frozen=True, slots=True)
class LineRead:
    """One entry on the account; ``amount`` is signed: above zero is money received.

    ``bank_reference`` is the bank's own key of the entry, ``code`` its kind of business,
    ``batch_id`` the order it executes; ``count`` is how many transactions it sums up, ``parts``
    what each of them is where the bank gives amounts that sum to the entry's.
    """

    date: Date
    amount: Decimal
    currency: str
    value_date: Date | None = None
    name: str = ""
    iban: str = ""
    end_to_end_id: str = ""
    reference: str = ""
    bank_reference: str = ""
    batch_id: str = ""
    text: str = ""
    code: str = ""
    count: int = 1
    is_reversal: bool = False
    is_booked: bool = True
    parts: tuple[LineRead, ...] = ()


@dataclass(frozen=True, slots=True)
class StatementRead:
    """A statement of one account. ``account`` is an IBAN or what the bank calls it.

    ``sequence`` is the bank's running number, empty when it gives none.
    """

    kind: StatementKind
    account: str
    currency: str
    lines: tuple[LineRead, ...]
    number: str = ""
    sequence: str = ""
    opening: BalanceRead | None = None
    closing: BalanceRead | None = None

    @property
    def booked(self) -> tuple[LineRead, ...]:
        return tuple(line for line in self.lines if line.is_booked)

    @property
    def total(self) -> Decimal:
        return sum((line.amount for line in self.lines if line.is_booked), ZERO)

    @property
    def label(self) -> str:
        return " ".join(filter(None, [self.account, self.number or self.sequence]))


def check_balances(statement: StatementRead) -> None:
    """Raise ``InvalidInput`` unless opening + lines = closing, all in the statement's currency.

    ``details`` of a broken balance name the statement, what was expected and what was found.
    """
    foreign = {line.currency for line in statement.booked} | {
        balance.currency for balance in (statement.opening, statement.closing) if balance
    }
    foreign -= {statement.currency}
    if foreign:
        raise refused(
            "mixed_currency",
            _("Statement {statement} is in {currency} but has amounts in {others}.").format(
                statement=statement.label,
                currency=statement.currency or "?",
                others=", ".join(sorted(foreign)),
            ),
        )
    if statement.opening is None or statement.closing is None:
        return
    expected = statement.opening.amount + statement.total
    if expected == statement.closing.amount:
        return
    error = refused(
        "broken_balance",
        _(
            "Statement {statement} does not add up: opening {opening} and lines {lines} make "
            "{expected}, but it closes with {found}."
        ).format(
            statement=statement.label,
            opening=statement.opening.amount,
            lines=statement.total,
            expected=expected,
            found=statement.closing.amount,
        ),
    )
    error.details = {
        "statement": statement.label,
        "expected": str(expected),
        "found": str(statement.closing.amount),
    }
    raise error


def refused(code: str, message: str) -> InvalidInput:
    """What is wrong with the file; ``field`` is always ``file``."""
    return InvalidInput(code, message, field="file")


def clean(text: str | None, longest: int = LONGEST_TEXT) -> str:
    """``text`` on one line, without control and direction marks."""
    return _SPACES.sub(" ", _CONTROLS.sub("", (text or "").replace("\x0b", " "))).strip()[:longest]


def joined(parts: Iterable[str | None], longest: int = LONGEST_TEXT) -> str:
    """The parts that say something, each once, in their order."""
    seen: dict[str, None] = {}
    for part in parts:
        if text := clean(part):
            seen.setdefault(text)
    return " ".join(seen)[:longest]


def amount_of(text: str, where: str) -> Decimal:
    """A decimal with a point that the ledger can keep. Raises ``InvalidInput`` naming ``where``."""
    try:
        amount = Decimal(text.strip())
    except (InvalidOperation, ValueError):
        raise bad_amount(text, where) from None
    if not amount.is_finite() or abs(amount) >= AMOUNT_LIMIT:
        raise bad_amount(text, where)
    exponent = amount.normalize().as_tuple().exponent
    if isinstance(exponent, int) and -exponent > LEDGER_DECIMALS:
        raise bad_amount(text, where)
    return amount


def bad_amount(text: str, where: str) -> InvalidInput:
    return refused(
        "bad_amount",
        _("{where}: “{text}” is no amount.").format(where=where, text=clean(text, 40)),
    )


def bad_date(text: str, where: str) -> InvalidInput:
    return refused(
        "bad_date", _("{where}: “{text}” is no date.").format(where=where, text=clean(text, 40))
    )


def sane_date(day: Date, text: str, where: str) -> Date:
    """``day``, unless no business can mean it."""
    if not 1970 <= day.year <= 2200:
        raise bad_date(text, where)
    return day
