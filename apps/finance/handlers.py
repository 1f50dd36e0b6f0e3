"""What happens here when another part of finance says that something happened there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date as Date
from typing import Any

from django.dispatch import receiver
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError
from apps.core.models import User
from apps.core.rate_uses import register_rate_use
from apps.finance.models import AccrualSchedule, FixedAsset, Invoice, InvoiceLine
from apps.finance.queries.assets import borne_by_assets
from apps.finance.queries.rate_uses import posted_rate_uses
from apps.finance.services.accrual_credits import credit_schedules, restore_schedules
from apps.finance.services.journal import Line
from apps.finance.signals import invoice_posted, invoice_reversed

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


@receiver(invoice_reversed, dispatch_uid="finance.keep_capitalised_invoice")
def keep_capitalised_invoice(sender: Any, *, invoice: Invoice, **_more: Any) -> None:
    """A bill whose cost an asset bears is not reversed below it."""
    if invoice.kind != Invoice.Kind.SUPPLIER:
        return
    borne = borne_by_assets(list(invoice.lines.values_list("pk", flat=True)))
    if borne:
        raise BusinessError(
            "is_capitalised",
            _("{asset} bears cost of a line of it. Reverse that first.").format(
                asset=FixedAsset.objects.get(pk=borne[0].asset_id)
            ),
            field="status",
        )


@receiver(invoice_posted, dispatch_uid="finance.credit_schedules")
def follow_credit(
    sender: Any, *, invoice: Invoice, lines: Sequence[InvoiceLine], by: User, **_more: Any
) -> list[Line]:
    """What was deferred of a line follows the credit note over it."""
    return credit_schedules(invoice, lines, by=by)


@receiver(invoice_reversed, dispatch_uid="finance.restore_schedules")
def follow_reversed_credit(
    sender: Any, *, invoice: Invoice, date: Date, by: User, **_more: Any
) -> None:
    """A credit note that is taken back lowers no schedule."""
    if invoice.kind in Invoice.CREDITS:
        restore_schedules(invoice, date=date, by=by)
