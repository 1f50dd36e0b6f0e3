"""What happens here when an app below says that something happened there."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from apps.core.models import User
from apps.finance.models import Invoice
from apps.finance.signals import invoice_reversed
from apps.maintenance.services.charges import follow_reversed_bill


@receiver(invoice_reversed, dispatch_uid="maintenance.follow_reversed_bill")
def follow_bill(sender: Any, *, invoice: Invoice, reason: str, by: User, **_more: Any) -> None:
    """A bill of work that is taken back takes its charge with it."""
    if invoice.kind == Invoice.Kind.SUPPLIER:
        follow_reversed_bill(invoice, reason=reason, by=by)
