"""Goods ordered for a cost object: they are its cost as they come in, and never lie in stock."""

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


def place_of_cost_objects(company: Company) -> Location:
    """Where goods for cost objects go. Raises ``BusinessError`` when the company has no place."""
    return virtual_location(company, Location.Kind.PROJECT)


def is_direct(move: StockMove) -> bool:
    """Whether ``move`` (with its places) brought goods past the stock."""
    return not move.to_location.is_physical


def price_lines(
    company: Company, partner: Partner, late: Iterable[tuple[StockMove, int, Decimal]]
) -> list[Line]:
    """What a bill asks above the order's price of goods that went straight to a cost object.

    ``late``: each move, the account of goods received, not invoiced, and the difference.
    """
    resolver = AccountResolver(company)
    lines = []
    for move, grni_id, amount in late:
        if not amount:
            continue
        account_id = resolver.account_id(
            PostingRole.PROJECT_COST, category_id=move.item.category_id
        )
        lines.append(
            Line(
                account_id=account_id,
                amount=amount,
                item_id=move.item_id,
                cost_object_id=move.cost_object_id,
                partner_id=partner.pk,
            )
        )
        lines.append(Line(account_id=grni_id, amount=-amount, partner_id=partner.pk))
    return lines
