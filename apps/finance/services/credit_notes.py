"""Credit notes, ours and suppliers': revenue or cost and tax taken back line by line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import User
from apps.core.money import ZERO, require_decimal, round_money
from apps.core.services.documents import lock, require_status
from apps.core.sql import fetch_all
from apps.core.transactions import unit_of_work
from apps.finance.models import Invoice, InvoiceLine
from apps.finance.queries.open_items import allocated_amounts
from apps.finance.services.credit_allocations import allocate_credit_note
from apps.finance.services.invoices import BillingLine, draft_invoice, post_invoice
from apps.finance.services.settlement import (
    Allocation,
)
from apps.finance.signals import invoice_credited

Kind = Invoice.Kind
Status = Invoice.Status
_CREDITED = """
SELECT c.source_id,
       coalesce(sum(c.quantity) FILTER (WHERE NOT c.credits_price), 0),
       coalesce(sum(c.amount) FILTER (WHERE NOT c.credits_price), 0),
       coalesce(sum(c.tax_amount) FILTER (WHERE NOT c.credits_price), 0),
       coalesce(sum(c.amount) FILTER (WHERE c.credits_price), 0),
       coalesce(sum(c.tax_amount) FILTER (WHERE c.credits_price), 0)
  FROM finance_invoiceline c
  JOIN finance_invoice n ON n.id = c.invoice_id AND n.status = 'posted'
 WHERE c.source_type_id = %s AND c.source_id = ANY(%s) GROUP BY c.source_id
