"""Balances of accounts: from folded period balances where they reach, from lines elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from apps.core.money import ZERO
from apps.core.sql import fetch_dicts
from apps.finance.queries.filters import ReportFilter

# An account's sums over its lines: what came before ``date_from``, and both sides since.
_OF_LINES = """
       sum(l.amount) FILTER (WHERE l.date < %(date_from)s) AS opening,
       sum(l.amount) FILTER (WHERE l.date >= %(date_from)s AND l.amount > 0) AS debit,
       -sum(l.amount) FILTER (WHERE l.date >= %(date_from)s AND l.amount < 0) AS credit
"""
_SUMS = """
SELECT a.id AS account_id, a.code, a.name, a.kind, a.control, a.statement_line_id,
       sum(x.opening) AS opening, sum(x.debit) AS debit, sum(x.credit) AS credit
  FROM amounts AS x JOIN finance_account a ON a.id = x.account_id
 GROUP BY a.id ORDER BY a.code
"""
# Whole periods come folded; lines since the fold, and those of a period that the dates cut,
# come from the lines. One statement, so one snapshot: nothing is missed or counted twice.
# ``coalesce`` keeps the planner from reading a cut period by transaction, which is all of history.
_FOLDED = f"""
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
    SELECT b.account_id, sum(b.debit - b.credit) FILTER (WHERE s.is_before) AS opening,
           sum(b.debit) FILTER (WHERE NOT s.is_before) AS debit,
           sum(b.credit) FILTER (WHERE NOT s.is_before) AS credit
      FROM finance_accountbalance b JOIN spans s ON s.id = b.period_id
     WHERE b.company_id = %(company)s AND s.part = 'whole'
     GROUP BY b.account_id
     UNION ALL
    SELECT l.account_id, {_OF_LINES}
      FROM finance_journalline l
     WHERE l.company_id = %(company)s AND l.tx >= (SELECT tx FROM fold)
       AND l.date <= %(date_to)s AND l.period_id IN (SELECT id FROM spans WHERE part <> 'none')
     GROUP BY l.account_id
     UNION ALL
    SELECT c.id, {_OF_LINES}
      FROM spans s JOIN finance_account c ON c.company_id = %(company)s
      JOIN LATERAL (
        SELECT date, amount FROM finance_journalline
         WHERE account_id = c.id AND period_id = s.id
           AND date BETWEEN s.starts_on AND least(s.ends_on, %(date_to)s)
           AND coalesce(tx, '0') < (SELECT tx FROM fold)) l ON true
     WHERE s.part = 'cut'
     GROUP BY c.id)
"""  # noqa: S608 - constants of this module
_LINES = f"""
WITH amounts AS (
SELECT l.account_id, {_OF_LINES}
  FROM finance_journalline l
 WHERE l.company_id = %(company)s AND l.date <= %(date_to)s
"""  # noqa: S608 - constants of this module
_WITHOUT_CLOSING = """
   AND l.period_id <> ALL (ARRAY(SELECT id FROM finance_period
        WHERE company_id = %(company)s AND is_closing AND ends_on >= %(date_from)s))
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
    if not chosen.with_closing:
        conditions += _WITHOUT_CLOSING
    statement = f"{_LINES}{conditions} GROUP BY l.account_id){_SUMS}"
    return _rows(fetch_dicts(statement, chosen.parameters()))


def _rows(found: Iterable[dict[str, object]]) -> TrialBalance:
    rows = []
    for row in found:
        for name in ("opening", "debit", "credit"):
            row[name] = row[name] or ZERO
        made = AccountSum(**row)  # type: ignore[arg-type]
        if made.opening or made.debit or made.credit:
            rows.append(made)
    return TrialBalance(rows)
