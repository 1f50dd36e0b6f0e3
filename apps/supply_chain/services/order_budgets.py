"""Whether purchase orders fit their budgets, asked of finance as they are placed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from apps.core.models import Company, User
from apps.core.money import round_money
from apps.finance.queries.rates import exchange_rate
from apps.finance.services.budget_checks import Wanted, hold_budgets, take_from_budgets
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
    accounts = OrderAccounts(company)
    by_order: dict[int, list[PurchaseOrderLine]] = {}
    for line in lines:
        by_order.setdefault(line.order_id, []).append(line)
    asked = [
        (
            order,
            [
                _wanted(company, order, line, accounts, open_quantities)
                for line in by_order.get(order.pk, ())
            ],
        )
        for order in orders
    ]
    take_from_budgets(budgets, asked, by=by)


def _wanted(
    company: Company,
    order: PurchaseOrder,
    line: PurchaseOrderLine,
    accounts: OrderAccounts,
    open_quantities: Mapping[int, Decimal] | None,
) -> Wanted:
    rate = exchange_rate(company, order.currency_id, order.order_date)
    amount = line.quantity * line.unit_price * rate
    if open_quantities is not None:
        amount = amount * open_quantities[line.pk] / line.stock_quantity
    return Wanted(
        accounts.account_id(line.item.category_id, is_direct=line.cost_object_id is not None),
        order_values(order, line),
        line.due_date,
        round_money(amount, company.currency.decimal_places),
    )
