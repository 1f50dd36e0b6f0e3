"""What moved between us and a partner, in the documents' currencies, as the ledger has it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal

from apps.core.models import Company
from apps.core.sql import fetch_dicts

CONTROLS = {"customer": "receivable", "supplier": "payable"}
_LINES = """
SELECT l.id, l.date, e.id AS entry_id, e.number, l.currency_id AS currency,
       coalesce(nullif(l.memo, ''), e.description) AS text, i.due_date, e.source_type_id,
       e.source_id, %(sign)s * l.amount_currency AS amount
  FROM finance_journalline l
  JOIN finance_account a ON a.id = l.account_id AND a.control = %(control)s
  JOIN finance_journalentry e ON e.id = l.entry_id
  LEFT JOIN finance_invoice i ON i.entry_id = e.id
 WHERE l.company_id = %(company)s AND l.partner_id = %(partner)s AND l.amount_currency <> 0
   AND l.date BETWEEN %(first)s AND %(last)s
 ORDER BY l.currency_id, l.date, l.id
"""
_BEFORE = """
SELECT l.currency_id AS currency, %(sign)s * sum(l.amount_currency) AS amount
  FROM finance_journalline l
  JOIN finance_account a ON a.id = l.account_id AND a.control = %(control)s
 WHERE l.company_id = %(company)s AND l.partner_id = %(partner)s AND l.date < %(first)s
 GROUP BY l.currency_id ORDER BY l.currency_id
"""


@dataclass(frozen=True, slots=True)
class AccountMovement:
    """A line on the partner's account; above zero it adds to what is owed.

    ``balance`` is what is owed in that currency after it.
    """

    id: int
    date: Date
    entry_id: int
    number: str
    currency: str
    text: str
    due_date: Date | None
    source_type_id: int
    source_id: int
    amount: Decimal
    balance: Decimal


@dataclass(frozen=True, slots=True)
class AccountStatement:
    """Opening and closing balances by currency, and what moved between them, oldest first."""

    opening: dict[str, Decimal]
    movements: list[AccountMovement]
    closing: dict[str, Decimal]


def account_statement(
    company: Company, *, partner_id: int, kind: str, first: Date, last: Date
) -> AccountStatement:
    """The account of a partner as ``customer`` or ``supplier`` from ``first`` to ``last``.

    Two statements. The closing balance is the sum of the partner's control account.
    """
    parameters = {
        "company": company.pk,
        "partner": partner_id,
        "control": CONTROLS[kind],
        "sign": 1 if kind == "customer" else -1,
        "first": first,
        "last": last,
    }
    opening = {row["currency"]: row["amount"] for row in fetch_dicts(_BEFORE, parameters)}
    running = dict(opening)
    movements = []
    for row in fetch_dicts(_LINES, parameters):
        running[row["currency"]] = running.get(row["currency"], Decimal(0)) + row["amount"]
        movements.append(AccountMovement(**row, balance=running[row["currency"]]))
    return AccountStatement(opening, movements, running)
