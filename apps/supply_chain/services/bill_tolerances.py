"""How far a bill's price may exceed the order's: the tolerance of the three-way match."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError
from apps.core.models import Company
from apps.finance.queries.policies import policy_of
from apps.supply_chain.services.billable_lines import BillableLine

HUNDRED = 100


def require_within_tolerance(company: Company, billable: Sequence[BillableLine]) -> None:
    """Raise ``BusinessError`` (field ``unit_price``, row) for a price beyond the tolerance.

    Both limits of the policy hold: percent of the order's price, and the excess of the line in the
    bill's currency. A bill at or below the order's price always passes; no policy is read then.
    """
    dearer = [(row, one) for row, one in enumerate(billable) if one.unit_price > one.order_price]
    if not dearer:
        return
    policy = policy_of(company)
    for row, one in dearer:
        above = one.unit_price - one.order_price
        percent = policy.price_tolerance
        excess = policy.amount_tolerance
        beyond_percent = percent is not None and above * HUNDRED > percent * one.order_price
        beyond_excess = excess is not None and above * one.quantity > excess
        if beyond_percent or beyond_excess:
            raise BusinessError(
                "beyond_tolerance",
                _("{price} is more above the order's price of {ordered} than is tolerated.").format(
                    price=one.unit_price.normalize(), ordered=one.order_price.normalize()
                ),
                field="unit_price",
                row=row,
            )
