"""Money on account: set off against the oldest invoices, taken back; and paying what is open."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date as Date
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import User
from apps.core.money import ZERO
from apps.core.services.documents import lock, require_reason, require_status
from apps.core.transactions import unit_of_work
from apps.finance.models import Account, Invoice, Payment, PaymentAllocation
from apps.finance.queries.open_items import allocated_amounts, open_items
from apps.finance.queries.revaluations import require_after_revaluations
from apps.finance.services.discounts import discount_allowed
from apps.finance.services.payments import (
    allocate_payment,
    post_difference,
    post_payment,
    settlements_of,
)
from apps.finance.services.settlement import Allocation, Direction, Settled, left_of, on_account
from apps.finance.services.settlements import reverse_settlement

Status = Payment.Status
_KINDS = {Direction.IN: "customer", Direction.OUT: "supplier"}


def allocate_oldest(
    payment: Payment, *, date: Date, by: User, version: int | None = None
) -> Payment:
    """Settle the partner's open invoices with money on account, the longest due first.

    Raises ``BusinessError`` ``nothing_open`` when no invoice or no money is left.
    """
    with unit_of_work():
        payment = lock(payment, version=version)
        left = left_of(payment)
        wanted = []
        for item in open_items(
            payment.company,
            kind=_KINDS[Direction(payment.direction)],
            at=date,
            partner_id=payment.partner_id,
        ):
            if left and item.kind == "invoice" and item.currency == payment.currency_id:
                part = min(left, item.open)
                wanted.append((item.id, part))
                left -= part
        if not wanted:
            raise BusinessError(
                "nothing_open", _("Nothing is open that this money could settle."), field="date"
            )
        invoices = Invoice.objects.in_bulk([key for key, _part in wanted])
        parts = [Allocation(invoices[key], part) for key, part in wanted]
        return allocate_payment(payment, allocations=parts, date=date, by=by)


def pay_invoice(
    invoice: Invoice,
    *,
    account: Account,
    date: Date,
    by: User,
    take_discount: bool = False,
    amount: Decimal | None = None,
    write_off_rest: bool = False,
    reason: str = "",
    reference: str = "",
    version: int | None = None,
) -> Payment:
    """Pay all that is open of ``invoice``, less the early-payment discount when it is taken.

    With ``amount`` that much: what is short stays open, what is over on account. With
    ``write_off_rest`` either is written off, within the company's limit and with the ``reason``.
    """
    with unit_of_work():
        invoice = lock(invoice, version=version)
        require_status(invoice, Invoice.Status.POSTED)
        still_open = invoice.total - allocated_amounts([invoice.pk])[invoice.pk].amount
        if still_open <= 0:
            raise BusinessError(
                "nothing_open", _("Nothing of {invoice} is open.").format(invoice=invoice),
                field="status",
            )  # fmt: skip
        places = invoice.currency.decimal_places
        discount = discount_allowed(invoice, still_open, places) if take_discount else ZERO
        if take_discount and not discount:
            raise BusinessError(
                "no_discount",
                _("{invoice} knows no early-payment discount.").format(invoice=invoice),
                field="take_discount",
            )
        due = still_open - discount
        paid = due if amount is None else amount
        short = max(due - paid, ZERO) if write_off_rest else ZERO
        is_received = invoice.kind in (Invoice.Kind.CUSTOMER, Invoice.Kind.BILL_CREDIT)
        return post_payment(
            invoice.company,
            direction=Direction.IN if is_received else Direction.OUT,
            partner=invoice.partner,
            account=account,
            date=date,
            amount=paid,
            currency=invoice.currency,
            reference=reference or invoice.reference or invoice.number,
            allocations=[Allocation(invoice, min(paid, due), discount, short)],
            write_off_overpayment=write_off_rest,
            reason=reason,
            by=by,
        )


def release_allocation(
    payment: Payment, *, invoice: Invoice, date: Date, reason: str, by: User
) -> Payment:
    """Take back what ``payment`` settles of ``invoice`` from ``date`` on, its discount too.

    The money is on account again and the invoice open. Raises ``BusinessError`` ``not_allocated``.
    """
    require_reason(reason)
    with unit_of_work():
        payment = lock(payment)
        require_status(payment, Status.POSTED)
        lock(invoice)
        rows = list(
            payment.allocations.filter(
                invoice=invoice, reverses=None, reversals__isnull=True
            ).order_by("pk")
        )
        if not rows:
            raise BusinessError(
                "not_allocated",
                _("{payment} settles nothing of {invoice}.").format(
                    payment=payment, invoice=invoice
                ),
                field="invoice",
            )
        if date < max(row.date for row in rows):
            raise InvalidInput(
                "before_allocation",
                _("It was allocated on {date}.").format(date=max(row.date for row in rows)),
                field="date",
            )
        if payment.currency_id != payment.company.currency_id:
            require_after_revaluations([invoice.pk], date)
        for settlement in settlements_of(payment).filter(lines__invoice=invoice):
            reverse_settlement(settlement, date=date, reason=reason, by=by)
        _write_mirrors(payment, rows, date, by)
        return payment.save_by(by, reason=reason)


def _write_mirrors(
    payment: Payment, rows: Sequence[PaymentAllocation], date: Date, by: User
) -> None:
    """The negative of ``rows``, and the exchange difference back."""
    used = sum((row.amount for row in payment.allocations.all()), ZERO)
    back = sum((row.amount for row in rows), ZERO)
    mirrors = PaymentAllocation.objects.bulk_create(
        PaymentAllocation(
            company_id=row.company_id,
            payment=payment,
            invoice_id=row.invoice_id,
            amount=-row.amount,
            amount_company=-row.amount_company,
            date=date,
            reverses=row,
        )
        for row in rows
    )
    before = on_account(payment, payment.amount - used)
    after = on_account(payment, payment.amount - used + back)
    so_far = allocated_amounts([row.invoice_id for row in rows if row.invoice_id is not None])
    settled = [
        Settled(
            row.invoice,
            -row.amount,
            -row.amount_company,
            so_far[row.invoice.pk].control_account_id,
        )
        for row in rows
        if row.invoice is not None
    ]
    post_difference(payment, settled, before - after, mirrors[0].pk, date, by)
