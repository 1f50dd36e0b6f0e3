"""What happens here when another part of finance says that something happened there."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError
from apps.core.rate_uses import register_rate_use
from apps.finance.models import AccrualSchedule, Invoice
from apps.finance.queries.rate_uses import posted_rate_uses
from apps.finance.signals import invoice_reversed

register_rate_use("finance", posted_rate_uses)


@receiver(invoice_reversed, dispatch_uid="finance.keep_scheduled_invoice")
def keep_scheduled_invoice(sender: Any, *, invoice: Invoice, **_more: Any) -> None:
    """An invoice whose line is deferred is not reversed below its schedule."""
    live = AccrualSchedule.objects.filter(invoice_line__invoice=invoice).exclude(
        status=AccrualSchedule.Status.CANCELLED
    )
    schedule = live.first()
    if schedule is not None:
        raise BusinessError(
            "is_scheduled",
            _("{schedule} spreads a line of it. Cancel that first.").format(schedule=schedule),
            field="status",
        )
