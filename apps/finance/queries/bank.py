"""Bank and ledger side by side: what is on one and not on the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal

from django.db.models import Max, Q, Sum

from apps.core.money import ZERO
from apps.core.sql import fetch_all, fetch_dicts
from apps.finance.models import BankAccount, BankLine, BankStatement

#: A line's amount in the currency of the bank account; nothing for other currencies.
BANK_AMOUNT = """
CASE WHEN l.currency_id = b.currency_id THEN l.amount_currency
     WHEN b.currency_id = c.currency_id THEN l.amount ELSE 0 END
"""
# Matches count at the later day of their two sides: then both stand there.
_LEDGER = f"""
SELECT l.id, l.entry_id, e.number, l.date, e.description, l.memo, l.partner_id,
       n.name AS partner_name, e.source_type_id, e.source_id, {BANK_AMOUNT} AS amount,
       {BANK_AMOUNT} - coalesce(m.amount, 0) AS open
  FROM finance_bankaccount b
  JOIN core_company c ON c.id = b.company_id
  JOIN finance_journalline l ON l.account_id = b.account_id
  JOIN finance_journalentry e ON e.id = l.entry_id
  LEFT JOIN masterdata_partner n ON n.id = l.partner_id
  LEFT JOIN finance_journalentry r ON r.reverses_id = e.id
  LEFT JOIN finance_journalentry o ON o.id = e.reverses_id
  LEFT JOIN LATERAL (
       SELECT sum(x.amount) AS amount FROM finance_bankmatch x
         JOIN finance_bankline k ON k.id = x.line_id
        WHERE x.journal_line_id = l.id AND x.is_live AND k.date <= %(date)s) AS m ON true
 WHERE b.id = %(account)s AND l.date <= %(date)s
   AND (b.opened_on IS NULL OR l.date > b.opened_on)
   AND (r.id IS NULL OR r.date > %(date)s)
   AND (o.id IS NULL OR (b.opened_on IS NOT NULL AND o.date <= b.opened_on))
"""  # noqa: S608 - constants only
_OPEN_LEDGER = f"SELECT * FROM ({_LEDGER}) AS x WHERE open <> 0 ORDER BY date, id"  # noqa: S608 - constant
_BALANCE = f"""
SELECT coalesce(sum({BANK_AMOUNT}), 0)
  FROM finance_bankaccount b
  JOIN core_company c ON c.id = b.company_id
  JOIN finance_journalline l ON l.account_id = b.account_id
 WHERE b.id = %(account)s AND l.date <= %(date)s
"""  # noqa: S608 - constants only
_OPEN_BANK = """
SELECT k.id, k.date, k.amount, k.name, k.text, k.reference, k.state,
       k.amount - coalesce(m.amount, 0) AS open
  FROM finance_bankline k
  JOIN finance_bankaccount b ON b.id = k.bank_account_id
  LEFT JOIN LATERAL (
       SELECT sum(x.amount) AS amount FROM finance_bankmatch x
         JOIN finance_journalline l ON l.id = x.journal_line_id
        WHERE x.line_id = k.id AND x.is_live AND l.date <= %(date)s) AS m ON true
 WHERE k.bank_account_id = %(account)s AND k.date <= %(date)s
   AND k.amount <> coalesce(m.amount, 0)
 ORDER BY k.date, k.id
"""


@dataclass(frozen=True, slots=True)
class LedgerItem:
    """A line of the ledger account with what of it no bank line shows yet."""

    id: int
    entry_id: int
    number: str
    date: Date
    description: str
    memo: str
    partner_id: int | None
    partner_name: str | None
    source_type_id: int
    source_id: int
    amount: Decimal
    open: Decimal


@dataclass(frozen=True, slots=True)
class BankItem:
    """A bank line with what of it the ledger does not hold yet."""

    id: int
    date: Date
    amount: Decimal
    name: str
    text: str
    reference: str
    state: str
    open: Decimal


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Bank and ledger at the end of ``date``, in the bank account's currency.

    ``difference`` = statement − (ledger − not on the statement + not in the ledger); zero when
    every line is accounted for.
    """

    account: BankAccount
    date: Date
    statement: BankStatement | None
    bank_balance: Decimal
    ledger_balance: Decimal
    not_on_statement: Sequence[LedgerItem]
    not_in_ledger: Sequence[BankItem]

    @property
    def outstanding(self) -> Decimal:
        return sum((item.open for item in self.not_on_statement), ZERO)

    @property
    def unposted(self) -> Decimal:
        return sum((item.open for item in self.not_in_ledger), ZERO)

    @property
    def expected(self) -> Decimal:
        return self.ledger_balance - self.outstanding + self.unposted

    @property
    def difference(self) -> Decimal:
        return self.bank_balance - self.expected


def open_ledger_items(account: BankAccount, at: Date) -> list[LedgerItem]:
    """What is posted to the ledger account and on no bank line by ``at``; the oldest first."""
    rows = fetch_dicts(_OPEN_LEDGER, {"account": account.pk, "date": at})
    return [LedgerItem(**row) for row in rows]


def reconciliation(account: BankAccount, at: Date) -> Reconciliation:
    """Balance by statement against balance of the ledger, at the end of ``at``."""
    parameters = {"account": account.pk, "date": at}
    [[ledger]] = fetch_all(_BALANCE, parameters)
    statement, balance = bank_balance(account, at)
    return Reconciliation(
        account=account,
        date=at,
        statement=statement,
        bank_balance=balance,
        ledger_balance=ledger,
        not_on_statement=open_ledger_items(account, at),
        not_in_ledger=[BankItem(**row) for row in fetch_dicts(_OPEN_BANK, parameters)],
    )


def bank_balance(account: BankAccount, at: Date) -> tuple[BankStatement | None, Decimal]:
    """The last balance a bank has told by ``at`` and the lines booked since.

    A bank that tells none is taken to have begun with what the ledger held when they agreed.
    """
    statement = (
        BankStatement.objects.filter(
            bank_account=account, ends_on__lte=at, closing_balance__isnull=False
        )
        .order_by("-ends_on", "-id")
        .first()
    )
    lines = BankLine.objects.filter(bank_account=account, date__lte=at)
    if statement is not None:
        balance = statement.closing_balance or ZERO
        later = Q(date__gt=statement.ends_on)
        told = BankStatement.objects.filter(
            bank_account=account, closing_balance__isnull=False, pk__lte=statement.pk
        )
        lines = lines.filter(later).exclude(statement__in=told)
    else:
        day = account.opened_on or Date.min
        [[balance]] = fetch_all(_BALANCE, {"account": account.pk, "date": day})
    since = lines.aggregate(total=Sum("amount"))["total"] or ZERO
    return statement, balance + since


def last_statement_day(account: BankAccount) -> Date | None:
    """The day up to which lines are known."""
    day: Date | None = BankLine.objects.filter(bank_account=account).aggregate(d=Max("date"))["d"]
    return day
