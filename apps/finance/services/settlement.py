"""Settling open items: which invoices, how much of each, and what leaves the carrying amount."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Currency
from apps.core.money import ZERO, require_decimal, round_money
from apps.finance.models import Invoice, Payment
from apps.finance.queries.open_items import Allocated, allocated_amounts
from apps.finance.queries.revaluations import require_after_revaluations
from apps.masterdata.models import Partner

Direction = Payment.Direction
Kind = Invoice.Kind
#: Money to a customer pays a credit note back, as money from a supplier does with his.
_KINDS = {
    Direction.IN: {Kind.CUSTOMER, Kind.BILL_CREDIT},
    Direction.OUT: {Kind.SUPPLIER, Kind.CREDIT_NOTE},
}


@dataclass(frozen=True, slots=True)
class Allocation:
    """The part of a payment meant for ``invoice``, in its currency.

    ``discount`` is settled beside it, for paying early; ``write_off`` is what is not asked for
    any more.
    """

    invoice: Invoice
    amount: Decimal
    discount: Decimal = ZERO
    write_off: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Settled:
    """An allocation with what it takes off the invoice's carrying amount."""

    invoice: Invoice
    amount: Decimal
    amount_company: Decimal
    control_account_id: int | None


def settle(
    allocations: Sequence[Allocation],
    *,
    direction: str,
    partner: Partner,
    currency: Currency,
    most: Decimal,
    places: int,
    date: Date,
) -> list[Settled]:
    """Lock the invoices in the order of their keys, check each, price each allocation.

    A revalued invoice is settled at its new carrying amount, on that day or later.
    """
    for row, allocation in enumerate(allocations):
        if allocation.invoice is None:
            raise InvalidInput("required", _("Name the invoice."), field="allocations", row=row)
    keys = [allocation.invoice.pk for allocation in allocations]
    if not keys:
        return []
    invoices = {
        invoice.pk: invoice
        for invoice in Invoice.objects.select_for_update(of=("self",))
        .filter(pk__in=keys)
        .order_by("pk")
    }
    if currency.pk != partner.company.currency_id:
        require_after_revaluations(keys, date)
    so_far = allocated_amounts(keys)
    settled = []
    for row, allocation in enumerate(allocations):
        invoice = invoices[allocation.invoice.pk]
        if keys.index(invoice.pk) != row:
            raise InvalidInput(
                "named_twice", _("{invoice} is named twice.").format(invoice=invoice),
                field="allocations", row=row,
            )  # fmt: skip
        require_decimal(
            allocation.amount, field="allocations", row=row, decimal_places=currency.decimal_places
        )
        _check_invoice(invoice, direction, partner, currency, row)
        if date < invoice.date:
            raise BusinessError(
                "before_invoice",
                _("{invoice} is of {date}: it is settled on that day or later.").format(
                    invoice=invoice, date=invoice.date
                ),
                field="allocations",
                row=row,
            )
        settled.append(priced(invoice, allocation.amount, so_far[invoice.pk], places, row))
    if total_of(settled) > most:
        raise BusinessError(
            "over_allocated",
            _("{amount} is allocated, but only {most} is there.").format(
                amount=total_of(settled), most=most
            ),
            field="allocations",
        )
    return settled


def _check_invoice(
    invoice: Invoice, direction: str, partner: Partner, currency: Currency, row: int
) -> None:
    checks = (
        (invoice.status == Invoice.Status.POSTED, "not_posted", _("{invoice} is not posted.")),
        (invoice.partner_id == partner.pk, "wrong_partner", _("{invoice} is another partner's.")),
        (
            invoice.currency_id == currency.pk,
            "wrong_currency",
            _("{invoice} is in another currency."),
        ),
        (
            invoice.kind in _KINDS[Direction(direction)],
            "wrong_direction",
            _("{invoice} is settled by a payment the other way."),
        ),
    )
    for holds, code, message in checks:
        if not holds:
            raise BusinessError(code, message.format(invoice=invoice), field="allocations", row=row)


def priced(invoice: Invoice, amount: Decimal, so_far: Allocated, places: int, row: int) -> Settled:
    """The last allocation takes all that is left of the carrying amount."""
    still_open = invoice.total - so_far.amount
    if amount > still_open:
        raise BusinessError(
            "over_allocated",
            _("Only {open} of {invoice} is open.").format(open=still_open, invoice=invoice),
            field="allocations",
            row=row,
        )
    carrying = invoice.total_company - so_far.amount_company + so_far.revalued
    if so_far.revalued:
        left = round_money(carrying * (still_open - amount) / still_open, places)
    else:
        left = round_money((still_open - amount) * invoice.exchange_rate, places)
    taken = carrying if amount == still_open else carrying - left
    return Settled(invoice, amount, taken, so_far.control_account_id)


def total_of(settled: Sequence[Settled]) -> Decimal:
    return sum((part.amount for part in settled), ZERO)


def on_account(payment: Payment, amount: Decimal) -> Decimal:
    """The carrying amount of money on account: at the payment's own rate."""
    return round_money(amount * payment.exchange_rate, payment.company.currency.decimal_places)


def left_of(payment: Payment) -> Decimal:
    """What of the payment's amount is on account."""
    return payment.amount - sum((row.amount for row in payment.allocations.all()), ZERO)
