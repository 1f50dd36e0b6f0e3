"""Making a return good: credit notes at the price that was billed, or goods instead."""

from __future__ import annotations

from datetime import date as Date
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import User
from apps.core.money import ZERO, round_quantity
from apps.core.services.documents import lock, require_status, update_all
from apps.core.transactions import unit_of_work
from apps.crm.models import Return, ReturnCredit, ReturnLine, SalesOrder, SalesOrderLine
from apps.crm.queries.returns import billed_lines, shipped_weights
from apps.crm.services.returned_kits import Parts, parts_of_lines, whole_kits
from apps.crm.services.sales_orders import OrderLine, create_sales_order
from apps.finance.models import Invoice, InvoiceLine
from apps.finance.services.credit_notes import (
    Credited,
    CreditLine,
    credit_invoice,
    credited_lines,
)

Status = Return.Status
Resolution = ReturnLine.Resolution


def credit_return(
    rma: Return, *, date: Date, by: User, version: int | None = None
) -> list[Invoice]:
    """Credit the inspected lines that want it: one posted credit note per invoice they were on.

    Dr sales returns and output tax / Cr receivable, at the prices billed. Raises
    ``BusinessError`` naming the row for more than was invoiced and not credited.
    """
    with unit_of_work():
        rma = lock(rma, version=version)
        rma.transition_to(Status.CREDITED)
        wanting = rma.lines.filter(resolution=Resolution.CREDIT)
        lines = list(wanting.select_related("order_line__item", "item"))
        if not lines:
            raise InvalidInput(
                "nothing_to_credit", _("No line of the return asks for a credit."), field="lines"
            )
        parts = _parts(lines)
        notes = []
        for invoice in _locked({part.invoice_id for _l, part, _q in parts}):
            wanted = [(line, part, q) for line, part, q in parts if part.invoice_id == invoice.pk]
            sums: dict[int, Decimal] = {}
            for _line, part, quantity in wanted:
                sums[part.pk] = sums.get(part.pk, ZERO) + quantity
            own = {part.pk: part for _line, part, _quantity in wanted}
            note = credit_invoice(
                invoice,
                date=date,
                lines=[CreditLine(own[key], quantity) for key, quantity in sums.items()],
                reference=rma.number,
                by=by,
            )
            notes.append(note)
            _link(rma, note, wanted)
        update_all([rma], "status", by=by)
        return notes


def replace_return(
    rma: Return, *, by: User, due_date: Date | None = None, version: int | None = None
) -> SalesOrder:
    """A draft order, free of charge, for the lines to be replaced or sent back repaired."""
    with unit_of_work():
        rma = lock(rma, version=version)
        require_status(rma, Status.RECEIVED, Status.INSPECTED, Status.CREDITED)
        if rma.replacement_order_id is not None:
            raise BusinessError(
                "replaced_before",
                _("{order} replaces it already.").format(order=rma.replacement_order),
                field="status",
            )
        lines = rma.lines.exclude(resolution=Resolution.CREDIT).select_related(
            "item", "order_line__tax_code"
        )
        if not lines:
            raise InvalidInput(
                "nothing_to_replace", _("No line of the return asks for goods."), field="lines"
            )
        order = create_sales_order(
            rma.company,
            partner=rma.partner,
            site=rma.site,
            due_date=due_date,
            customer_reference=rma.number,
            lines=[
                OrderLine(
                    line.item, line.quantity, unit_price=ZERO, tax_code=line.order_line.tax_code
                )
                for line in lines
            ],
            by=by,
        )
        rma.replacement_order = order
        update_all([rma], "replacement_order", by=by)
        return order


def _parts(lines: list[ReturnLine]) -> list[tuple[ReturnLine, InvoiceLine, Decimal]]:
    """Each return line against the invoice lines of its order line, the oldest first.

    A kit counts once, with the first of its lines; the others have part in the same credit.
    """
    keys = billed_lines([line.order_line_id for line in lines])
    all_keys = [key for own in keys.values() for key in own]
    rows = InvoiceLine.objects.in_bulk(all_keys)
    credited = credited_lines(all_keys)
    left = {key: row.quantity - credited.get(key, Credited()).quantity for key, row in rows.items()}
    kits = parts_of_lines(line.order_line_id for line in lines)
    weights = shipped_weights(lines)
    parts = []
    for line, others, quantity in _to_credit(lines, kits):
        wanted = weights.get(line.pk) or _in_order_unit(line.order_line, quantity)
        for key in keys.get(line.order_line_id, ()):
            part = min(wanted, left[key])
            if part > 0:
                parts.append((line, rows[key], part))
                parts += [(other, rows[key], ZERO) for other in others]
                left[key] -= part
                wanted -= part
        if wanted > 0:
            raise BusinessError(
                "not_invoiced",
                _("{quantity} of {item} is not invoiced, or credited already.").format(
                    quantity=f"{wanted.normalize():f}", item=line.order_line.item.code
                ),
                field="lines",
                row=lines.index(line),
            )
    return parts


def _to_credit(
    lines: list[ReturnLine], kits: Parts
) -> list[tuple[ReturnLine, list[ReturnLine], Decimal]]:
    """A line, further lines of the same kits, and how many stock units of the order line."""
    result: list[tuple[ReturnLine, list[ReturnLine], Decimal]] = [
        (line, [], line.quantity) for line in lines if line.order_line_id not in kits
    ]
    for key, parts in kits.items():
        own = [line for line in lines if line.order_line_id == key]
        result.append((own[0], own[1:], whole_kits(own, parts)))
    return result


def _in_order_unit(ordered: SalesOrderLine, quantity: Decimal) -> Decimal:
    if quantity == ordered.stock_quantity:
        return ordered.quantity
    return round_quantity(quantity * ordered.quantity / ordered.stock_quantity)


def _locked(keys: set[int]) -> list[Invoice]:
    rows = Invoice.objects.select_for_update(of=("self",)).filter(pk__in=keys)
    return list(rows.order_by("pk"))


def _link(
    rma: Return, note: Invoice, wanted: list[tuple[ReturnLine, InvoiceLine, Decimal]]
) -> None:
    by_source = {line.source_id: line for line in note.lines.all()}
    ReturnCredit.objects.bulk_create(
        ReturnCredit(company_id=rma.company_id, line=line, invoice_line=by_source[part.pk])
        for line, part, _quantity in wanted
    )
