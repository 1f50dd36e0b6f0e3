"""How maintenance writes numbers and limits."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import template
from django.utils.formats import number_format

from apps.core.templatetags.quantities import quantity

register = template.Library()


@register.filter
def money(value: Decimal | None) -> str:
    """An amount with two decimals and thousands apart."""
    if value is None:
        return "–"
    return number_format(value, decimal_pos=2, use_l10n=True, force_grouping=True)


@register.filter
def percent(value: Decimal | None) -> str:
    """A share as percent, one decimal."""
    return "–" if value is None else f"{number_format(value * 100, decimal_pos=1)} %"


@register.filter
def hours(value: Decimal | None) -> str:
    """Hours, one decimal."""
    return "–" if value is None else f"{number_format(value, decimal_pos=1)} h"


@register.filter
def limits(task: Any) -> str:
    """The limits of a measure, with its unit."""
    low, high = quantity(task.lower_limit), quantity(task.upper_limit)
    if low and high:
        return f"{low} – {high} {task.unit}".strip()
    if low or high:
        return f"{'≥' if low else '≤'} {low or high} {task.unit}".strip()
    return str(task.unit)
