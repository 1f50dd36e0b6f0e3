"""Balances of accounts: from folded period balances where they reach, from lines elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from apps.core.money import ZERO
from apps.core.sql import fetch_dicts
from apps.finance.queries.filters import ReportFilter

_SUMS = """
SELECT a.id AS account_id, a.code, a.name, a.kind, a.control, a.statement_line_id,
       sum(x.debit - x.credit) FILTER (WHERE x.is_before) AS opening,
       sum(x.debit) FILTER (WHERE NOT x.is_before) AS debit,
       sum(x.credit) FILTER (WHERE NOT x.is_before) AS credit
  FROM amounts AS x JOIN finance_account a ON a.id = x.account_id
 GROUP BY a.id ORDER BY a.code
"""
# Whole periods come folded; lines since the fold, and those of a period that the dates cut,
# come from the lines. One statement, so one snapshot: nothing is missed or counted twice.
_FOLDED = """
WITH spans AS (
  SELECT id, is_closing, starts_on, ends_on,
         ends_on < %(date_from)s AS is_before,
         CASE WHEN ends_on < %(date_from)s THEN 'whole'
              WHEN starts_on > %(date_to)s THEN 'none'
              WHEN starts_on >= %(date_from)s AND ends_on <= %(date_to)s
                THEN CASE WHEN is_closing AND NOT %(with_closing)s THEN 'none' ELSE 'whole' END
              WHEN is_closing AND NOT %(with_closing)s THEN 'none'
              ELSE 'cut' END AS part
    FROM finance_period WHERE company_id = %(company)s),
fold AS MATERIALIZED (SELECT tx FROM finance_balancefold WHERE id = 1),
amounts AS (
    SELECT b.account_id, s.is_before, b.debit, b.credit
      FROM finance_accountbalance b JOIN spans s ON s.id = b.period_id
     WHERE b.company_id = %(company)s AND s.part = 'whole'
     UNION ALL
    SELECT l.account_id, l.date < %(date_from)s, greatest(l.amount, 0), greatest(-l.amount, 0)
      FROM finance_journalline l JOIN spans s ON s.id = l.period_id
     WHERE l.company_id = %(company)s AND l.tx >= (SELECT tx FROM fold)
       AND l.date <= %(date_to)s AND s.part <> 'none'
     UNION ALL
    SELECT l.account_id, l.date < %(date_from)s, greatest(l.amount, 0), greatest(-l.amount, 0)
      FROM spans s JOIN finance_account c ON c.company_id = %(company)s
      JOIN finance_journalline l ON l.account_id = c.id AND l.period_id = s.id
       AND l.date BETWEEN s.starts_on AND least(s.ends_on, %(date_to)s)
     WHERE s.part = 'cut' AND l.tx < (SELECT tx FROM fold))
"""
_LINES = """
WITH amounts AS (
SELECT l.account_id, l.date < %(date_from)s AS is_before,
       greatest(l.amount, 0) AS debit, greatest(-l.amount, 0) AS credit
  FROM finance_journalline l JOIN finance_period p ON p.id = l.period_id
 WHERE l.company_id = %(company)s AND l.date <= %(date_to)s
   AND (%(with_closing)s OR NOT p.is_closing OR p.ends_on < %(date_from)s)
"""


@dataclass(frozen=True, slots=True)
class AccountSum:
    """An account's movement in company currency; ``opening`` and ``closing`` are debit-positive."""

    account_id: int
    code: str
    name: str
    kind: str
    control: str
    statement_line_id: int
    opening: Decimal
    debit: Decimal
    credit: Decimal

    @property
    def movement(self) -> Decimal:
        return self.debit - self.credit

    @property
    def closing(self) -> Decimal:
        return self.opening + self.debit - self.credit


@dataclass(frozen=True, slots=True)
class TrialBalance:
    """Accounts with a balance or a movement. Debits equal credits in each pair of columns."""

    rows: list[AccountSum]

    @property
    def debit(self) -> Decimal:
        return sum((row.debit for row in self.rows), ZERO)

    @property
    def credit(self) -> Decimal:
        return sum((row.credit for row in self.rows), ZERO)

    @property
    def debit_balances(self) -> Decimal:
        """The left column of the classic trial balance."""
        return sum((row.closing for row in self.rows if row.closing > 0), ZERO)

    @property
    def credit_balances(self) -> Decimal:
        return -sum((row.closing for row in self.rows if row.closing < 0), ZERO)

    def balance(self, code: str) -> Decimal:
        """The closing balance of an account, debit-positive; zero when it has none."""
        return next((row.closing for row in self.rows if row.code == code), ZERO)


def trial_balance(chosen: ReportFilter) -> TrialBalance:
    """Balances per account. One statement; from folded balances unless dimensions are asked for."""
    return from_lines(chosen) if chosen.dimensions else from_balances(chosen)


def from_balances(chosen: ReportFilter) -> TrialBalance:
    return _rows(fetch_dicts(_FOLDED + _SUMS, chosen.parameters()))


def from_lines(chosen: ReportFilter) -> TrialBalance:
    """The same from the lines alone: for dimensions, and to prove the balances."""
    conditions, _parameters = chosen.conditions()
    return _rows(fetch_dicts(f"{_LINES}{conditions}){_SUMS}", chosen.parameters()))


def _rows(found: Iterable[dict[str, object]]) -> TrialBalance:
    rows = []
    for row in found:
        for name in ("opening", "debit", "credit"):
            row[name] = row[name] or ZERO
        made = AccountSum(**row)  # type: ignore[arg-type]
        if made.opening or made.debit or made.credit:
            rows.append(made)
    return TrialBalance(rows)
