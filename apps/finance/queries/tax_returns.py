"""The tax ledger box by box, and the entries behind a box."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal
from typing import Any

from apps.core.models import Company
from apps.core.sql import fetch_all, fetch_dicts
from apps.finance.models import TaxBox, TaxReturn

_AMOUNT = """
CASE WHEN m.is_subtracted THEN -1 ELSE 1 END
  * CASE m.measure WHEN 'base' THEN t.base ELSE t.tax END
"""
_SPAN = "t.company_id = %(company)s AND t.date BETWEEN %(first)s AND %(last)s"
# What a return takes: all up to its last day that it saw, and no earlier return had.
_OF_RETURN = """
t.company_id = %(company)s AND t.date <= %(ends)s AND t.id <= %(seen)s
AND NOT EXISTS (SELECT 1 FROM finance_taxreturn r
                 WHERE r.company_id = t.company_id AND r.status = 'filed' AND r.id <> %(own)s
                   AND r.ends_on < %(ends)s AND r.ends_on >= t.date AND r.last_entry >= t.id)
"""
_BOXES = f"""
SELECT b.id, b.code, b.name, coalesce(sum({_AMOUNT}), 0) AS amount
  FROM finance_taxbox b
  LEFT JOIN finance_taxboxterm m ON m.box_id = b.id
  LEFT JOIN finance_taxentry t ON t.tax_code_id = m.tax_code_id AND t.side = m.side AND {{where}}
 WHERE b.company_id = %(company)s AND b.is_active
 GROUP BY b.id ORDER BY b.position, b.code
"""  # noqa: S608 - constants
_ACCOUNTS = f"""
SELECT t.account_id, sum(CASE t.side WHEN 'due' THEN -t.tax ELSE t.tax END) AS balance
  FROM finance_taxentry t WHERE {_OF_RETURN}
 GROUP BY t.account_id HAVING sum(CASE t.side WHEN 'due' THEN -t.tax ELSE t.tax END) <> 0
 ORDER BY t.account_id
"""  # noqa: S608 - constants
_ENTRIES = f"""
SELECT t.id, t.date, t.entry_id, e.number AS entry_number, c.code AS tax_code, t.side,
       n.code AS partner_code, n.name AS partner_name, t.base, t.tax,
       {{amount}} AS amount, t.source_type_id, t.source_id
  FROM finance_taxentry t
  JOIN finance_journalentry e ON e.id = t.entry_id
  JOIN finance_taxcode c ON c.id = t.tax_code_id
  JOIN masterdata_partner n ON n.id = t.partner_id
  {{join}}
 WHERE {_SPAN} ORDER BY t.date, t.id LIMIT %(limit)s
"""  # noqa: S608 - constants


@dataclass(frozen=True, slots=True)
class BoxAmount:
    """A box and its sum in company currency."""

    id: int
    code: str
    name: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class TaxLine:
    """A row of the tax ledger; ``amount`` is what it adds to the box asked for, else its tax."""

    id: int
    date: Date
    entry_id: int
    entry_number: str
    tax_code: str
    side: str
    partner_code: str
    partner_name: str
    base: Decimal
    tax: Decimal
    amount: Decimal
    source_type_id: int
    source_id: int


def box_amounts(company: Company, *, first: Date, last: Date) -> list[BoxAmount]:
    """Each box over the entries dated in a span of days."""
    parameters = {"company": company.pk, "first": first, "last": last}
    return [BoxAmount(**row) for row in fetch_dicts(_BOXES.format(where=_SPAN), parameters)]


def return_amounts(tax_return: TaxReturn) -> list[BoxAmount]:
    """Each box over the entries that the return takes."""
    rows = fetch_dicts(_BOXES.format(where=_OF_RETURN), _taken(tax_return))
    return [BoxAmount(**row) for row in rows]


def return_balances(tax_return: TaxReturn) -> list[tuple[int, Decimal]]:
    """(account, balance to clear, a debit above zero) of the entries that the return takes."""
    return fetch_all(_ACCOUNTS, _taken(tax_return))


def tax_lines(
    company: Company, *, first: Date, last: Date, box: TaxBox | None = None, limit: int
) -> list[TaxLine]:
    """Rows of the tax ledger dated in a span of days, all of them or those behind ``box``."""
    join, amount = "", "t.tax"
    if box is not None:
        join = (
            "JOIN finance_taxboxterm m ON m.box_id = %(box)s"
            " AND m.tax_code_id = t.tax_code_id AND m.side = t.side"
        )
        amount = _AMOUNT
    statement = _ENTRIES.format(join=join, amount=amount)
    parameters = {
        "company": company.pk, "first": first, "last": last, "limit": limit,
        "box": box.pk if box else None,
    }  # fmt: skip
    return [TaxLine(**row) for row in fetch_dicts(statement, parameters)]


def _taken(tax_return: TaxReturn) -> dict[str, Any]:
    newest = tax_return.last_entry
    return {
        "company": tax_return.company_id,
        "ends": tax_return.ends_on,
        "seen": 2**63 - 1 if newest is None else newest,
        "own": tax_return.pk or 0,
    }
