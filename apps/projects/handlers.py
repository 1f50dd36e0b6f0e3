"""What happens here when an app below says that something happened there."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from apps.core.models import User
from apps.finance.models import Invoice
from apps.finance.signals import invoice_credited, invoice_reversed
from apps.projects.services.billing import bill_again, free_credited, free_reversed


@receiver(invoice_reversed, dispatch_uid="projects.free_reversed")
def follow_reversal(sender: Any, *, invoice: Invoice, reason: str, by: User, **_more: Any) -> None:
    """What is taken back may be billed again; a credit note taken back bills it once more."""
    if invoice.kind == Invoice.Kind.CUSTOMER:
        free_reversed(invoice, by=by, reason=reason)
    elif invoice.kind == Invoice.Kind.CREDIT_NOTE:
        bill_again(invoice, by=by, reason=reason)


@receiver(invoice_credited, dispatch_uid="projects.free_credited")
def follow_credit(sender: Any, *, invoice: Invoice, by: User, **_more: Any) -> None:
    """What is wholly credited may be billed again."""
    free_credited(invoice, by=by)
