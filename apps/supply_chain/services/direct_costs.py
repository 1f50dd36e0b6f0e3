"""Goods that never lie in stock: their cost object's cost, or cost of sales, as they come in."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from apps.core.models import Company
from apps.finance.models import PostingRole
from apps.finance.queries.posting_rules import AccountResolver
from apps.finance.services.journal import Line
from apps.inventory.models import Location, StockMove
from apps.inventory.queries.locations import virtual_location
from apps.masterdata.models import Partner
from apps.supply_chain.models import ReceiptLine


def place_of_cost_objects(company: Company) -> Location:
    """Where goods for cost objects go. Raises ``BusinessError`` when the company has no place."""
    return virtual_location(company, Location.Kind.PROJECT)


def is_direct(move: StockMove) -> bool:
    """Whether ``move`` (with its places) brought goods past the stock."""
    return not move.to_location.is_physical


def price_lines(
    company: Company, partner: Partner, late: Iterable[tuple[StockMove, int, Decimal]]
) -> list[Line]:
    """What a bill asks above the order's price of goods that went past the stock.

    ``late``: each move, the account of goods received, not invoiced, and the difference. Goods that
    the supplier shipped to a customer cost more in the sale to him.
    """
    resolver = AccountResolver(company)
    late = [one for one in late if one[2]]
    customers = _customers([move for move, _grni_id, _amount in late])
    lines = []
    for move, grni_id, amount in late:
        customer_id = customers.get(move.pk)
        role = PostingRole.PROJECT_COST if customer_id is None else PostingRole.COGS
        lines.append(
            Line(
                account_id=resolver.account_id(role, category_id=move.item.category_id),
                amount=amount,
                item_id=move.item_id,
                cost_object_id=move.cost_object_id,
                partner_id=customer_id or partner.pk,
            )
        )
        lines.append(Line(account_id=grni_id, amount=-amount, partner_id=partner.pk))
    return lines


def _customers(moves: Iterable[StockMove]) -> dict[int, int]:
    """Whom the supplier shipped the goods of each move to, for those that he shipped."""
    keys = [move.pk for move in moves if move.to_location.kind == Location.Kind.DROP_SHIP]
    if not keys:
        return {}
    rows = ReceiptLine.objects.filter(move__in=keys)
    return dict(rows.values_list("move_id", "receipt__order__ships_to_id"))
