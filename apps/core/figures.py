"""Numbers as people read them."""

from __future__ import annotations

from decimal import Decimal

from django.utils import formats


def number_text(value: Decimal, *, least: int = 0) -> str:
    """``value`` in the reader's language, no zeros at its end beyond ``least`` places."""
    exponent = value.normalize().as_tuple().exponent
    places = max(-exponent, least) if isinstance(exponent, int) else least
    return formats.number_format(value, places, use_l10n=True, force_grouping=True)
