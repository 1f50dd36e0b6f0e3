"""Single amounts of a draft budget. The history of the budget tells of each."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, User
from apps.core.services.documents import lock, require_company, require_status
from apps.core.transactions import unit_of_work
from apps.finance.models import Account, BudgetLine, BudgetVersion, CostObject, Period
from apps.finance.services.budgets import BudgetRow, set_budget_lines

LONGEST = 500


def create_budget_line(
    company: Company,
    *,
    budget: BudgetVersion,
    account: Account,
    period: Period,
    amount: Decimal,
    by: User,
    cost_object: CostObject | None = None,
    reason: str = "",
) -> BudgetLine:
    """Write the amount of a cell that has none in this period yet.

    Raises ``BusinessError`` ``line_exists`` (field ``period``), ``wrong_status`` unless a draft.
    """
    require_company(company, budget=budget, account=account, period=period)
    cell: dict[str, Any] = {"account": account, "cost_object": cost_object, "period": period}
    with unit_of_work():
        budget = lock(budget)
        require_status(budget, BudgetVersion.Status.DRAFT)
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
        row = BudgetRow(account, period.number, amount, cost_object)
        said = _said(account, period, cost_object, f"+ {amount.normalize():f}", reason)
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
        line = budget.lines.select_related("account", "period", "cost_object").get(pk=line.pk)
        if amount is None or amount == line.amount:
            return line
        row = BudgetRow(line.account, line.period.number, amount, line.cost_object)
        change = f"{line.amount.normalize():f} → {amount.normalize():f}"
        said = _said(line.account, line.period, line.cost_object, change, reason)
        set_budget_lines(budget, [row], by=by, reason=said)
        line.refresh_from_db()
        return line


def delete_budget_line(line: BudgetLine, *, by: User, reason: str = "") -> None:
    """Take one period of a cell out of a draft."""
    with unit_of_work():
        budget = lock(line.budget)
        require_status(budget, BudgetVersion.Status.DRAFT)
        change = f"− {line.amount.normalize():f}"
        said = _said(line.account, line.period, line.cost_object, change, reason)
        budget.lines.filter(pk=line.pk).delete()
        budget.save_by(by, reason=said)


def _said(
    account: Account, period: Period, cost_object: CostObject | None, change: str, reason: str
) -> str:
    cell = " ".join(filter(None, [account.code, cost_object.code if cost_object else ""]))
    return ": ".join(filter(None, [f"{cell} {period}", change, reason]))[:LONGEST]
