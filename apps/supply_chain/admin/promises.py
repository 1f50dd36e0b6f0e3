"""The promises of a supplier on the page of an order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.template.loader import render_to_string

from apps.core.admin.numbers import number_text
from apps.supply_chain.models import OrderConfirmation


def promise_table(rows: Sequence[OrderConfirmation]) -> Any:
    """Each line's promises, the latest first and marked, with the days behind the wish."""
    seen: set[int] = set()
    shown = []
    for row in rows:
        line = row.order_line
        shown.append(
            {
                "row": row,
                "is_latest": line.pk not in seen,
                "quantity": number_text(row.quantity),
                "price": "" if row.unit_price is None else number_text(row.unit_price, least=2),
                "days_later": max((row.promised_date - line.due_date).days, 0),
                "is_short": row.quantity < line.quantity,
                "has_other_price": row.unit_price is not None and row.unit_price != line.unit_price,
            }
        )
        seen.add(line.pk)
    return render_to_string("supply_chain/admin/promises.html", {"rows": shown})
