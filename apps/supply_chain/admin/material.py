"""Our material in an order, as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.template.loader import render_to_string

from apps.core.admin.numbers import number_text
from apps.supply_chain.queries.subcontracting import Material

COLUMNS = ("needed", "sent", "to_send", "used", "there")


def material_table(rows: Sequence[Material]) -> Any:
    shown = [(row, [number_text(getattr(row, name)) for name in COLUMNS]) for row in rows]
    return render_to_string("supply_chain/admin/material.html", {"rows": shown})
