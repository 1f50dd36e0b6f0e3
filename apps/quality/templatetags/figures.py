"""Numbers as people at the bench read them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import template

from apps.inventory.models import Lot

register = template.Library()


@register.filter
def quantity(value: Any) -> str:
    """Without zeros at the end: 12, 0.5."""
    return "" if value is None else f"{Decimal(str(value)).normalize():f}"


@register.filter
def figure(value: Any) -> str:
    """A reckoned figure with six digits that count."""
    return "" if value is None else f"{float(value):.6g}"


@register.filter
def lot_status(value: str | None) -> str:
    """The status of a lot, as its list calls it."""
    return "" if value is None else str(Lot.Status(value).label)


@register.filter
def index(value: Any) -> str:
    """A capability index with three decimals."""
    return "–" if value in (None, "") else f"{float(value):.3f}"


@register.filter
def unlocalized(value: Any) -> str:
    """A coordinate, with a point whatever the language."""
    return f"{float(value):g}"
