"""What runs beside the posting path: sealing the ledger, folding its balances."""

from __future__ import annotations

from celery import shared_task

from apps.core.models import Company
from apps.finance.services import balances, sealing


@shared_task(name="finance.fold_balances")
def fold_balances() -> None:
    balances.fold_balances()


@shared_task(name="finance.seal_ledger")
def seal_ledger() -> int:
    """Seal what is new in every company; the number of entries sealed."""
    return sum(sealing.seal_ledger(company) for company in Company.objects.order_by("pk"))