"""


@dataclass(frozen=True, slots=True)
class CreditLine:
    """``quantity`` of an invoice's line to take back, in the line's unit.

    With a ``price`` the units stay billed, each by that much cheaper.
    """

    line: InvoiceLine
    quantity: Decimal
    price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Credited:
    """What posted credit notes have taken back of a line: units, and of the price of others."""

    quantity: Decimal = ZERO
    amount: Decimal = ZERO
    tax_amount: Decimal = ZERO
    price_amount: Decimal = ZERO
    price_tax: Decimal = ZERO


def credited_lines(line_ids: Sequence[int]) -> dict[int, Credited]:
    """What is credited of each invoice line, by its key; lines without credit are not named."""
    line_type = ContentType.objects.get_for_model(InvoiceLine).pk
    return {
        key: Credited(*sums) for key, *sums in fetch_all(_CREDITED, [line_type, list(line_ids)])
    }


def credit_invoice(
    invoice: Invoice,
    *,
    date: Date,
    by: User,
    lines: Sequence[CreditLine] | None = None,
    reference: str = "",
    version: int | None = None,
) -> Invoice:
    """Post a credit note over ``lines`` (else all that is left) and set it off against ``invoice``.

    Of a supplier's bill it is the supplier's, whose number is the ``reference``. Amounts and taxes
    of several partial credits sum to the invoice's own. Raises ``BusinessError`` naming the row
    for more than was billed; nothing is written then.
    """
    with unit_of_work():
        invoice = lock(invoice, version=version)
        require_status(invoice, Status.POSTED)
        kinds = [kind for kind, credited in Invoice.CREDITS.items() if credited == invoice.kind]
        if not kinds:
            raise InvalidInput(
                "not_creditable",
                _("{invoice} is a credit note itself.").format(invoice=invoice),
                field="credits",
            )
        if kinds[0] == Kind.BILL_CREDIT and not reference:
            raise InvalidInput("required", _("Say the supplier's number of it."), field="reference")
        wanted = _wanted(invoice, lines)
        note = draft_invoice(
            invoice.company,
            kind=kinds[0],
            partner=invoice.partner,
            date=date,
            due_date=date,
            currency=invoice.currency,
            reference=reference or invoice.number,
            credits=invoice,
            lines=wanted,
            by=by,
        )
        note = post_invoice(note, exchange_rate=invoice.exchange_rate, by=by)
        still_open = invoice.total - allocated_amounts([invoice.pk])[invoice.pk].amount
        if still_open > 0:
            part = Allocation(invoice, min(still_open, note.total))
            note = allocate_credit_note(note, allocations=[part], date=date, by=by)
        invoice_credited.send(Invoice, invoice=invoice, note=note, by=by)
        return note


def _wanted(invoice: Invoice, lines: Sequence[CreditLine] | None) -> list[BillingLine]:
    own = {
        line.pk: line
        for line in invoice.lines.select_related(
            "item", "tax_code", "withholding", "account", "invoice"
        )
    }
    before = credited_lines(list(own))
    if lines is None:
        left = {pk: line.quantity - before.get(pk, Credited()).quantity for pk, line in own.items()}
        lines = [CreditLine(own[pk], quantity) for pk, quantity in left.items() if quantity > 0]
    if not lines:
        raise BusinessError(
            "over_credited", _("All of {invoice} is credited.").format(invoice=invoice),
            field="lines",
        )  # fmt: skip
    places = invoice.currency.decimal_places
    seen: set[tuple[int, bool]] = set()
    result = []
    for row, wanted in enumerate(lines):
        line = own.get(wanted.line.pk)
        key = (wanted.line.pk, wanted.price is None)
        if line is None or key in seen:
            raise InvalidInput(
                "wrong_line",
                _("Name each line of {invoice} once.").format(invoice=invoice),
                field="lines",
                row=row,
            )
        seen.add(key)
        quantity = require_decimal(wanted.quantity, field="quantity", row=row)
        so_far = before.get(line.pk, Credited())
        if wanted.price is None:
            result.append(_part(line, quantity, so_far, places, row))
        else:
            result.append(_cheaper(line, quantity, wanted.price, so_far, places, row))
    return result


def _cheaper(
    line: InvoiceLine, quantity: Decimal, price: Decimal, before: Credited, places: int, row: int
) -> BillingLine:
    """Part of the price of units that are billed and not taken back."""
    require_decimal(price, field="price", row=row)
    amount = round_money(quantity * price, places)
    left = line.amount - before.amount - before.price_amount
    if before.quantity + quantity > line.quantity or amount > left:
        raise BusinessError(
            "over_credited",
            _("Of this line {quantity} and {amount} are left to credit.").format(
                quantity=(line.quantity - before.quantity).normalize(), amount=left
            ),
            field="price",
            row=row,
        )
    return _credit(line, quantity, price, amount=amount, tax_amount=None, credits_price=True)


def _part(
    line: InvoiceLine, quantity: Decimal, before: Credited, places: int, row: int
) -> BillingLine:
    """The step between two rounded running sums: the last part takes what is left."""
    reached = before.quantity + quantity
    if reached > line.quantity:
        raise BusinessError(
            "over_credited",
            _("{quantity} was billed, {before} of it is credited already.").format(
                quantity=line.quantity.normalize(), before=before.quantity.normalize()
            ),
            field="quantity",
            row=row,
        )
    share = reached / line.quantity
    whole, tax = line.amount - before.price_amount, line.tax_amount - before.price_tax
    return _credit(
        line,
        quantity,
        line.unit_price,
        amount=round_money(whole * share, places) - before.amount,
        tax_amount=round_money(tax * share, places) - before.tax_amount,
        price_includes_tax=line.price_includes_tax,
    )


def _credit(line: InvoiceLine, quantity: Decimal, price: Decimal, **amounts: Any) -> BillingLine:
    """A bill's line is credited on the account that bore it; what was sold, on that of returns."""
    return BillingLine(
        quantity=quantity,
        unit_price=price,
        item=line.item,
        description=line.description,
        tax_code=line.tax_code,
        cost_object=line.cost_object,
        source=line,
        account=line.account if line.invoice.kind == Kind.SUPPLIER else None,
        withholding=line.withholding,
        **amounts,
    )
