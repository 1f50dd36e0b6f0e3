"""Exact conversion between units."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.money import round_quantity
from apps.masterdata.models import Item, Unit


def conversion_ratio(item: Item, unit: Unit) -> Fraction:
    """Stock units of ``item`` in one ``unit``, exactly.

    An item's own unit comes first, then the dimension's ratio. Raises ``InvalidInput`` when the
    unit can't measure the item.
    """
    if unit.pk == item.unit_id:
        return Fraction(1)
    for own in item.units.all():
        if own.unit_id == unit.pk:
            return Fraction(own.numerator, own.denominator)
    if unit.dimension == item.unit.dimension:
        return Fraction(unit.numerator, unit.denominator) / Fraction(
            item.unit.numerator, item.unit.denominator
        )
    raise InvalidInput(
        "wrong_unit",
        _("{item} is not measured in {unit}.").format(item=item.code, unit=unit.code),
        field="unit",
    )


def to_stock_quantity(item: Item, quantity: Decimal, unit: Unit | None) -> Decimal:
    """``quantity`` of ``unit`` in stock units, rounded once to six decimals."""
    if unit is None:
        return quantity
    ratio = conversion_ratio(item, unit)
    return round_quantity(quantity * ratio.numerator / Decimal(ratio.denominator))
