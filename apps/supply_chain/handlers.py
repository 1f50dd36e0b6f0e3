"""What happens here when an app below says that something happened there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date as Date
from typing import Any

from django.dispatch import receiver

from apps.core.models import User
from apps.finance.commitments import register_commitments
from apps.finance.group_stock import register_group_goods
from apps.finance.models import Invoice, InvoiceLine
from apps.finance.services.journal import Line
from apps.finance.signals import invoice_posted, invoice_reversed
from apps.inventory.delivery_charges import register_delivery_charges
from apps.inventory.models import StockMove
from apps.inventory.signals import moves_reversed
from apps.quality.queries.returns import register_returned
from apps.supply_chain.queries.commitments import purchase_commitments
from apps.supply_chain.queries.freight import waiting_charges
from apps.supply_chain.queries.group_goods import received_goods
from apps.supply_chain.queries.supplier_returns import sent_back
from apps.supply_chain.services.bill_credits import credit_matches
from apps.supply_chain.services.bills import release_bill
from apps.supply_chain.services.supplier_return_credits import reopen_return
from apps.supply_chain.services.supplier_returns import require_not_sent

register_commitments("purchase-orders", purchase_commitments)
register_group_goods("receipts", received_goods)
register_returned("supplier-returns", sent_back)
register_delivery_charges("consignments", waiting_charges)


@receiver(invoice_reversed, dispatch_uid="supply_chain.release_bill")
def release_reversed_bill(
    sender: Any, *, invoice: Invoice, date: Date, by: User, **_more: Any
) -> None:
    """What a reversed bill billed is goods received, not invoiced again; a credit, billed again."""
    if invoice.kind in Invoice.PURCHASES:
        release_bill(invoice, date=date, by=by)
    if invoice.kind == Invoice.Kind.BILL_CREDIT:
        reopen_return(invoice, by=by)


@receiver(moves_reversed, dispatch_uid="supply_chain.keep_what_was_sent")
def keep_what_was_sent(sender: Any, *, moves: Sequence[StockMove], **_more: Any) -> None:
    """A decision to return goods is not taken back while they are on their way."""
    require_not_sent(moves)


@receiver(invoice_posted, dispatch_uid="supply_chain.credit_matches")
def follow_credit(
    sender: Any, *, invoice: Invoice, lines: Sequence[InvoiceLine], by: User, **_more: Any
) -> list[Line]:
    """A supplier's credit note takes back what the bill's lines matched."""
    if invoice.kind != Invoice.Kind.BILL_CREDIT:
        return []
    return credit_matches(invoice, lines, by=by)
