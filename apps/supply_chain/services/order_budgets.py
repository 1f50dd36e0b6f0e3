"""Whether purchase orders fit their budgets, asked of finance as they are placed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date as Date
from decimal import Decimal

from apps.core.models import Company, User
from apps.core.money import round_money
from apps.finance.queries.rates import exchange_rate
from apps.finance.services.budget_checks import (
    Wanted,
    budgeted_accounts,
    hold_budgets,
    take_from_budgets,
)
from apps.supply_chain.models import PurchaseOrder, PurchaseOrderLine
from apps.supply_chain.queries.commitments import OrderAccounts, order_values


def check_budgets(
    company: Company,
    orders: Sequence[PurchaseOrder],
    lines: Sequence[PurchaseOrderLine],
    *,
    by: User,
    open_quantities: Mapping[int, Decimal] | None = None,
) -> None:
    """Raise ``BusinessError`` when what ``lines`` (with their items) ask is not left.

    ``open_quantities``: what is still to come of a line in stock units, all of it by default. The
    orders are locked and do not count as ordered yet.
    """
    budgets = hold_budgets(company, [line.due_date for line in lines])
    if not budgets:
        return
    asked = _Asked(company, budgeted_accounts(budgets), open_quantities)
    by_order: dict[int, list[PurchaseOrderLine]] = {}
    for line in lines:
        by_order.setdefault(line.order_id, []).append(line)
    wanted = [(order, list(asked.wanted(order, by_order.get(order.pk, ())))) for order in orders]
    take_from_budgets(budgets, wanted, by=by)


class _Asked:
    """What orders ask of budgets, in company currency: of accounts that have one."""

    def __init__(
        self, company: Company, budgeted: set[int], open_quantities: Mapping[int, Decimal] | None
    ) -> None:
        self.company, self.budgeted = company, budgeted
        self.open_quantities = open_quantities
        self.accounts = OrderAccounts(company)
        self.rates: dict[tuple[str, Date], Decimal] = {}

    def wanted(self, order: PurchaseOrder, lines: Iterable[PurchaseOrderLine]) -> Iterator[Wanted]:
        for line in lines:
            is_direct = line.cost_object_id is not None
            account_id = self.accounts.account_id(line.item.category_id, is_direct=is_direct)
            if account_id in self.budgeted:
                values = order_values(order, line)
                yield Wanted(account_id, values, line.due_date, self._amount(order, line))

    def _amount(self, order: PurchaseOrder, line: PurchaseOrderLine) -> Decimal:
        amount = line.quantity * line.unit_price * self._rate(order)
        if self.open_quantities is not None:
            amount = amount * self.open_quantities[line.pk] / line.stock_quantity
        return round_money(amount, self.company.currency.decimal_places)

    def _rate(self, order: PurchaseOrder) -> Decimal:
        key = (order.currency_id, order.order_date)
        if key not in self.rates:
            self.rates[key] = exchange_rate(self.company, *key)
        return self.rates[key]
