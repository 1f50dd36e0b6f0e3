"""A received credit note against the bill it names: which of its lines take back what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from apps.core.money import ZERO
from apps.finance.einvoice.document import Document
from apps.finance.models import Invoice, InvoiceLine
from apps.finance.services.credit_notes import Credited, credited_lines
from apps.finance.services.invoices import BillingLine
from apps.masterdata.models import Partner


def credited_bill(document: Document, partner: Partner) -> Invoice | None:
    """The posted bill of ``partner`` that a credit note names; None for none, or for several."""
    numbers = {before.number for before in document.preceding if before.number}
    if len(numbers) != 1:
        return None
    return Invoice.objects.filter(
        partner=partner,
        kind=Invoice.Kind.SUPPLIER,
        status=Invoice.Status.POSTED,
        reference__in=numbers,
        currency_id=document.currency,
    ).first()


def against_bill(lines: Sequence[BillingLine], bill: Invoice) -> list[BillingLine]:
    """``lines`` with the line of ``bill`` that each takes back, and the account that bore it.

    Units where the price is the bill's, part of their price where it is below. A line that fits
    none stays as it is.
    """
    rows = list(bill.lines.select_related("account", "item", "cost_object").order_by("pk"))
    before = credited_lines([row.pk for row in rows])
    left = {row.pk: row.quantity - before.get(row.pk, Credited()).quantity for row in rows}
    result = []
    for line in lines:
        row = _taken_back(line, rows, left)
        if row is None:
            result.append(line)
            continue
        is_cheaper = line.unit_price < row.unit_price
        if not is_cheaper:
            left[row.pk] -= line.quantity
        result.append(
            replace(
                line,
                item=row.item,
                account=row.account,
                cost_object=row.cost_object,
                source=row,
                credits_price=is_cheaper,
            )
        )
    return result


def _taken_back(
    line: BillingLine, rows: Sequence[InvoiceLine], left: dict[int, Decimal]
) -> InvoiceLine | None:
    """The only line of the bill of the same item, else of the same words, that is large enough."""
    fits = [
        row
        for row in rows
        if ZERO < line.quantity <= left[row.pk] and ZERO < line.unit_price <= row.unit_price
    ]
    same = [row for row in fits if line.item is not None and row.item_id == line.item.pk]
    if not same:
        said = line.description.casefold()
        same = [row for row in fits if said and said in _words_of(row)]
    return same[0] if len(same) == 1 else None


def _words_of(row: InvoiceLine) -> set[str]:
    words = {row.description}
    if row.item is not None:
        words |= {row.item.name, row.item.code}
    return {word.casefold() for word in words}
