"""Invoices for what was shipped: never more, never twice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date as Date
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import User
from apps.core.services.documents import lock, require_status
from apps.core.sql import fetch_all
from apps.core.transactions import unit_of_work
from apps.crm.models import SalesOrder, SalesOrderLine
from apps.crm.queries.sales_orders import (
    line_quantities,
    line_type_id,
    lines_behind,
    part_type_id,
    quantities_of_lines,
)
from apps.finance.models import Invoice
from apps.finance.services.invoices import BillingLine, draft_invoice, post_invoice
from apps.inventory.delivery_charges import delivery_charges
from apps.inventory.models import StockMove

# A shipment that goes out or comes back meanwhile is waited for, and waits for us.
_LOCK = """
SELECT e.id FROM inventory_expectedmove e
 WHERE (e.source_type_id, e.source_id) IN (
       SELECT %(line)s, l.id FROM crm_salesorderline l WHERE l.order_id = %(order)s
       UNION ALL
       SELECT %(part)s, p.id FROM crm_salesorderlinepart p
         JOIN crm_salesorderline l ON l.id = p.line_id WHERE l.order_id = %(order)s)
 ORDER BY e.source_type_id, e.source_id FOR UPDATE OF e
"""


def invoice_order(
    order: SalesOrder, *, date: Date, by: User, due_date: Date | None = None
) -> Invoice:
    """Invoice what of ``order`` went out and is not invoiced yet, and post it.

    Services go with the first invoice, and what its deliveries cost the customer. Revenue, tax
    and receivable by posting rules, at the rate of ``date``. Raises ``InvalidInput`` when there is
    nothing to invoice, ``BusinessError`` for a closed period or a missing rate. Nineteen
    statements however many lines.
    """
    with unit_of_work():
        order = lock(order)
        require_status(order, SalesOrder.Status.CONFIRMED, SalesOrder.Status.CLOSED)
        locked = [key for (key,) in fetch_all(_LOCK, _lock_values(order))]
        quantities = {
            line.line_id: line.not_invoiced
            for line in line_quantities([order.pk])
            if line.not_invoiced
        }
        if not quantities:
            raise InvalidInput(
                "nothing_to_invoice",
                _("Nothing of {order} has gone out that is not invoiced yet.").format(order=order),
                field="lines",
            )
        rows = list(
            SalesOrderLine.objects.select_related("item", "tax_code")
            .filter(pk__in=quantities)
            .order_by("position")
        )
        invoice = draft_invoice(
            order.company,
            kind=Invoice.Kind.CUSTOMER,
            partner=order.partner,
            date=date,
            due_date=due_date,
            currency=order.currency,
            reference=order.customer_reference or order.number,
            lines=[
                BillingLine(
                    quantity=quantities[row.pk],
                    unit_price=row.unit_price,
                    item=row.item,
                    tax_code=row.tax_code,
                    source=row,
                )
                for row in rows
            ]
            + _charges(order, locked, rows),
            by=by,
        )
        return post_invoice(invoice, by=by)


def _lock_values(order: SalesOrder) -> dict[str, int]:
    return {"line": line_type_id(), "part": part_type_id(), "order": order.pk}


def _charges(
    order: SalesOrder, expected_move_ids: Sequence[int], rows: Sequence[SalesOrderLine]
) -> list[BillingLine]:
    """Freight that waits for an invoice in this currency; taxed as the goods where they agree."""
    codes = {row.tax_code_id: row.tax_code for row in rows}
    tax_code = next(iter(codes.values())) if len(codes) == 1 else None
    return [
        BillingLine(
            quantity=Decimal(1),
            unit_price=one.amount,
            description=one.description,
            tax_code=tax_code,
            source=one.source,
        )
        for one in delivery_charges(order.company, expected_move_ids)
        if one.currency == order.currency_id
    ]


def require_not_invoiced(moves: Sequence[StockMove]) -> None:
    """Raise ``BusinessError`` when more is invoiced than shipped, now that ``moves`` are back."""
    for line in quantities_of_lines(lines_behind(moves)):
        if line.invoiced > line.delivered:
            raise BusinessError(
                "invoiced",
                _(
                    "Line {position} of the sales order is invoiced. Reverse the invoice first."
                ).format(position=line.position),
                field="status",
            )
