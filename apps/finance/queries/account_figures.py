"""Amounts per account for statements: of a span of days, of each value of a dimension, or of what
stands against cash."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from apps.core.models import Company
from apps.core.sql import fetch_all
from apps.finance.models import Account, StatementLine
from apps.finance.queries.filters import DIMENSIONS, ReportFilter
from apps.finance.queries.layouts import CASH, Figures, LayoutAccount, Measure
from apps.finance.queries.trial_balance import TrialBalance, trial_balance

_ACROSS = """
SELECT l.{column} AS value, l.account_id,
       coalesce(sum(l.amount) FILTER (WHERE l.date < %(date_from)s), 0),
       coalesce(sum(l.amount) FILTER (WHERE l.date >= %(date_from)s AND NOT p.is_closing), 0),
       coalesce(sum(l.amount) FILTER (WHERE l.date >= %(date_from)s AND p.is_closing), 0)
  FROM finance_journalline l JOIN finance_period p ON p.id = l.period_id
 WHERE l.company_id = %(company)s AND l.date <= %(date_to)s {conditions}
 GROUP BY 1, 2
"""
REVALUATIONS = """(SELECT id FROM django_content_type
                      WHERE app_label = 'finance' AND model = 'currencyrevaluation')"""
_EXCHANGE = f"""
SELECT l.account_id, sum(l.amount)
  FROM finance_journalline l
  JOIN finance_account a ON a.id = l.account_id AND a.control = 'cash'
  JOIN finance_journalentry e ON e.id = l.entry_id AND e.source_type_id = {REVALUATIONS}
 WHERE l.company_id = %(company)s AND l.date BETWEEN %(date_from)s AND %(date_to)s
 GROUP BY l.account_id
"""  # noqa: S608 - constants
# Entries balance, so what stands against cash in them is what changed it, to the cent.
_AGAINST_CASH = f"""
SELECT l.account_id, sum(l.amount)
  FROM finance_journalline l
  JOIN finance_journalentry e ON e.id = l.entry_id AND e.source_type_id <> {REVALUATIONS}
 WHERE l.company_id = %(company)s AND l.date BETWEEN %(date_from)s AND %(date_to)s
   AND l.account_id <> ALL(%(cash)s)
   AND l.entry_id IN (SELECT c.entry_id FROM finance_journalline c
                       WHERE c.company_id = %(company)s AND c.account_id = ANY(%(cash)s)
                         AND c.date BETWEEN %(date_from)s AND %(date_to)s)
 GROUP BY l.account_id
"""  # noqa: S608 - constants


@dataclass(frozen=True, slots=True)
class Tree:
    """A company's statement lines in order, and its accounts on them, by code."""

    lines: tuple[StatementLine, ...]
    accounts: tuple[LayoutAccount, ...]

    def children(self, line_id: int | None, statement: str) -> list[StatementLine]:
        return [
            line for line in self.lines if line.parent_id == line_id and line.statement == statement
        ]


def read_tree(company: Company) -> Tree:
    """Two statements."""
    lines = tuple(
        StatementLine.objects.filter(company=company).order_by("statement", "position", "code")
    )
    by_id = {line.pk: line for line in lines}
    above: dict[int, frozenset[int]] = {}
    for line in lines:
        above[line.pk] = _with_parents(line, by_id)
    accounts = tuple(
        LayoutAccount(
            id=key,
            code=code,
            name=name,
            kind=kind,
            control=control,
            activity=by_id[line_id].activity,
            line=line_id,
            lines=above[line_id],
            is_active=is_active,
        )
        for key, code, name, kind, control, line_id, is_active in Account.objects.filter(
            company=company
        )
        .order_by("code")
        .values_list("pk", "code", "name", "kind", "control", "statement_line_id", "is_active")
    )
    return Tree(lines, accounts)


def _with_parents(line: StatementLine, by_id: dict[int, StatementLine]) -> frozenset[int]:
    found: set[int] = set()
    current: StatementLine | None = line
    while current is not None and current.pk not in found:
        found.add(current.pk)
        current = by_id.get(current.parent_id) if current.parent_id else None
    return frozenset(found)


def figures_of(chosen: ReportFilter, measures: Iterable[str]) -> dict[int, Figures]:
    """By account id. One trial balance, or two where closing entries are told apart; one more
    statement where revaluations of cash are."""
    wanted = set(measures)
    if Measure.EXCHANGE in wanted:
        return _with_exchange(figures_of(chosen, wanted - {Measure.EXCHANGE}), chosen)
    if wanted <= {Measure.CLOSING, Measure.OPENING}:
        return _of_balance(trial_balance(chosen))
    if wanted <= {Measure.MOVEMENT, Measure.OPENING}:
        return _of_balance(trial_balance(chosen.changed(with_closing=False)))
    without = _of_balance(trial_balance(chosen.changed(with_closing=False)))
    found = {}
    for key, whole in _of_balance(trial_balance(chosen)).items():
        plain = without.get(key, Figures()).movement
        found[key] = Figures(whole.opening, plain, whole.movement - plain)
    return found


def figures_across(chosen: ReportFilter, dimension: str) -> dict[int | None, dict[int, Figures]]:
    """By value of ``dimension`` (None: lines without one), then by account id. One statement."""
    conditions, _parameters = chosen.conditions()
    statement = _ACROSS.format(column=DIMENSIONS[dimension], conditions=conditions)
    found: dict[int | None, dict[int, Figures]] = {}
    for value, account_id, *amounts in fetch_all(statement, chosen.parameters()):
        found.setdefault(value, {})[account_id] = Figures(*amounts)
    return found


def figures_against_cash(
    chosen: ReportFilter, accounts: Iterable[LayoutAccount]
) -> dict[int, Figures]:
    """What stood against cash in entries that moved it; of cash accounts their balances, and what
    revaluations changed of them, which is no payment."""
    cash = [account.id for account in accounts if account.control == CASH]
    balances = _of_balance(trial_balance(chosen))
    found = {key: balances[key] for key in cash if key in balances}
    for account_id, amount in fetch_all(_AGAINST_CASH, {**chosen.parameters(), "cash": cash}):
        found[account_id] = Figures(movement=amount)
    return _with_exchange(found, chosen)


def _with_exchange(found: dict[int, Figures], chosen: ReportFilter) -> dict[int, Figures]:
    for account_id, amount in fetch_all(_EXCHANGE, chosen.parameters()):
        found[account_id] = replace(found.get(account_id, Figures()), exchange=amount)
    return found


def _of_balance(found: TrialBalance) -> dict[int, Figures]:
    return {row.account_id: Figures(row.opening, row.movement) for row in found.rows}
