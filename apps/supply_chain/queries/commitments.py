"""What open purchase orders will still post, for the budgets of finance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.contrib.contenttypes.models import ContentType
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError
from apps.core.models import Company
from apps.core.sql import columns, fetch_all
from apps.finance.commitments import Asked, Commitment
from apps.finance.models import PostingRole
from apps.finance.queries.posting_rules import AccountResolver
from apps.supply_chain.models import PurchaseOrder, PurchaseOrderLine

_CATEGORIES = """
SELECT DISTINCT i.category_id, l.cost_object_id IS NOT NULL
  FROM inventory_expectedmove e
  JOIN supply_chain_purchaseorderline l ON l.id = e.source_id
  JOIN masterdata_item i ON i.id = l.item_id
 WHERE e.source_type_id = %(type)s AND e.is_open AND e.company_id = %(company)s
   AND e.quantity > e.quantity_done AND e.due_date BETWEEN %(first)s AND %(last)s
"""
# What has come is posted; what is expected stands at the order's price and the rate of its day.
_OPEN = """
SELECT a.account_id, {value}, e.due_date, o.id, o.number, o.currency_id,
       sum(round((e.quantity - e.quantity_done) * l.quantity * l.unit_price / l.stock_quantity
                 * CASE WHEN o.currency_id = %(currency)s THEN 1 ELSE x.rate END, %(places)s))
  FROM inventory_expectedmove e
  JOIN supply_chain_purchaseorderline l ON l.id = e.source_id
  JOIN supply_chain_purchaseorder o ON o.id = l.order_id
  JOIN masterdata_item i ON i.id = l.item_id
  JOIN unnest(%(categories)s::bigint[], %(direct)s::bool[], %(accounts)s::bigint[])
       AS a(category_id, is_direct, account_id)
    ON a.category_id = i.category_id AND a.is_direct = (l.cost_object_id IS NOT NULL)
  LEFT JOIN LATERAL (SELECT rate FROM core_exchangerate
                      WHERE company_id = o.company_id AND currency_id = o.currency_id
                        AND date <= o.order_date ORDER BY date DESC LIMIT 1) AS x ON true
 WHERE e.source_type_id = %(type)s AND e.is_open AND e.company_id = %(company)s
   AND e.quantity > e.quantity_done AND e.due_date BETWEEN %(first)s AND %(last)s
   AND a.account_id = ANY(%(wanted)s)
 GROUP BY 1, 2, 3, 4 ORDER BY 3, 4, 1, 2
"""


# What the receipt of a line will be posted with: goods for stock know no partner and no object.
_VALUES = {
    "site": "o.site_id",
    "cost_object": "l.cost_object_id",
    "item": "l.item_id",
    "partner": "CASE WHEN l.cost_object_id IS NOT NULL THEN o.partner_id END",
}


def order_values(order: PurchaseOrder, line: PurchaseOrderLine) -> dict[str, int | None]:
    """The dimensions that the receipt of ``line`` will be posted with."""
    is_direct = line.cost_object_id is not None
    return {
        "site": order.site_id,
        "cost_object": line.cost_object_id,
        "item": line.item_id,
        "partner": order.partner_id if is_direct else None,
    }


@dataclass(slots=True)
class OrderAccounts:
    """Where goods are posted when they come: stock by category, or the cost of an object."""

    company: Company
    resolver: AccountResolver | None = None

    def account_id(self, category_id: int, *, is_direct: bool) -> int:
        if self.resolver is None:
            self.resolver = AccountResolver(self.company)
        role = PostingRole.PROJECT_COST if is_direct else PostingRole.INVENTORY
        return self.resolver.account_id(role, category_id=category_id)


def purchase_commitments(asked: Asked) -> Sequence[Commitment]:
    """Open lines of confirmed orders, by order, account and day. Three statements.

    Raises ``BusinessError`` when an order's currency has no rate.
    """
    line_type = ContentType.objects.get_for_model(PurchaseOrderLine).pk
    order_type = ContentType.objects.get_for_model(PurchaseOrder).pk
    parameters = {
        "type": line_type,
        "company": asked.company.pk,
        "first": asked.first,
        "last": asked.last,
    }
    kinds = fetch_all(_CATEGORIES, parameters)
    if not kinds:
        return []
    accounts = OrderAccounts(asked.company)
    known = [
        (category_id, is_direct, accounts.account_id(category_id, is_direct=is_direct))
        for category_id, is_direct in kinds
    ]
    categories, direct, account_ids = columns(known, 3)
    rows = fetch_all(
        _OPEN.format(value=_VALUES.get(asked.dimension, "NULL::bigint")),
        {
            **parameters,
            "categories": categories,
            "direct": direct,
            "accounts": account_ids,
            "wanted": list(asked.account_ids),
            "currency": asked.company.currency_id,
            "places": asked.company.currency.decimal_places,
        },
    )
    return [
        Commitment(account_id, value_id, day, _known(amount, currency, number), order_type,
                   order_id, number)
        for account_id, value_id, day, order_id, number, currency, amount in rows
    ]  # fmt: skip


def _known(amount: Decimal | None, currency: str, number: str) -> Decimal:
    if amount is None:
        raise BusinessError(
            "no_exchange_rate",
            _("There is no exchange rate of {currency} for {order}.").format(
                currency=currency, order=number
            ),
            field="currency",
        )
    return amount
