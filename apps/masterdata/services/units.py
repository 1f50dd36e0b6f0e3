"""Exact conversion between units."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from django.db.models import prefetch_related_objects
from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.money import round_quantity
from apps.masterdata.models import Item, Unit

_ONE = Decimal(1)


def conversion_ratio(item: Item, unit: Unit, *, row: int | None = None) -> Fraction:
    """Stock units of ``item`` in one ``unit``, exactly.

    An item's own unit comes first, then the dimension's ratio. Raises ``InvalidInput`` (naming
    ``row``) when the unit can't measure the item.
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
        row=row,
    )


def to_stock_quantities(lines: Sequence[tuple[Item, Decimal, Unit | None]]) -> list[Decimal]:
    """Quantities of units in stock units, each rounded once: to six decimals, or of a catch weight
    to whole pieces, one at least.

    At most two statements however many lines, none when all are in stock units. Raises
    ``InvalidInput`` naming the row.
    """
    foreign = [item for item, _quantity, unit in lines if unit and unit.pk != item.unit_id]
    if foreign:
        prefetch_related_objects(foreign, "unit", "units")
    result = []
    for row, (item, quantity, unit) in enumerate(lines):
        ratio = Fraction(1) if unit is None else conversion_ratio(item, unit, row=row)
        exact = quantity * ratio.numerator / Decimal(ratio.denominator)
        result.append(_pieces(exact) if _is_catch_weight(item, unit) else round_quantity(exact))
    return result


def _is_catch_weight(item: Item, unit: Unit | None) -> bool:
    if unit is None or unit.pk == item.unit_id:
        return False
    return any(own.unit_id == unit.pk and own.is_catch_weight for own in item.units.all())


def _pieces(quantity: Decimal) -> Decimal:
    return max(quantity.quantize(_ONE, ROUND_HALF_UP), _ONE) if quantity else quantity


def to_stock_quantity(item: Item, quantity: Decimal, unit: Unit | None) -> Decimal:
    """``quantity`` of ``unit`` in stock units, rounded as ``to_stock_quantities`` does."""
    if unit is None:
        return quantity
    return to_stock_quantities([(item, quantity, unit)])[0]
