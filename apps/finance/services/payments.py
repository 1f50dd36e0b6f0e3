"""Payments: money in and out, allocated to invoices, with realised exchange differences."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date as Date
from decimal import Decimal

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.models import Company, Currency, User
from apps.core.money import ZERO, require_decimal
from apps.core.services.documents import (
    lock,
    require_company,
    require_not_before,
    require_reason,
    require_status,
)
from apps.core.transactions import unit_of_work
from apps.finance.models import (
    Account,
    Payment,
    PaymentAllocation,
    PostingRole,
    Settlement,
)
from apps.finance.queries.entries import entries_of
from apps.finance.queries.posting_rules import AccountResolver
from apps.finance.queries.rates import exchange_rate as rate_of
from apps.finance.services.discounts import take_discounts
from apps.finance.services.journal import Entry, Line, post_entry, post_numbered, reverse_entry
from apps.finance.services.settlement import Allocation, Settled, on_account, settle, total_of
from apps.finance.services.settlements import reverse_settlement
from apps.finance.services.write_offs import take_write_offs, write_off_payment_rest
from apps.masterdata.models import Partner

JOURNAL = "BNK"
Direction = Payment.Direction
Status = Payment.Status
_CONTROL = {Direction.IN: PostingRole.RECEIVABLE, Direction.OUT: PostingRole.PAYABLE}


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
    write_off_overpayment: bool = False,
    reason: str = "",
) -> Payment:
    """Post money received (``in``) or paid (``out``) and settle invoices with it.

    What is not allocated stays on account: an advance; or is kept with ``write_off_overpayment``,
    within the company's limit. The control account is cleared at each invoice's own rate; the rest
    goes to the exchange differences. An invoice of a later day is settled on that day: until then
    the money is an advance. ``reason`` says why something is written off. Raises ``BusinessError``
    for an over-allocation or a wrong invoice (field ``allocations``, row named), a closed period.
    """
    require_company(company, partner=partner, account=account)
    currency = currency or partner.currency
    _check_payment(amount, currency, account)
    now, ahead = _by_day(allocations, date)
    with unit_of_work():
        settled = settle(
            now,
            direction=direction,
            partner=partner,
            currency=currency,
            most=amount,
            places=company.currency.decimal_places,
            date=date,
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
        payment = payment.save_by(by)
        take_discounts(payment, now, settled, date=date, by=by)
        take_write_offs(payment, now, settled, date=date, reason=reason, by=by)
        left = amount - total_of(settled)
        for day, parts in ahead:
            payment = allocate_payment(payment, allocations=parts, date=day, reason=reason, by=by)
            date, left = day, left - sum((part.amount for part in parts), ZERO)
        if write_off_overpayment and left:
            payment = write_off_payment_rest(payment, date=date, reason=reason, by=by)
        return payment


def _by_day(
    allocations: Sequence[Allocation], date: Date
) -> tuple[list[Allocation], list[tuple[Date, list[Allocation]]]]:
    """What can be settled on ``date``, and the invoices of later days by their own."""
    now: list[Allocation] = []
    ahead: dict[Date, list[Allocation]] = {}
    for part in allocations:
        day = date if part.invoice is None else max(date, part.invoice.date)
        (now if day == date else ahead.setdefault(day, [])).append(part)
    return now, sorted(ahead.items())


def allocate_payment(
    payment: Payment,
    *,
    allocations: Sequence[Allocation],
    date: Date,
    by: User,
    write_off_overpayment: bool = False,
    reason: str = "",
) -> Payment:
    """Settle invoices with money that is on account; books the exchange difference on ``date``.

    What the invoices or the payment leave over may be written off, as when it is posted.
    """
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
        settled = settle(
            allocations,
            direction=payment.direction,
            partner=payment.partner,
            currency=payment.currency,
            most=payment.amount - used,
            places=payment.company.currency.decimal_places,
            date=date,
        )
        if not settled:
            raise InvalidInput("no_invoices", _("Say what it settles."), field="allocations")
        rows = _write_allocations(payment, settled, date)
        before = on_account(payment, payment.amount - used)
        after = on_account(payment, payment.amount - used - total_of(settled))
        post_difference(payment, settled, before - after, rows[0].pk, date, by)
        take_discounts(payment, allocations, settled, date=date, by=by)
        take_write_offs(payment, allocations, settled, date=date, reason=reason, by=by)
        payment = payment.save_by(by, reason=_("Allocated"))
        if write_off_overpayment and after:
            payment = write_off_payment_rest(payment, date=date, reason=reason, by=by)
        return payment


def reverse_payment(
    payment: Payment, *, date: Date, reason: str, by: User, version: int | None = None
) -> Payment:
    """Undo a payment on ``date``: the invoices it settled are open again."""
    require_reason(reason)
    with unit_of_work():
        payment = lock(payment, version=version)
        payment.transition_to(Status.REVERSED)
        require_not_before(date, payment.date, *payment.allocations.values_list("date", flat=True))
        for settlement in settlements_of(payment):
            reverse_settlement(settlement, date=date, reason=reason, by=by)
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


def _write_allocations(
    payment: Payment, settled: Sequence[Settled], date: Date
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


def settlements_of(payment: Payment) -> QuerySet[Settlement]:
    """What was taken or written off with ``payment`` and stands."""
    return Settlement.objects.filter(payment=payment, status=Settlement.Status.POSTED).order_by(
        "pk"
    )


def _payment_entry(payment: Payment, settled: Sequence[Settled]) -> Entry:
    sign = 1 if payment.direction == Direction.IN else -1
    resolver = AccountResolver(payment.company)
    control = resolver.account_id(_CONTROL[Direction(payment.direction)])
    free = payment.amount - total_of(settled)
    amounts = [
        (payment.account_id, payment.amount, on_account(payment, payment.amount), ""),
        *(
            (part.control_account_id or control, -part.amount, -part.amount_company,
             part.invoice.number)
            for part in settled
        ),
        (control, -free, -on_account(payment, free), ""),
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


def post_difference(
    payment: Payment,
    settled: Sequence[Settled],
    released: Decimal,
    first_allocation: int,
    date: Date,
    by: User,
) -> None:
    """Money on account was carried at its own rate, the invoices at theirs.

    What is settled on another control account, a credit note's, leaves that one.
    """
    sign = 1 if payment.direction == Direction.IN else -1
    resolver = AccountResolver(payment.company)
    control = resolver.account_id(_CONTROL[Direction(payment.direction)])
    amounts = {control: (released, total_of(settled))}
    for part in settled:
        key = part.control_account_id or control
        company, foreign = amounts.get(key, (ZERO, ZERO))
        amounts[key] = (company - part.amount_company, foreign - part.amount)
    difference = sum((company for company, _foreign in amounts.values()), ZERO)
    if not any(company for company, _foreign in amounts.values()):
        return
    exchange = resolver.account_id(PostingRole.EXCHANGE_DIFFERENCE)
    company, foreign = amounts.get(exchange, (ZERO, ZERO))
    amounts[exchange] = (company - difference, foreign)
    entry = Entry(
        journal=JOURNAL,
        date=date,
        source=payment,
        purpose=f"alloc {first_allocation}",
        description=payment.number,
        lines=[
            Line(
                account_id=account_id,
                amount=sign * company,
                currency=payment.currency_id,
                amount_currency=sign * foreign,
                partner_id=payment.partner_id,
            )
            for account_id, (company, foreign) in amounts.items()
            if company or foreign
        ],
    )
    post_entry(payment.company, entry, by=by)
