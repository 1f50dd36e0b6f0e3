"""Quantities in templates: no idle zeros, in the reader's language."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.template import engines
from django.utils import translation


@pytest.mark.parametrize(
    ("value", "language", "shown"),
    [
        (Decimal("31.500000"), "en", "31.5"),
        (Decimal("1200.000000"), "en", "1,200"),
        (Decimal("1200.25"), "de", "1.200,25"),
        (Decimal("0E-6"), "en", "0"),
        (7, "en", "7"),
        (None, "en", ""),
        ("", "en", ""),
    ],
)
def test_a_quantity_has_no_idle_zeros(value: Any, language: str, shown: str) -> None:
    template = engines["django"].from_string("{{ value|quantity }}")
    with translation.override(language):
        assert template.render({"value": value}) == shown
