"""Single amounts of a draft budget. The history of the budget tells of each."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, User
from apps.core.services.documents import lock, require_company, require_status
from apps.core.transactions import unit_of_work
from apps.finance.models import Account, BudgetLine, BudgetVersion, Period
from apps.finance.services.budgets import BudgetRow, set_budget_lines, value_of

LONGEST = 500


def create_budget_line(
    company: Company,
    *,
    budget: BudgetVersion,
    account: Account,
    period: Period,
    amount: Decimal,
    by: User,
    values: Mapping[str, Any] | None = None,
    reason: str = "",
) -> BudgetLine:
    """Write the amount of a cell that has none in this period yet; ``values`` by dimension.

    Raises ``BusinessError`` ``line_exists`` (field ``period``), ``wrong_status`` unless a draft.
    """
    require_company(company, budget=budget, account=account, period=period)
    with unit_of_work():
        budget = lock(budget)
        require_status(budget, BudgetVersion.Status.DRAFT)
        value = value_of(budget, values or {})
        cell: dict[str, Any] = {"account": account, budget.dimension: value, "period": period}
        if period.fiscal_year_id != budget.fiscal_year_id or period.is_closing:
            raise InvalidInput(
                "no_period",
                _("{period} is no period of {year}.").format(
                    period=period, year=budget.fiscal_year
                ),
                field="period",
            )
        if budget.lines.filter(**cell).exists():
            raise BusinessError(
                "line_exists",
                _("The budget has a line for this already. Change that."),
                field="period",
            )
        row = BudgetRow(account, period.number, amount, **{budget.dimension: value})
        said = _said(account, period, value, f"+ {amount.normalize():f}", reason)
        set_budget_lines(budget, [row], by=by, reason=said)
        return budget.lines.get(**cell)


def change_budget_line(
    line: BudgetLine,
    *,
    by: User,
    amount: Decimal | None = None,
    version: int | None = None,
    reason: str = "",
    **others: Any,
) -> BudgetLine:
    """Give a line of a draft another amount; ``version`` is the budget's."""
    if others:
        raise InvalidInput(
            "not_changeable", _("This stays as it was written."), field=sorted(others)[0]
        )
    with unit_of_work():
        budget = lock(line.budget, version=version)
        line = budget.lines.select_related("account", "period", budget.dimension).get(pk=line.pk)
        if amount is None or amount == line.amount:
            return line
        value = getattr(line, budget.dimension)
        row = BudgetRow(line.account, line.period.number, amount, **{budget.dimension: value})
        change = f"{line.amount.normalize():f} → {amount.normalize():f}"
        said = _said(line.account, line.period, value, change, reason)
        set_budget_lines(budget, [row], by=by, reason=said)
        line.refresh_from_db()
        return line


def delete_budget_line(line: BudgetLine, *, by: User, reason: str = "") -> None:
    """Take one period of a cell out of a draft."""
    with unit_of_work():
        budget = lock(line.budget)
        require_status(budget, BudgetVersion.Status.DRAFT)
        change = f"− {line.amount.normalize():f}"
        value = getattr(line, budget.dimension)
        said = _said(line.account, line.period, value, change, reason)
        budget.lines.filter(pk=line.pk).delete()
        budget.save_by(by, reason=said)


def _said(account: Account, period: Period, value: Any, change: str, reason: str) -> str:
    cell = " ".join(filter(None, [account.code, value.code if value else ""]))
    return ": ".join(filter(None, [f"{cell} {period}", change, reason]))[:LONGEST]
