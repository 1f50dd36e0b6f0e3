"""Payments: money in and out, allocated to invoices, with realised exchange differences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, Currency, User
from apps.core.money import ZERO, require_decimal, round_money
from apps.core.services.documents import lock, require_company, require_reason, require_status
from apps.core.transactions import unit_of_work
from apps.finance.models import Account, Invoice, Payment, PaymentAllocation, PostingRole
from apps.finance.queries.entries import entries_of
from apps.finance.queries.open_items import Allocated, allocated_amounts
from apps.finance.queries.posting_rules import AccountResolver
from apps.finance.queries.rates import exchange_rate as rate_of
from apps.finance.services.journal import Entry, Line, post_entry, post_numbered, reverse_entry
from apps.masterdata.models import Partner

JOURNAL = "BNK"
Direction = Payment.Direction
Status = Payment.Status
_KINDS = {Direction.IN: Invoice.Kind.CUSTOMER, Direction.OUT: Invoice.Kind.SUPPLIER}
_CONTROL = {Direction.IN: PostingRole.RECEIVABLE, Direction.OUT: PostingRole.PAYABLE}


@dataclass(frozen=True, slots=True)
class Allocation:
    """The part of a payment meant for ``invoice``, in its currency."""

    invoice: Invoice
    amount: Decimal


@dataclass(frozen=True, slots=True)
class _Settled:
    """An allocation with what it takes off the invoice's carrying amount."""

    invoice: Invoice
    amount: Decimal
    amount_company: Decimal
    control_account_id: int | None


def post_payment(
    company: Company,
    *,
    direction: str,
    partner: Partner,
    account: Account,
    date: Date,
    amount: Decimal,
    by: User,
    allocations: Sequence[Allocation] = (),
    currency: Currency | None = None,
    exchange_rate: Decimal | None = None,
    reference: str = "",
) -> Payment:
    """Post money received (``in``) or paid (``out``) and settle invoices with it.

    What is not allocated stays on account. The control account is cleared at each invoice's own
    rate; the rest goes to the exchange differences. Raises ``BusinessError`` for an
    over-allocation or a wrong invoice (field ``allocations``, row named), a closed period.
    """
    require_company(company, partner=partner, account=account)
    currency = currency or partner.currency
    _check_payment(amount, currency, account)
    with unit_of_work():
        settled = _settle(
            allocations,
            direction=direction,
            partner=partner,
            currency=currency,
            most=amount,
            places=company.currency.decimal_places,
        )
        payment = Payment(
            company=company,
            direction=Direction(direction),
            partner=partner,
            account=account,
            date=date,
            currency=currency,
            exchange_rate=exchange_rate or rate_of(company, currency.pk, date),
            amount=amount,
            reference=reference,
            created_by=by,
        ).save_by(by)
        _write_allocations(payment, settled, date)
        [posted] = post_numbered(company, [_payment_entry(payment, settled)], by=by)
        payment.number, payment.entry_id = posted.number, posted.id
        return payment.save_by(by)


def allocate_payment(
    payment: Payment, *, allocations: Sequence[Allocation], date: Date, by: User
) -> Payment:
    """Settle invoices with money that is on account; books the exchange difference on ``date``."""
    with unit_of_work():
        payment = lock(payment)
        require_status(payment, Status.POSTED)
        if date < payment.date:
            raise InvalidInput(
                "before_payment",
                _("The money came on {date}.").format(date=payment.date),
                field="date",
            )
        used = sum((row.amount for row in payment.allocations.all()), ZERO)
        settled = _settle(
            allocations,
            direction=payment.direction,
            partner=payment.partner,
            currency=payment.currency,
            most=payment.amount - used,
            places=payment.company.currency.decimal_places,
        )
        rows = _write_allocations(payment, settled, date)
        before = _on_account(payment, payment.amount - used)
        after = _on_account(payment, payment.amount - used - _sum(settled))
        _post_difference(payment, settled, before - after, rows[0].pk, date, by)
        return payment.save_by(by, reason=_("Allocated"))


def reverse_payment(
    payment: Payment, *, date: Date, reason: str, by: User, version: int | None = None
) -> Payment:
    """Undo a payment on ``date``: the invoices it settled are open again."""
    require_reason(reason)
    with unit_of_work():
        payment = lock(payment, version=version)
        payment.transition_to(Status.REVERSED)
        for entry in entries_of(payment):
            reverse_entry(
                entry,
                date=date,
                by=by,
                source=payment,
                purpose=f"reversal {entry.purpose}".strip(),
                reason=reason,
            )
        return payment.save_by(by, reason=reason)


def _check_payment(amount: Decimal, currency: Currency, account: Account) -> None:
    require_decimal(amount, field="amount", decimal_places=currency.decimal_places)
    if account.control != Account.Control.CASH:
        raise InvalidInput(
            "no_cash_account",
            _("{account} is no bank or cash account.").format(account=account),
            field="account",
        )


