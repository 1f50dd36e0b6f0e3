"""What the close asks of fixed assets: the month's depreciation is posted (rule 33)."""

from __future__ import annotations

from typing import Any

from apps.finance.models import DepreciationBook, FixedAsset, Period
from apps.finance.queries.assets import standings


def depreciation_due(period: Period) -> list[dict[str, Any]]:
    """Assets with depreciation due in the ledger's book at the end of ``period``."""
    book = DepreciationBook.objects.filter(company=period.company, posts_to_ledger=True).first()
    if book is None:
        return []
    found = standings(
        period.company, at=period.ends_on, book_id=book.pk, statuses=FixedAsset.ACTIVE
    )
    return [
        {"asset": standing.number, "name": standing.name, "amount": due}
        for standing in found
        if (standing.last_date is None or standing.last_date <= period.ends_on)
        and (due := standing.due())
    ]
