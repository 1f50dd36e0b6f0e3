"""Budget against what is posted and ordered, by cell: an account and a value of a dimension."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal

from apps.core.models import Company
from apps.core.money import ZERO
from apps.core.sql import fetch_all
from apps.finance.commitments import Asked, Commitment, commitments
from apps.finance.models import (
    Account,
    BudgetLine,
    BudgetVersion,
    Dimension,
    FiscalYear,
    Period,
)
from apps.finance.queries.filters import DIMENSIONS

#: An account and a value of the budget's dimension; None: all that have no line of their own.
Cell = tuple[int, int | None]
#: Kinds whose figures are debits.
DEBIT_KINDS = frozenset({Account.Kind.ASSET, Account.Kind.EXPENSE})
#: Kinds of which a budget says what may be spent; orders are held to it.
SPENT_KINDS = DEBIT_KINDS
#: Kinds whose variance is judged: less cost is better, and more income.
JUDGED = frozenset({Account.Kind.EXPENSE, Account.Kind.INCOME})
# What is posted with a value that has no line counts for the account's line without one.
_POSTED = """
SELECT l.account_id, c.value_id, l.period_id, sum(l.amount)
  FROM finance_journalline l
  LEFT JOIN (SELECT DISTINCT account_id, {column} AS value_id FROM finance_budgetline
              WHERE budget_id = %(budget)s AND {column} IS NOT NULL) AS c
    ON c.account_id = l.account_id AND c.value_id = l.{column}
 WHERE l.account_id = ANY(%(accounts)s) AND l.date BETWEEN %(first)s AND %(last)s
   AND l.period_id = ANY(%(periods)s)
 GROUP BY 1, 2, 3
"""


@dataclass(slots=True)
class Figures:
    """Of a cell in some periods, on its account's own side, in company currency."""

    planned: Decimal = ZERO
    posted: Decimal = ZERO
    ordered: Decimal = ZERO

    @property
    def rest(self) -> Decimal:
        """What may still be ordered."""
        return self.planned - self.posted - self.ordered

    def variance(self, kind: str) -> Decimal:
        """Above zero where it is favourable: income above plan, anything else below it."""
        above = self.posted - self.planned
        return above if kind == Account.Kind.INCOME else -above


def approved_budget(company: Company, at: Date, dimension: str = "") -> BudgetVersion | None:
    """The budget in force on a day: by ``dimension``, else by cost object, else any."""
    rows = BudgetVersion.objects.filter(
        company=company,
        status=BudgetVersion.Status.APPROVED,
        fiscal_year__starts_on__lte=at,
        fiscal_year__ends_on__gte=at,
    ).select_related("fiscal_year", "company__currency")
    if dimension:
        rows = rows.filter(dimension=dimension)
    found = list(rows.order_by("pk"))
    usual = [row for row in found if row.dimension == Dimension.COST_OBJECT]
    return next(iter(usual or found), None)


def periods_of(year: FiscalYear) -> list[Period]:
    """Its months, without the closing period."""
    return list(Period.objects.filter(fiscal_year=year, is_closing=False).order_by("number"))


def sign_of(kind: str) -> int:
    return 1 if kind in DEBIT_KINDS else -1


def column_of(budget: BudgetVersion) -> str:
    """The column of lines, of the budget as of the ledger, that holds its dimension."""
    return DIMENSIONS[budget.dimension]


def cell_of(cells: Iterable[Cell], account_id: int, value_id: int | None) -> Cell:
    """The cell that an amount belongs to; the account's own where there is none more exact."""
    exact = (account_id, value_id)
    return exact if exact in cells else (account_id, None)


def budget_figures(
    budget: BudgetVersion,
    periods: Sequence[Period],
    *,
    account_ids: Sequence[int] | None = None,
) -> dict[Cell, dict[int, Figures]]:
    """Figures by cell and period id. A cell without a line holds what nobody planned.

    Every posted line of a budgeted account is in exactly one cell, so that the cells of an account
    sum to its movement. Two statements and those of the sources of commitments.
    """
    rows = BudgetLine.objects.filter(budget=budget, period__in=periods).select_related("account")
    if account_ids is not None:
        rows = rows.filter(account__in=account_ids)
    column = column_of(budget)
    by_code = f"{budget.dimension}__code"
    lines = list(rows.order_by("account__code", by_code, "period__number"))
    signs = {line.account_id: sign_of(line.account.kind) for line in lines}
    found: dict[Cell, dict[int, Figures]] = {}
    for line in lines:
        cell = (line.account_id, getattr(line, column))
        found.setdefault(cell, {}).setdefault(line.period_id, Figures()).planned = line.amount
    if not found:
        return {}
    span = (min(p.starts_on for p in periods), max(p.ends_on for p in periods))
    for account_id, value_id, period_id, amount in _posted(budget, signs, periods, span):
        by_period = found.setdefault((account_id, value_id), {})
        by_period.setdefault(period_id, Figures()).posted = signs[account_id] * amount
    for one in commitments(Asked(budget.company, list(signs), *span, budget.dimension)):
        due_in = period_at(periods, one.date)
        if due_in is not None:
            cell = cell_of(found, one.account_id, one.value_id)
            figures = found.setdefault(cell, {}).setdefault(due_in, Figures())
            figures.ordered += signs[one.account_id] * one.amount
    return found


def commitments_of(
    budget: BudgetVersion, periods: Sequence[Period], cell: Cell | None
) -> list[Commitment]:
    """The orders behind a figure, all of the budget without a ``cell``."""
    lines = BudgetLine.objects.filter(budget=budget)
    cells = set(lines.values_list("account_id", column_of(budget)).distinct())
    accounts = [cell[0]] if cell else sorted({account_id for account_id, _other in cells})
    asked = Asked(
        budget.company, accounts, periods[0].starts_on, periods[-1].ends_on, budget.dimension
    )
    return [
        one
        for one in commitments(asked)
        if cell is None or cell_of(cells, one.account_id, one.value_id) == cell
    ]


def actuals_by_period(
    periods: Sequence[Period], account: Account, column: str, value_id: int | None
) -> list[Decimal]:
    """What was posted on an account in each period, on its own side; of one value or all."""
    condition = "" if value_id is None else f" AND l.{column} = %(value)s"
    found = dict(
        fetch_all(
            "SELECT l.period_id, sum(l.amount) FROM finance_journalline l"  # noqa: S608 - constants
            " WHERE l.account_id = %(account)s AND l.date BETWEEN %(first)s AND %(last)s"
            f" AND l.period_id = ANY(%(periods)s){condition} GROUP BY 1",
            {
                "account": account.pk,
                "first": periods[0].starts_on,
                "last": periods[-1].ends_on,
                "periods": [period.pk for period in periods],
                "value": value_id,
            },
        )
    )
    return [sign_of(account.kind) * found.get(period.pk, ZERO) for period in periods]


def period_at(periods: Sequence[Period], day: Date) -> int | None:
    return next((p.pk for p in periods if p.starts_on <= day <= p.ends_on), None)


def _posted(
    budget: BudgetVersion,
    accounts: Iterable[int],
    periods: Sequence[Period],
    span: tuple[Date, Date],
) -> list[tuple[int, int | None, int, Decimal]]:
    return fetch_all(
        _POSTED.format(column=column_of(budget)),
        {
            "budget": budget.pk,
            "accounts": list(accounts),
            "first": span[0],
            "last": span[1],
            "periods": [period.pk for period in periods],
        },
    )
