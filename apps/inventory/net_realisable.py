"""Lower of cost and net realisable value: arithmetic over plain values (IAS 2 ¶28–33).

Amounts are in company currency, quantities in stock units. Parts always sum to the change.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

from apps.core.money import ZERO, allocate, round_money

_NOISE = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Held:
    """What is left of a receipt. ``written_down`` is what its units bear of write-downs, exactly.

    ``value`` is None where the item is carried at one average.
    """

    layer_id: int
    quantity: Decimal
    value: Decimal | None
    written_down: Decimal


def change_to(
    net_value: Decimal,
    carried: Decimal,
    held: Sequence[Held],
    decimal_places: int,
    most: Decimal | None = None,
) -> list[tuple[Held, Decimal]]:
    """By how much each layer changes so that ``carried`` is not above ``net_value`` a unit.

    What had been written down comes back as far as the net value allows, never more of it, nor
    more than ``most``, what an average still bears.
    """
    quantity = sum((one.quantity for one in held), ZERO)
    wanted = round_money(net_value * quantity, decimal_places) - carried
    if wanted < 0:
        weights = [_excess(one, net_value) for one in held]
    else:
        weights = [whole_cents(one.written_down, decimal_places) for one in held]
        wanted = min(wanted, sum(weights, ZERO))
        if most is not None:
            wanted = min(wanted, whole_cents(most, decimal_places))
    if not wanted:
        return []
    parts = zip(held, allocate(wanted, weights, decimal_places), strict=True)
    return [(one, part) for one, part in parts if part]


def share_left(quantity: Decimal, changes: Iterable[Decimal]) -> Decimal:
    """What share of an earlier change an average still bears, ``quantity`` being there now.

    ``changes`` of quantity since then, the newest first: each issue took its share along.
    """
    share = Decimal(1)
    for change in changes:
        before = quantity - change
        if change < 0:
            share *= quantity / before
        quantity = before
    return share


def still_borne(
    amount: Decimal, quantity: Decimal, quantity_left: Decimal, decimal_places: int
) -> Decimal:
    """What ``quantity_left`` of ``quantity`` units still bear of a change, in whole cents."""
    if quantity == quantity_left:
        return amount
    return whole_cents(amount * quantity_left / quantity, decimal_places)


def whole_cents(amount: Decimal, decimal_places: int) -> Decimal:
    """``amount`` towards zero in the smallest unit; noise of a division takes no cent away."""
    noise = _NOISE if amount >= 0 else -_NOISE
    return (amount + noise).quantize(Decimal(1).scaleb(-decimal_places), rounding=ROUND_DOWN)


def _excess(one: Held, net_value: Decimal) -> Decimal:
    """What a layer is carried above its net value; at an average, its share of the units."""
    if one.value is None:
        return one.quantity
    return max(one.value - net_value * one.quantity, ZERO)
