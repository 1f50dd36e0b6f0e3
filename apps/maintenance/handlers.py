"""What happens here when an app below says that something happened there."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from apps.core.models import User
from apps.finance.models import Invoice
from apps.finance.signals import invoice_cancelled, invoice_posted, invoice_reversed
from apps.maintenance.services.charges import (
    follow_cancelled_bill,
    follow_credit_note,
    follow_posted_bill,
    follow_reversed_bill,
)


@receiver(invoice_posted, dispatch_uid="maintenance.follow_posted_bill")
def follow_posting(sender: Any, *, invoice: Invoice, by: User, **_more: Any) -> None:
    """A bill of work that was approved and is posted makes its charge stand; a credit, cheaper."""
    if invoice.kind == Invoice.Kind.SUPPLIER:
        follow_posted_bill(invoice, by=by)
    elif invoice.kind == Invoice.Kind.BILL_CREDIT:
        follow_credit_note(invoice, sign=1, by=by)


@receiver(invoice_cancelled, dispatch_uid="maintenance.follow_cancelled_bill")
def follow_cancelling(
    sender: Any, *, invoice: Invoice, reason: str, by: User, **_more: Any
) -> None:
    """A bill of work that is given up gives up its charge."""
    if invoice.kind == Invoice.Kind.SUPPLIER:
        follow_cancelled_bill(invoice, reason=reason, by=by)


@receiver(invoice_reversed, dispatch_uid="maintenance.follow_reversed_bill")
def follow_bill(sender: Any, *, invoice: Invoice, reason: str, by: User, **_more: Any) -> None:
    """A bill of work that is taken back takes its charge with it."""
    if invoice.kind == Invoice.Kind.SUPPLIER:
        follow_reversed_bill(invoice, reason=reason, by=by)
    elif invoice.kind == Invoice.Kind.BILL_CREDIT:
        follow_credit_note(invoice, sign=-1, by=by, reason=reason)
