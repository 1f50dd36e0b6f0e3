"""What the lines of an invoice bill or credit, kept while a draft is changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from apps.finance.models import InvoiceLine

if TYPE_CHECKING:
    from apps.finance.services.invoices import BillingLine


def keep_sources(lines: Sequence[BillingLine], before: Sequence[InvoiceLine]) -> list[BillingLine]:
    """``lines`` with the sources of those ``before`` of the same item and account, in order."""
    free = [row for row in before if row.source_id is not None]
    result = []
    for line in lines:
        same = [
            row
            for row in free
            if line.source is None
            and row.item_id == (line.item.pk if line.item else None)
            and row.account_id == (line.account.pk if line.account else None)
        ]
        if same:
            free.remove(same[0])
            line = replace(line, source=same[0].source, credits_price=same[0].credits_price)
        result.append(line)
    return result
