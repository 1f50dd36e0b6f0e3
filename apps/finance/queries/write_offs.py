"""What of invoices was written off, and stands."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from django.db.models import Sum

from apps.finance.models import Settlement, SettlementLine


def written_off_amounts(invoice_ids: Sequence[int]) -> dict[int, Decimal]:
    """By invoice, in company currency; without those of which nothing is."""
    rows = SettlementLine.objects.filter(
        invoice__in=invoice_ids,
        settlement__kind=Settlement.Kind.WRITE_OFF,
        settlement__status=Settlement.Status.POSTED,
    )
    return dict(rows.order_by().values_list("invoice").annotate(total=Sum("amount_company")))
