"""What a supplier credits of a return: a note over each bill that billed the goods."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date as Date
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import User
from apps.core.money import ZERO
from apps.core.services.documents import lock, update_all
from apps.core.transactions import unit_of_work
from apps.finance.models import Invoice, InvoiceLine
from apps.finance.services.credit_notes import CreditLine, credit_invoice
from apps.supply_chain.models import (
    ReceiptLine,
    SupplierReturn,
    SupplierReturnCredit,
)
from apps.supply_chain.queries.supplier_returns import (
    BilledPart,
    billed_parts,
    owed_quantities,
)
from apps.supply_chain.services.billable_lines import lock_receipt_lines

Status = SupplierReturn.Status


def credit_supplier_return(
    document: SupplierReturn, *, reference: str, date: Date, by: User, version: int | None = None
) -> SupplierReturn:
    """Enter the supplier's credit of a shipped return, at the prices billed: Dr AP / Cr GRNI.

    One note for each bill that billed the goods; ``reference`` is the supplier's number of it.
    What was never billed needs no credit. Raises ``BusinessError`` ``nothing_owed`` when nothing
    of it was billed: close it then.
    """
    if not reference.strip():
        raise InvalidInput("required", _("Say the supplier's number of it."), field="reference")
    with unit_of_work():
        document = lock(document, version=version)
        document.transition_to(Status.CREDITED)
        lines = _credited_lines(document)
        if not lines:
            raise BusinessError(
                "nothing_owed",
                _("Nothing of {document} was billed: close it.").format(document=document),
                field="status",
            )
        notes: list[Invoice] = []
        for invoice in _locked(lines):
            own = [line for line in lines if line.line.invoice_id == invoice.pk]
            number = reference.strip()
            notes.append(
                credit_invoice(
                    invoice,
                    date=date,
                    lines=own,
                    reference=f"{number} / {invoice.number}"[:60] if notes else number,
                    by=by,
                )
            )
        SupplierReturnCredit.objects.bulk_create(
            SupplierReturnCredit(
                company_id=document.company_id, supplier_return=document, invoice=note
            )
            for note in notes
        )
        return update_all([document], "status", by=by)[0]


def reopen_return(note: Invoice, *, by: User) -> None:
    """After the credit note of a return is reversed: its credit is owed again."""
    credit = SupplierReturnCredit.objects.filter(invoice=note).first()
    if credit is None:
        return
    with unit_of_work():
        document = lock(credit.supplier_return)
        if document.status == Status.CREDITED:
            document.transition_to(Status.SHIPPED)
            reason = _("{note} is reversed.").format(note=note)
            update_all([document], "status", by=by, reason=reason)


def _credited_lines(document: SupplierReturn) -> list[CreditLine]:
    """What of the bills' lines is owed back for the return, in their units."""
    sent: dict[int, Decimal] = {}
    for line in document.lines.all():
        if line.receipt_line_id is not None:
            sent[line.receipt_line_id] = sent.get(line.receipt_line_id, ZERO) + line.quantity
    receipts = lock_receipt_lines(document.company, list(sent)) if sent else {}
    owed = owed_quantities(receipts.values())
    parts = billed_parts(receipts)
    bills = InvoiceLine.objects.in_bulk(
        {part.invoice_line_id for own in parts.values() for part in own}
    )
    result = []
    for key, quantity in sent.items():
        wanted = min(quantity, owed[key])
        for part in parts.get(key, ()):
            taken = min(wanted, part.quantity)
            if taken <= 0:
                continue
            wanted -= taken
            billed = bills[part.invoice_line_id]
            result.append(CreditLine(billed, _in_bills_unit(receipts[key], billed, part, taken)))
    return result


def _in_bills_unit(
    origin: ReceiptLine, line: InvoiceLine, part: BilledPart, quantity: Decimal
) -> Decimal:
    """``quantity`` (stock units) in the unit of the bill; all of a whole line is all of it."""
    in_unit = origin.in_order_unit(quantity)
    return min(in_unit, line.quantity) if quantity == part.quantity else in_unit


def _locked(lines: Sequence[CreditLine]) -> list[Invoice]:
    keys = {line.line.invoice_id for line in lines}
    rows = Invoice.objects.select_for_update(of=("self",)).filter(pk__in=keys)
    return list(rows.order_by("pk"))
