"""Decimal arithmetic for money and quantities: one rounding rule, allocation without loss.

Amounts are rounded half away from zero to the currency's exponent (ISO 4217); unit costs and
quantities keep six decimals.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from fractions import Fraction

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput

ZERO = Decimal(0)
QUANTITY_STEP = Decimal("0.000001")
AMOUNT_LIMIT = Decimal("1e16")
LEDGER_DECIMALS = 4


def round_money(amount: Decimal, decimal_places: int = 2) -> Decimal:
    """Round ``amount`` to ``decimal_places``, half away from zero."""
    return amount.quantize(Decimal(1).scaleb(-decimal_places), rounding=ROUND_HALF_UP)


def round_fraction(exact: Fraction, decimal_places: int = 2) -> Decimal:
    """Round an exact fraction once to ``decimal_places``, half away from zero."""
    scaled = abs(exact) * 10**decimal_places
    steps = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return Decimal(steps if exact >= 0 else -steps).scaleb(-decimal_places)


def round_quantity(quantity: Decimal) -> Decimal:
    """Round a quantity or a unit cost to six decimals, half away from zero."""
    return quantity.quantize(QUANTITY_STEP, rounding=ROUND_HALF_UP)


def allocate(amount: Decimal, weights: Sequence[Decimal], decimal_places: int = 2) -> list[Decimal]:
    """Split ``amount`` by ``weights`` so that the parts sum to it exactly (largest remainder).

    Raises ``InvalidInput`` when a weight is negative or all are zero.
    """
    total = sum(weights, ZERO)
    if total <= 0 or any(weight < 0 for weight in weights):
        raise InvalidInput("invalid_weights", _("Weights must be positive."), field="weights")
    step = Decimal(1).scaleb(-decimal_places)
    exact = [amount * weight / total for weight in weights]
    parts = [share.quantize(step, rounding=ROUND_DOWN) for share in exact]
    missing = int(((amount - sum(parts, ZERO)) / step).to_integral_value(ROUND_DOWN))
    direction = step if missing >= 0 else -step
    by_remainder = sorted(range(len(parts)), key=lambda i: (-abs(exact[i] - parts[i]), i))
    for i in by_remainder[: abs(missing)]:
        parts[i] += direction
    rest = amount - sum(parts, ZERO)
    if rest:
        parts[by_remainder[0]] += rest
    return parts


def require_decimal(
    value: Decimal,
    *,
    field: str,
    row: int | None = None,
    decimal_places: int = 6,
    positive: bool = True,
) -> Decimal:
    """``value``, or ``InvalidInput``: NaN, infinity, too large, too fine, not above zero."""
    if not isinstance(value, Decimal):
        value = Decimal(value)
    if not value.is_finite():
        raise InvalidInput("not_a_number", _("Enter a finite number."), field=field, row=row)
    if abs(value) >= AMOUNT_LIMIT:
        raise InvalidInput("too_large", _("The number is too large."), field=field, row=row)
    exponent = value.normalize().as_tuple().exponent
    if isinstance(exponent, int) and -exponent > decimal_places:
        raise InvalidInput(
            "too_many_decimals",
            _("At most {places} decimals are kept.").format(places=decimal_places),
            field=field,
            row=row,
        )
    if positive and value <= 0:
        raise InvalidInput("not_positive", _("Must be greater than zero."), field=field, row=row)
    return value
