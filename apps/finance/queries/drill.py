"""From a figure of a statement down to the lines and what they come from."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.money import ZERO
from apps.core.sql import fetch_all, fetch_dicts
from apps.finance.models import Account
from apps.finance.queries.account_figures import REVALUATIONS
from apps.finance.queries.filters import DIMENSIONS, ReportFilter
from apps.finance.queries.layouts import RESULT_KINDS
from apps.finance.queries.trial_balance import trial_balance

MOST_GROUPS = 4
_TABLES = {
    "site": "core_site",
    "cost_object": "finance_costobject",
    "work_centre": "masterdata_workcentre",
    "machine": "masterdata_machine",
    "shift": "masterdata_shift",
    "reason": "masterdata_reasoncode",
    "item": "masterdata_item",
    "partner": "masterdata_partner",
}
#: What a total can be split by: name to (key, code, label) in SQL.
GROUPS = {
    "month": ("to_char(l.date, 'YYYY-MM')",) * 3,
    "date": ("l.date::text",) * 3,
    "account": ("a.id", "a.code", "a.name"),
    "entry": ("e.id", "e.number", "e.description"),
    **{
        name: (f"l.{column}", f"d_{name}.code", f"d_{name}.name")
        for name, column in DIMENSIONS.items()
    },
}
_ACCOUNTS = """
WITH RECURSIVE below AS (
  SELECT id FROM finance_statementline
   WHERE company_id = %(company)s AND id = ANY(%(lines)s)
   UNION
  SELECT s.id FROM finance_statementline s JOIN below b ON s.parent_id = b.id)
SELECT a.id, a.kind FROM finance_account a
 WHERE a.company_id = %(company)s
   AND (a.id = ANY(%(accounts)s) OR a.statement_line_id IN (SELECT id FROM below))
"""
_WHERE = """
  FROM finance_journalline l
  JOIN finance_journalentry e ON e.id = l.entry_id
  JOIN finance_account a ON a.id = l.account_id
  JOIN finance_period p ON p.id = l.period_id
"""
_CONDITIONS = """
 WHERE l.company_id = %(company)s AND l.account_id = ANY(%(accounts)s)
   AND l.date BETWEEN %(date_from)s AND %(date_to)s
   AND (%(with_closing)s OR NOT p.is_closing)
"""
_MOVED_CASH = f"""
   AND l.entry_id IN (SELECT c.entry_id FROM finance_journalline c
                       WHERE c.company_id = %(company)s AND c.account_id = ANY(%(cash)s)
                         AND c.date BETWEEN %(date_from)s AND %(date_to)s)
   AND e.source_type_id <> {REVALUATIONS}
"""  # noqa: S608 - constants
_ONLY = {
    "": "",
    "carried": " AND p.is_closing",
    "exchange": f" AND e.source_type_id = {REVALUATIONS}",
}
_LINE = """
SELECT l.id, l.date, e.id AS entry_id, e.number AS entry_number, e.description, l.memo,
       a.id AS account_id, a.code AS account_code, a.name AS account_name,
       l.amount, l.currency_id AS currency, l.amount_currency, l.quantity,
       e.source_type_id, e.source_id
