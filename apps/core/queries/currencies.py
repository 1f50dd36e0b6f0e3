"""Facts about currencies that never change while a process lives."""

from __future__ import annotations

from functools import cache

from apps.core.models import Currency


@cache
def decimal_places(code: str) -> int:
    """The ISO 4217 exponent of a currency."""
    return Currency.objects.values_list("decimal_places", flat=True).get(pk=code)
