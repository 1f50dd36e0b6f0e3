"""How the pages of projects write figures."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import template
from django.utils.formats import number_format

register = template.Library()
NONE = "–"


@register.filter
def money(value: Decimal | None, places: int = 2) -> str:
    """Grouped, with the currency's decimals."""
    if value is None:
        return NONE
    return number_format(round(value, places), places, use_l10n=True, force_grouping=True)


@register.filter
def ratio(value: Decimal | None) -> str:
    return NONE if value is None else number_format(round(value, 2), 2, use_l10n=True)


@register.filter
def days(value: Any) -> str:
    """Without superfluous zeros, at most two decimals."""
    if value is None:
        return NONE
    text = format(round(Decimal(value), 2).normalize(), "f")
    return number_format(text, use_l10n=True)
