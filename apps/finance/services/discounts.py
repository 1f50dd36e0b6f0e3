"""Early-payment discounts: taken with a payment, with the tax that falls on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date as Date
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError
from apps.core.models import User
from apps.core.money import ZERO, require_decimal, round_money
from apps.finance.conversion import HUNDRED
from apps.finance.models import Invoice, Payment, PostingRole, Settlement, TaxEntry, TaxSide
from apps.finance.queries.open_items import allocated_amounts
from apps.finance.queries.posting_rules import AccountResolver
from apps.finance.services.invoice_entries import TaxRow
from apps.finance.services.journal import Line
from apps.finance.services.settlement import Allocation, Direction, Settled, priced
from apps.finance.services.settlements import new_settlement, post_settlement
from apps.finance.services.tax_entries import enter_tax_rows
from apps.masterdata.models import PaymentTerms

JOURNAL = "BNK"
_ROLES = {
    Direction.IN: (PostingRole.RECEIVABLE, PostingRole.DISCOUNT_ALLOWED, PostingRole.REVENUE),
    Direction.OUT: (PostingRole.PAYABLE, PostingRole.DISCOUNT_RECEIVED, PostingRole.CHARGES),
}


def take_discounts(
    payment: Payment,
    allocations: Sequence[Allocation],
    settled: Sequence[Settled],
    *,
    date: Date,
    by: User,
) -> list[Settlement]:
    """Settle what the allocations say was saved by paying early: a settlement per invoice.

    The invoices are locked by the payment's own allocations. Raises ``BusinessError`` (field
    ``allocations``, row) without such terms, too late, or for more than they allow.
    """
    given = [
        (row, part, allocation.discount)
        for row, (allocation, part) in enumerate(zip(allocations, settled, strict=True))
        if allocation.discount
    ]
    if not given:
        return []
    places = payment.company.currency.decimal_places
    so_far = allocated_amounts([part.invoice.pk for _row, part, _discount in given])
    parts = []
    for row, part, discount in given:
        _require_allowed(payment, part, discount, row)
        parts.append(priced(part.invoice, discount, so_far[part.invoice.pk], places, row))
    taxes = _taxes(parts, places)
    return [_post(payment, part, taxes[part.invoice.pk], date, by) for part in parts]


def _post(
    payment: Payment, part: Settled, taxes: Sequence[TaxRow], date: Date, by: User
) -> Settlement:
    settlement = new_settlement(
        payment.company,
        Settlement.Kind.DISCOUNT,
        payment.partner,
        payment.currency,
        date,
        by,
        payment=payment,
        reference=payment.number,
    )
    lines = _lines(settlement, Direction(payment.direction), part, taxes)
    made = post_settlement(settlement, [part], JOURNAL, lines, by=by)
    assert made.entry_id is not None  # noqa: S101 - posted just now
    enter_tax_rows(made, made.entry_id, taxes, date=date, partner_id=payment.partner_id, by=by)
    return made


def discount_allowed(invoice: Invoice, settled: Decimal, places: int) -> Decimal:
    """What the terms take off when ``settled`` of ``invoice`` is paid in time."""
    return round_money(settled * invoice.discount_percent / HUNDRED, places)


def _require_allowed(payment: Payment, part: Settled, discount: Decimal, row: int) -> None:
    invoice = part.invoice
    places = payment.currency.decimal_places
    require_decimal(discount, field="allocations", row=row, decimal_places=places)
    most = discount_allowed(invoice, part.amount + discount, places)
    checks = (
        (
            invoice.discount_until is not None,
            "no_discount",
            _("{invoice} knows no early-payment discount."),
        ),
        (
            invoice.discount_until is not None and payment.date <= invoice.discount_until,
            "discount_expired",
            _("The discount of {invoice} was until {day}."),
        ),
        (
            discount <= most,
            "discount_too_high",
            _("The terms of {invoice} allow {most} for this payment."),
        ),
    )
    for holds, code, message in checks:
        if not holds:
            text = message.format(invoice=invoice, day=invoice.discount_until, most=most)
            raise BusinessError(code, text, field="allocations", row=row)


def _taxes(parts: Sequence[Settled], places: int) -> dict[int, list[TaxRow]]:
    """By invoice, its rows of the tax ledger in the proportion of the discount, negative."""
    terms = PaymentTerms.objects.in_bulk({part.invoice.payment_terms_id for part in parts})
    corrected = {
        part.invoice.entry_id: part
        for part in parts
        if part.invoice.payment_terms_id is None
        or terms[part.invoice.payment_terms_id].discount_corrects_tax
    }
    found: dict[int, list[TaxRow]] = {part.invoice.pk: [] for part in parts}
    for row in TaxEntry.objects.filter(entry__in=list(corrected)).order_by("id"):
        part = corrected[row.entry_id]
        share = part.amount / part.invoice.total
        found[part.invoice.pk].append(
            TaxRow(
                tax_code_id=row.tax_code_id,
                side=row.side,
                account_id=row.account_id,
                base=-round_money(row.base * share, places),
                tax=-round_money(row.tax * share, places),
                memo=row.tax_code.code,
            )
        )
    return found


def _lines(
    settlement: Settlement, direction: Direction, part: Settled, taxes: Sequence[TaxRow]
) -> list[Line]:
    """The control account, the taxes, and what is left to the discount, in both currencies."""
    control, own, otherwise = _ROLES[direction]
    resolver = AccountResolver(settlement.company)
    sign = 1 if direction == Direction.IN else -1
    bare = Line(
        account_id=part.control_account_id or resolver.account_id(control),
        amount=-sign * part.amount_company,
        currency=settlement.currency_id,
        amount_currency=-sign * part.amount,
        memo=part.invoice.number,
        partner_id=settlement.partner_id,
    )
    lines = [bare]
    for row in taxes:
        amount = -row.tax if row.side == TaxSide.DUE else row.tax
        foreign = round_money(
            amount / part.invoice.exchange_rate, settlement.currency.decimal_places
        )
        if amount:
            lines.append(
                replace(
                    bare,
                    account_id=row.account_id,
                    amount=amount,
                    amount_currency=foreign,
                    memo=row.memo,
                )
            )
    rest = replace(
        bare,
        account_id=resolver.account_id(own, otherwise=otherwise),
        amount=-sum((line.amount for line in lines), ZERO),
        amount_currency=-sum((line.amount_currency or ZERO for line in lines), ZERO),
    )
    return [*lines, rest]