def _settle(
    allocations: Sequence[Allocation],
    *,
    direction: str,
    partner: Partner,
    currency: Currency,
    most: Decimal,
    places: int,
) -> list[_Settled]:
    """Lock the invoices in the order of their keys, check each, price each allocation."""
    keys = [allocation.invoice.pk for allocation in allocations]
    if not keys:
        return []
    invoices = {
        invoice.pk: invoice
        for invoice in Invoice.objects.select_for_update(of=("self",))
        .filter(pk__in=keys)
        .order_by("pk")
    }
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
        settled.append(_priced(invoice, allocation.amount, so_far[invoice.pk], places, row))
    if _sum(settled) > most:
        raise BusinessError(
            "over_allocated",
            _("{amount} is allocated, but only {most} is there.").format(
                amount=_sum(settled), most=most
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
            invoice.kind == _KINDS[Direction(direction)],
            "wrong_direction",
            _("{invoice} is settled by a payment the other way."),
        ),
    )
    for holds, code, message in checks:
        if not holds:
            raise BusinessError(code, message.format(invoice=invoice), field="allocations", row=row)


def _priced(
    invoice: Invoice, amount: Decimal, so_far: Allocated, places: int, row: int
) -> _Settled:
    """The last allocation takes all that is left of the carrying amount."""
    still_open = invoice.total - so_far.amount
    if amount > still_open:
        raise BusinessError(
            "over_allocated",
            _("Only {open} of {invoice} is open.").format(open=still_open, invoice=invoice),
            field="allocations",
            row=row,
        )
    carrying = invoice.total_company - so_far.amount_company
    left = round_money((still_open - amount) * invoice.exchange_rate, places)
    taken = carrying if amount == still_open else carrying - left
    return _Settled(invoice, amount, taken, so_far.control_account_id)


def _sum(settled: Sequence[_Settled]) -> Decimal:
    return sum((part.amount for part in settled), ZERO)


def _on_account(payment: Payment, amount: Decimal) -> Decimal:
    """The carrying amount of money on account: at the payment's own rate."""
    return round_money(amount * payment.exchange_rate, payment.company.currency.decimal_places)


def _write_allocations(
    payment: Payment, settled: Sequence[_Settled], date: Date
) -> list[PaymentAllocation]:
    return PaymentAllocation.objects.bulk_create(
        PaymentAllocation(
            company_id=payment.company_id,
            payment=payment,
            invoice=part.invoice,
            amount=part.amount,
            amount_company=part.amount_company,
            date=date,
        )
        for part in settled
    )


def _payment_entry(payment: Payment, settled: Sequence[_Settled]) -> Entry:
    sign = 1 if payment.direction == Direction.IN else -1
    resolver = AccountResolver(payment.company)
    control = resolver.account_id(_CONTROL[Direction(payment.direction)])
    free = payment.amount - _sum(settled)
    amounts = [
        (payment.account_id, payment.amount, _on_account(payment, payment.amount), ""),
        *(
            (part.control_account_id or control, -part.amount, -part.amount_company,
             part.invoice.number)
            for part in settled
        ),
        (control, -free, -_on_account(payment, free), ""),
    ]  # fmt: skip
    difference = -sum((company for _account, _foreign, company, _memo in amounts), ZERO)
    amounts.append((resolver.account_id(PostingRole.EXCHANGE_DIFFERENCE), ZERO, difference, ""))
    return Entry(
        journal=JOURNAL,
        date=payment.date,
        source=payment,
        description=payment.reference,
        lines=[
            Line(
                account_id=account_id,
                amount=sign * company,
                currency=payment.currency_id,
                amount_currency=sign * foreign,
                memo=memo or payment.reference,
                partner_id=payment.partner_id,
            )
            for account_id, foreign, company, memo in amounts
            if company
        ],
    )


def _post_difference(
    payment: Payment,
    settled: Sequence[_Settled],
    released: Decimal,
    first_allocation: int,
    date: Date,
    by: User,
) -> None:
    """Money on account was carried at its own rate, the invoices at theirs."""
    sign = 1 if payment.direction == Direction.IN else -1
    difference = released - sum((part.amount_company for part in settled), ZERO)
    if not difference:
        return
    resolver = AccountResolver(payment.company)
    accounts = (
        (resolver.account_id(_CONTROL[Direction(payment.direction)]), difference),
        (resolver.account_id(PostingRole.EXCHANGE_DIFFERENCE), -difference),
    )
    entry = Entry(
        journal=JOURNAL,
        date=date,
        source=payment,
        purpose=f"alloc {first_allocation}",
        description=payment.number,
        lines=[
            Line(
                account_id=account_id,
                amount=sign * amount,
                currency=payment.currency_id,
                amount_currency=ZERO,
                partner_id=payment.partner_id,
            )
            for account_id, amount in accounts
        ],
    )
    post_entry(payment.company, entry, by=by)
