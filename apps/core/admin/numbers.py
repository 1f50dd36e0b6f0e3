"""Decimals as people read them: quantities without idle zeros, money with at least two places."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import cache, partial
from typing import Any

from django.db.models import DecimalField, FloatField, IntegerField, Model
from django.utils import formats

from apps.core.fields import MoneyField
from apps.core.figures import number_text as number_text

PLACES_OF_MONEY = 2
PRICES = ("price", "cost")
NUMBERS = (DecimalField, FloatField, IntegerField)


def fewest_places(field: DecimalField) -> int:
    """Prices are kept to more places than money, and are read like it."""
    is_money = isinstance(field, MoneyField) or any(word in field.name for word in PRICES)
    return PLACES_OF_MONEY if is_money else 0


@cache
def number_column(field: DecimalField) -> Callable[[Any], str | None]:
    """A column of a list that shows ``field``; it is ordered like the field itself."""

    def column(row: Any) -> str | None:
        value = getattr(row, field.name)
        return None if value is None else number_text(value, least=fewest_places(field))

    column.__name__ = field.name
    column.short_description = field.verbose_name  # type: ignore[attr-defined]
    column.admin_order_field = field.name  # type: ignore[attr-defined]
    return column


def _without_idle_zeros(text: str, *, least: int) -> str:
    """The same for what the theme has already written on a read-only form."""
    separator = formats.get_format("DECIMAL_SEPARATOR")
    whole, point, places = str(text).partition(separator)
    if not point or not places.isdigit() or not whole.removeprefix("-").isdigit():
        return text
    kept = places.rstrip("0").ljust(least, "0")
    whole = formats.number_format(int(whole), force_grouping=True) if int(whole) else whole
    return f"{whole}{separator}{kept}" if kept else whole


def _as_typed(value: Any, *, least: int) -> Any:
    """What stands in the field of a form: no zeros that nobody typed."""
    if not isinstance(value, Decimal) or not value.is_finite():
        return value
    exponent = value.normalize().as_tuple().exponent
    places = max(-exponent if isinstance(exponent, int) else 0, least)
    return value.quantize(Decimal(1).scaleb(-places))


class ReadableNumbers:
    """For admins and inlines: lists and read-only forms show decimals as people read them."""

    model: type[Model]
    computed_numbers: tuple[str, ...] = ()

    @property
    def readonly_preprocess_fields(self) -> dict[str, Callable[[str], str]]:
        return {
            field.name: partial(_without_idle_zeros, least=fewest_places(field))
            for field in self._decimals()
        }

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]
        if isinstance(db_field, DecimalField) and field is not None:
            field.prepare_value = partial(_as_typed, least=fewest_places(db_field))
        return field

    def readable_columns(self, names: Any) -> tuple[Any, ...]:
        decimals = {field.name: field for field in self._decimals()}
        return tuple(number_column(decimals[name]) if name in decimals else name for name in names)

    @property
    def number_columns(self) -> list[str]:
        """Columns of the list that are read from the right, computed ones as they are named."""
        fields = {field.name: field for field in self.model._meta.concrete_fields}
        return [
            name
            for name in getattr(self, "list_display", ())
            if name in self.computed_numbers
            or (isinstance(fields.get(name), NUMBERS) and not fields[name].choices)
        ]

    def _decimals(self) -> list[DecimalField]:
        return [f for f in self.model._meta.concrete_fields if isinstance(f, DecimalField)]
