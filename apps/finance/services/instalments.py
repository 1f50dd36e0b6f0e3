"""Payment terms on an invoice: when it is due, in which parts, what paying early saves."""

from __future__ import annotations

from datetime import date as Date
from datetime import timedelta

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.money import ZERO
from apps.finance.models import Invoice, InvoiceInstalment
from apps.masterdata.models import PaymentTerms
from apps.masterdata.payment_days import Share, split_total


def set_terms(
    invoice: Invoice, *, payment_terms: PaymentTerms | None, due_date: Date | None
) -> None:
    """Set what ``invoice`` says of its payment: a day given, terms given, else the partner's.

    It is due, as a whole, on the day of its last instalment. Raises ``InvalidInput`` for both.
    """
    if payment_terms is not None and due_date is not None:
        raise InvalidInput(
            "two_terms", _("Give payment terms or a due date, not both."), field="due_date"
        )
    if due_date is None and payment_terms is None and invoice.kind not in Invoice.CREDITS:
        payment_terms = invoice.partner.payment_terms
    invoice.payment_terms = payment_terms
    if payment_terms is None:
        invoice.due_date = due_date or invoice.date + timedelta(days=invoice.partner.payment_days)
        invoice.discount_percent, invoice.discount_until = ZERO, None
        return
    invoice.due_date = max(share.due_date(invoice.date) for share in _shares(payment_terms))
    is_credit = invoice.kind in Invoice.CREDITS
    invoice.discount_percent = ZERO if is_credit else payment_terms.discount_percent
    invoice.discount_until = (
        invoice.date + timedelta(days=payment_terms.discount_days)
        if invoice.discount_percent
        else None
    )


def write_instalments(invoice: Invoice) -> None:
    """The parts of an invoice that is being posted; none where it is due all at once."""
    if invoice.payment_terms is None or invoice.kind in Invoice.CREDITS:
        return
    shares = _shares(invoice.payment_terms)
    dues = split_total(invoice.total, invoice.date, shares, invoice.currency.decimal_places)
    if len(dues) < 2:
        return
    rows, upto = [], ZERO
    for due in dues:
        upto += due.amount
        rows.append(
            InvoiceInstalment(
                company_id=invoice.company_id,
                invoice=invoice,
                due_date=due.date,
                amount=due.amount,
                upto=upto,
            )
        )
    InvoiceInstalment.objects.bulk_create(rows)


def _shares(terms: PaymentTerms) -> list[Share]:
    return [Share(row.share, row.days, row.day_of_month) for row in terms.instalments.all()]
