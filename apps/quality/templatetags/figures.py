"""Numbers as people at the bench read them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import template
from django.utils.formats import get_format

from apps.inventory.models import Lot

register = template.Library()


def _written(digits: str) -> str:
    """With the sign before the places that the reader's language has."""
    return digits.replace(".", get_format("DECIMAL_SEPARATOR"))


@register.filter
def quantity(value: Any) -> str:
    """Without zeros at the end: 12, 0.5."""
    return "" if value is None else _written(f"{Decimal(str(value)).normalize():f}")


@register.filter
def figure(value: Any) -> str:
    """A reckoned figure with six digits that count."""
    return "" if value is None else _written(f"{float(value):.6g}")


@register.filter
def lot_status(value: str | None) -> str:
    """The status of a lot, as its list calls it."""
    return "" if value is None else str(Lot.Status(value).label)


@register.filter
def index(value: Any) -> str:
    """A capability index with three decimals."""
    return "–" if value in (None, "") else _written(f"{float(value):.3f}")


@register.filter
def unlocalized(value: Any) -> str:
    """A coordinate, with a point whatever the language."""
    return f"{float(value):g}"
