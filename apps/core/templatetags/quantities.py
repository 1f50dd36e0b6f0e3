"""Figures in templates; a builtin: no template loads it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import template

from apps.core.figures import number_text

register = template.Library()


@register.filter
def quantity(value: Any) -> str:
    """A quantity without idle zeros; nothing for None."""
    if value is None or value == "":
        return ""
    return number_text(value if isinstance(value, Decimal) else Decimal(str(value)))