"""


@dataclass(frozen=True, slots=True)
class Selection:
    """Accounts whose lines are looked at, and how a statement shows their debits (``sign``).

    ``cash_ids``: only entries that moved one of these accounts, revaluations apart; ``only``:
    closing entries (``carried``), or revaluations (``exchange``).
    """

    chosen: ReportFilter
    account_ids: tuple[int, ...]
    sign: int
    cash_ids: tuple[int, ...] = ()
    only: str = ""

    def conditions(self) -> str:
        text, _parameters = self.chosen.conditions()
        text += _MOVED_CASH if self.cash_ids else ""
        return text + _ONLY[self.only]


@dataclass(frozen=True, slots=True)
class Group:
    """One group of a dimension: its key (None: lines without one), code and name."""

    key: Any
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class BreakdownRow:
    """``amount`` as the statement shows it, ``quantity`` as posted."""

    groups: dict[str, Group]
    amount: Decimal
    quantity: Decimal
    lines: int


@dataclass(frozen=True, slots=True)
class Breakdown:
    """Rows whose amounts sum to ``total``: the figure of the statement they were asked for."""

    by: tuple[str, ...]
    rows: list[BreakdownRow]
    total: Decimal


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """A journal line with its entry, source and dimensions. ``balance`` runs, debit-positive."""

    id: int
    date: Date
    entry_id: int
    entry_number: str
    description: str
    memo: str
    account_id: int
    account_code: str
    account_name: str
    amount: Decimal
    currency: str
    amount_currency: Decimal
    quantity: Decimal | None
    source_type_id: int
    source_id: int
    dimensions: dict[str, Group]
    balance: Decimal


@dataclass(frozen=True, slots=True)
class LedgerPage:
    """A page of lines by date; ``following`` is the cursor of the next one."""

    opening: Decimal
    lines: list[LedgerLine]
    following: str


def select_accounts(
    chosen: ReportFilter, *, line_id: int | None = None, account_id: int | None = None
) -> Selection:
    """The accounts below a statement line, or one account.

    Income accounts are looked at without the closing period, as the income statement does.
    """
    found = fetch_all(
        _ACCOUNTS,
        {
            "company": chosen.company.pk,
            "lines": [line_id] if line_id else [],
            "accounts": [account_id] if account_id else [],
        },
    )
    kinds = {kind for _key, kind in found}
    if kinds and kinds <= RESULT_KINDS:
        chosen = chosen.changed(with_closing=False)
    sign = 1 if kinds <= {Account.Kind.ASSET} else -1
    return Selection(chosen, tuple(sorted(key for key, _kind in found)), sign)


def breakdown(selection: Selection, by: Sequence[str]) -> Breakdown:
    """The selection's total split by one to four dimensions at once. One statement.

    Raises ``InvalidInput`` for an unknown dimension.
    """
    unknown = [name for name in by if name not in GROUPS]
    if unknown or not 0 < len(by) <= MOST_GROUPS or len(set(by)) != len(by):
        raise InvalidInput(
            "unknown_dimension",
            _("Split by one to four of: {names}.").format(names=", ".join(GROUPS)),
            field="by",
        )
    conditions = selection.conditions()
    columns = [part for name in by for part in GROUPS[name]]
    statement = (
        f"SELECT {', '.join(columns)}, sum(l.amount), coalesce(sum(l.quantity), 0), count(*)"
        f"{_WHERE}{_joins(by)}{_CONDITIONS}{conditions}"
        f" GROUP BY {', '.join(dict.fromkeys(columns))}"
        f" ORDER BY {', '.join(f'{n * 3 + 2} NULLS LAST' for n in range(len(by)))}"
    )
    rows = []
    for *keys, amount, quantity, count in fetch_all(statement, _parameters_of(selection)):
        groups = {
            name: Group(keys[n * 3], keys[n * 3 + 1] or "", keys[n * 3 + 2] or "")
            for n, name in enumerate(by)
        }
        rows.append(BreakdownRow(groups, selection.sign * amount + ZERO, quantity, count))
    return Breakdown(tuple(by), rows, sum((row.amount for row in rows), ZERO))


def general_ledger(selection: Selection, *, cursor: str = "", limit: int = 100) -> LedgerPage:
    """Lines by date with a running balance, ``limit`` at a time. Two statements, then one."""
    if cursor:
        after_date, after_id, opening = _decoded(cursor)
    else:
        after_date, after_id = Date.min, 0
        opening = _opening(selection)
    conditions = selection.conditions()
    names = tuple(DIMENSIONS)
    labels = "".join(
        f", {key} AS {name}_key, {code} AS {name}_code, {label} AS {name}_name"
        for name in names
        for key, code, label in (GROUPS[name],)
    )
    statement = (
        f"{_LINE}{labels}{_WHERE}{_joins(names)}{_CONDITIONS}{conditions}"
        " AND (l.date, l.id) > (%(after_date)s, %(after_id)s)"
        " ORDER BY l.date, l.id LIMIT %(limit)s"
    )
    found = fetch_dicts(
        statement,
        {
            **_parameters_of(selection),
            "after_date": after_date,
            "after_id": after_id,
            "limit": limit + 1,
        },
    )
    lines, balance = [], opening
    for row in found[:limit]:
        balance += row["amount"]
        lines.append(_ledger_line(row, names, balance))
    following = _encoded(lines[-1]) if len(found) > limit else ""
    return LedgerPage(opening, lines, following)


def _parameters_of(selection: Selection) -> dict[str, Any]:
    return {
        **selection.chosen.parameters(),
        "accounts": list(selection.account_ids),
        "cash": list(selection.cash_ids),
    }


def _joins(names: Sequence[str]) -> str:
    return "".join(
        f" LEFT JOIN {_TABLES[name]} d_{name} ON d_{name}.id = l.{DIMENSIONS[name]}"
        for name in names
        if name in _TABLES
    )


def _opening(selection: Selection) -> Decimal:
    if selection.chosen.date_from is None or selection.cash_ids or selection.only:
        return ZERO
    wanted = set(selection.account_ids)
    sums = trial_balance(selection.chosen).rows
    return sum((row.opening for row in sums if row.account_id in wanted), ZERO)


def _ledger_line(row: dict[str, Any], names: Sequence[str], balance: Decimal) -> LedgerLine:
    dimensions = {}
    for name in names:
        key, code, label = (row.pop(f"{name}_{part}") for part in ("key", "code", "name"))
        if key is not None:
            dimensions[name] = Group(key, code, label)
    return LedgerLine(**row, dimensions=dimensions, balance=balance)


def _encoded(line: LedgerLine) -> str:
    content = json.dumps([line.date.isoformat(), line.id, str(line.balance)])
    return base64.urlsafe_b64encode(content.encode()).decode()


def _decoded(cursor: str) -> tuple[Date, int, Decimal]:
    try:
        day, line_id, balance = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        return Date.fromisoformat(day), int(line_id), Decimal(balance)
    except (ValueError, TypeError, ArithmeticError, binascii.Error) as error:
        raise InvalidInput("bad_cursor", _("This is no cursor."), field="cursor") from error
