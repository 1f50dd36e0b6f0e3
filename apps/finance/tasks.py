"""What runs beside the posting path: sealing the ledger, folding its balances."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from apps.core.models import Company
from apps.finance.models import RecurringInvoice
from apps.finance.services import balances, recurring_invoices, sealing


@shared_task(name="finance.fold_balances")
def fold_balances() -> None:
    balances.fold_balances()


@shared_task(name="finance.seal_ledger")
def seal_ledger() -> int:
    """Seal what is new in every company; the number of entries sealed."""
    return sum(sealing.seal_ledger(company) for company in Company.objects.order_by("pk"))


@shared_task(name="finance.draft_recurring_invoices")
def draft_recurring_invoices() -> int:
    """Make the drafts of every schedule that has come to a period; how many."""
    today = timezone.localdate()
    due = RecurringInvoice.objects.filter(is_active=True, next_on__lte=today)
    rows = due.select_related("owner").order_by("pk")
    return recurring_invoices.draft_all_due(rows, until=today)
