"""Profit that no stranger has paid yet: in goods that one member still has of another.

For each receipt: what is left of it at the price paid, times the seller's margin (its cost
against its invoice where both are known, else the margin stated for the two), at the closing rate
of the buyer's currency, at which the stock itself stands in the balance sheet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date as Date
from decimal import Decimal
from fractions import Fraction

from apps.core.models import Company
from apps.core.money import ZERO, round_fraction
from apps.finance.group_stock import AskedGoods, GroupGoods, group_goods
from apps.finance.models import (
    Account,
    ConsolidationGroup,
    GroupMargin,
    GroupMember,
    PostingRole,
)
from apps.finance.queries.group_charts import group_names
from apps.finance.queries.posting_rules import AccountResolver
from apps.finance.queries.rates import exchange_rate


@dataclass(frozen=True, slots=True)
class StockProfit:
    """``own`` is in the buyer's currency, ``profit`` in the group's; both zero without margin.

    ``code`` is the group's account of the stock, ``margin`` in percent.
    """

    goods: GroupGoods
    buyer: Company
    seller: Company
    code: str
    margin: Fraction | None
    own: Decimal
    profit: Decimal

    @property
    def worth(self) -> Decimal:
        """The stock at the price paid, in the buyer's currency."""
        return round_fraction(self.goods.worth, self.buyer.currency.decimal_places)


def stock_profits(
    group: ConsolidationGroup, members: Sequence[GroupMember], *, at: Date
) -> list[StockProfit]:
    """Unrealised profit by receipt, at the end of a day. The same statements for any stock."""
    companies = {one.member_id: one.member for one in members}
    goods = group_goods(AskedGoods(list(companies), at))
    if not goods:
        return []
    goods = [_on_account(one, companies) for one in goods]
    stated = {
        (seller, buyer): Fraction(margin) / 100
        for seller, buyer, margin in GroupMargin.objects.filter(group=group).values_list(
            "seller_id", "buyer_id", "margin"
        )
    }
    codes = _codes(members, goods)
    rates = {
        company.pk: Fraction(exchange_rate(group.company, company.currency_id, at))
        for company in companies.values()
        if any(one.buyer_id == company.pk for one in goods)
    }
    places = group.company.currency.decimal_places
    found = []
    for one in goods:
        buyer, seller = companies[one.buyer_id], companies[one.seller_id]
        margin = one.margin
        if margin is None:
            margin = stated.get((one.seller_id, one.buyer_id))
        exact = one.worth * (margin or 0)
        own = round_fraction(exact, buyer.currency.decimal_places)
        profit = round_fraction(exact * rates[buyer.pk], places)
        code = codes.get(one.account_id or 0, "")
        found.append(StockProfit(one, buyer, seller, code, margin, own, profit))
    return found


def total_of(profits: Sequence[StockProfit]) -> Decimal:
    return sum((one.profit for one in profits), ZERO)


def _on_account(goods: GroupGoods, companies: Mapping[int, Company]) -> GroupGoods:
    """Stock that came in at nothing is on the account that stock goes to."""
    if goods.account_id is not None:
        return goods
    resolver = AccountResolver(companies[goods.buyer_id])
    return replace(goods, account_id=resolver.account_id(PostingRole.INVENTORY))


def _codes(members: Sequence[GroupMember], goods: Sequence[GroupGoods]) -> dict[int, str]:
    """The group's code of each stock account."""
    names = {one.member_id: group_names(one) for one in members}
    rows = Account.objects.filter(pk__in={one.account_id for one in goods if one.account_id})
    found = {}
    for key, company_id, code in rows.values_list("pk", "company_id", "code"):
        mapped = names[company_id]
        found[key] = code if mapped is None else mapped[code].code if code in mapped else code
    return found
