"""How far a bill may exceed order and receipt: the tolerances of the three-way match."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError
from apps.core.models import Company
from apps.finance.models import FinancePolicy
from apps.finance.queries.policies import policy_of
from apps.supply_chain.services.billable_lines import BillableLine

HUNDRED = 100


def require_within_tolerance(company: Company, billable: Sequence[BillableLine]) -> None:
    """Raise ``BusinessError`` (row, field ``unit_price`` or ``quantity``) beyond a tolerance.

    Of a price both limits of the policy hold: percent of the order's price, and the excess of the
    line in the bill's currency. So do both of a quantity: percent of what came, and the excess at
    the order's price. A bill that exceeds neither order nor receipt always passes; no policy is
    read then.
    """
    dearer = [(row, one) for row, one in enumerate(billable) if one.unit_price > one.order_price]
    more = [(row, one) for row, one in enumerate(billable) if one.excess]
    if not (dearer or more):
        return
    policy = policy_of(company)
    for row, one in dearer:
        _require_price(policy, one, row)
    for row, one in more:
        _require_quantity(policy, one, row)


def _require_price(policy: FinancePolicy, one: BillableLine, row: int) -> None:
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


def _require_quantity(policy: FinancePolicy, one: BillableLine, row: int) -> None:
    percent = policy.quantity_tolerance
    most = policy.quantity_amount_tolerance
    came = one.quantity - one.excess
    values = {
        "item": one.item.code,
        "receipt": one.receipt_line.receipt,
        "left": f"{came.normalize():f}",
        "quantity": f"{one.quantity.normalize():f}",
    }
    if percent is None and most is None:
        raise BusinessError(
            "over_billed",
            _("{item} of {receipt}: {left} received and not billed, {quantity} billed.").format(
                **values
            ),
            field="quantity",
            row=row,
            details={"open": str(came)},
        )
    beyond_percent = percent is not None and one.excess * HUNDRED > percent * one.received
    beyond_worth = most is not None and one.excess * one.order_price > most
    if beyond_percent or beyond_worth:
        raise BusinessError(
            "beyond_tolerance",
            _(
                "{item} of {receipt}: {quantity} billed is more above {left} received and not "
                "billed than is tolerated."
            ).format(**values),
            field="quantity",
            row=row,
            details={"open": str(came)},
        )
