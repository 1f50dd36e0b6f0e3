"""Return on investment: discounting in ``Decimal``, pure.

``flows[0]`` is paid now, ``flows[n]`` at the end of period ``n``; money going out is below zero.
Rates are parts of one per period (0.10 is ten percent). Definitions as in any textbook of
corporate finance: net present value, internal rate of return, payback simple and discounted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from itertools import pairwise

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.money import ZERO

ONE = Decimal(1)
FEWEST_PERIODS, MOST_PERIODS = 2, 600
PRECISION = 50
#: An internal rate below −99.99 % or above 10,000 % per period is no answer anybody wants.
LOWEST, HIGHEST = Decimal("-0.9999"), Decimal(100)
_STEP = Decimal("1e-12")


@dataclass(frozen=True, slots=True)
class Appraisal:
    """What a row of flows is worth. ``irr`` is None with the reason in ``irr_refusal``."""

    npv: Decimal
    irr: Decimal | None
    payback: Decimal | None
    discounted_payback: Decimal | None
    irr_refusal: str = ""


def net_present_value(rate: Decimal, flows: Sequence[Decimal]) -> Decimal:
    """The flows discounted to now. Raises ``InvalidInput`` for a rate of −100 % or less."""
    _require(flows)
    if not rate.is_finite() or rate <= -ONE:
        raise InvalidInput("bad_rate", _("The rate must be above −100 %."), field="rate")
    with localcontext() as context:
        context.prec = PRECISION
        total, factor = ZERO, ONE
        for flow in flows:
            total += flow / factor
            factor *= ONE + rate
        return total


def internal_rate(flows: Sequence[Decimal]) -> Decimal:
    """The rate at which the flows are worth nothing, by bisection between two signs.

    Raises ``InvalidInput`` when the flows never change sign (there is none), or change it more
    than once (there may be several, and none means anything).
    """
    _require(flows)
    changes = sign_changes(flows)
    if not changes:
        raise InvalidInput(
            "no_sign_change",
            _("All flows go one way: there is no internal rate of return."),
            field="flows",
        )
    if changes > 1:
        raise InvalidInput(
            "several_sign_changes",
            _("The flows change sign {n} times: the internal rate would not be unique.").format(
                n=changes
            ),
            field="flows",
        )
    low, high = LOWEST, HIGHEST
    worth_low = net_present_value(low, flows)
    if worth_low * net_present_value(high, flows) > 0:
        raise InvalidInput(
            "rate_out_of_range",
            _("The internal rate lies outside −99.99 % to 10,000 %."),
            field="flows",
        )
    with localcontext() as context:
        context.prec = PRECISION
        while high - low > _STEP:
            middle = (low + high) / 2
            if net_present_value(middle, flows) * worth_low > 0:
                low = middle
            else:
                high = middle
        return (low + high) / 2


def payback_period(flows: Sequence[Decimal], rate: Decimal = ZERO) -> Decimal | None:
    """Periods until what came in covers what went out and stays so; None: never.

    With ``rate`` the flows are discounted first. Within a period money comes in evenly.
    """
    _require(flows)
    with localcontext() as context:
        context.prec = PRECISION
        total, factor, reached = ZERO, ONE, None
        for period, flow in enumerate(flows):
            part = flow / factor
            if total < 0 <= total + part:
                reached = period - 1 + -total / part
            elif total + part < 0:
                reached = None
            elif reached is None:
                reached = Decimal(period)
            total += part
            factor *= ONE + rate
        return reached


def appraise(rate: Decimal, flows: Sequence[Decimal]) -> Appraisal:
    """All of it; an internal rate that can't be is told, not raised."""
    irr, refusal = None, ""
    try:
        irr = internal_rate(flows)
    except InvalidInput as error:
        refusal = error.message
    return Appraisal(
        npv=net_present_value(rate, flows),
        irr=irr,
        payback=payback_period(flows),
        discounted_payback=payback_period(flows, rate),
        irr_refusal=refusal,
    )


def compare(
    rate: Decimal, scenarios: Mapping[str, Sequence[Decimal]]
) -> list[tuple[str, Appraisal]]:
    """Scenarios by net present value, the best first; equals keep their order."""
    found = [(name, appraise(rate, flows)) for name, flows in scenarios.items()]
    return sorted(found, key=lambda pair: -pair[1].npv)


def scaled(flows: Sequence[Decimal], percent: Decimal) -> list[Decimal]:
    """The same outlay, and ``percent`` of what comes in."""
    return [flow * percent / 100 if flow > 0 else flow for flow in flows]


def sign_changes(flows: Sequence[Decimal]) -> int:
    """Descartes' count: how often the sign changes, zeros left out."""
    signs = [flow > 0 for flow in flows if flow]
    return sum(one != other for one, other in pairwise(signs))


def _require(flows: Sequence[Decimal]) -> None:
    if not FEWEST_PERIODS <= len(flows) <= MOST_PERIODS:
        raise InvalidInput(
            "flows", _("Name two to {n} flows.").format(n=MOST_PERIODS), field="flows"
        )
    for row, flow in enumerate(flows):
        if not isinstance(flow, Decimal) or not flow.is_finite():
            raise InvalidInput("not_a_number", _("Enter a finite number."), field="flows", row=row)
