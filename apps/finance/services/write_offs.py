"""Small remainders given up: of invoices, alone or with the payment that leaves them; of payments.

The account is the posting rule's for small differences written off. Whatever was written off of
one document together stays within the limit of the company's policy.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date as Date
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, Currency, User
from apps.core.money import ZERO, require_decimal
from apps.core.services.documents import lock, require_company, require_reason, require_status
from apps.core.transactions import unit_of_work
from apps.finance.models import (
    Invoice,
    Payment,
    PaymentAllocation,
    PostingRole,
    Settlement,
)
from apps.finance.queries.open_items import allocated_amounts
from apps.finance.queries.policies import policy_of
from apps.finance.queries.posting_rules import AccountResolver
from apps.finance.queries.write_offs import written_off_amounts
from apps.finance.services.settlement import (
    Allocation,
    Direction,
    Settled,
    left_of,
    on_account,
    priced,
    settle,
)
from apps.finance.services.settlements import (
    CONTROL,
    DIRECTION,
    JOURNAL,
    control_lines,
    line_of,
    new_settlement,
    post_settlement,
)
from apps.masterdata.models import Partner

Kind = Invoice.Kind
_CONTROL_OF = {Direction.IN: PostingRole.RECEIVABLE, Direction.OUT: PostingRole.PAYABLE}


def write_off(
    company: Company,
    *,
    partner: Partner,
    date: Date,
    allocations: Sequence[Allocation],
    reason: str,
    by: User,
) -> Settlement:
    """Give up small remainders of invoices, or of bills, each within the company's limit.

    Raises ``BusinessError`` ``over_limit`` naming the row, in company currency.
    """
    reason = require_reason(reason)
    require_company(company, partner=partner)
    if not allocations:
        raise InvalidInput("no_invoices", _("Say what is written off."), field="allocations")
    kind = Kind(allocations[0].invoice.kind)
    _require_kind(kind, 0)
    currency = allocations[0].invoice.currency
    with unit_of_work():
        settled = settle(
            allocations,
            direction=DIRECTION[kind],
            partner=partner,
            currency=currency,
            most=sum((part.amount for part in allocations), ZERO),
            places=company.currency.decimal_places,
            date=date,
        )
        _require_within_limit(company, list(enumerate(settled)))
        return _post(company, partner, currency, settled, date, reason, by)


def write_off_rest(
    invoice: Invoice, *, date: Date, reason: str, by: User, version: int | None = None
) -> Settlement:
    """Write off what is still open of ``invoice``."""
    with unit_of_work():
        invoice = lock(invoice, version=version)
        require_status(invoice, Invoice.Status.POSTED)
        still_open = invoice.total - allocated_amounts([invoice.pk])[invoice.pk].amount
        return write_off(
            invoice.company,
            partner=invoice.partner,
            date=date,
            allocations=[Allocation(invoice, still_open)],
            reason=reason,
            by=by,
        )


def take_write_offs(
    payment: Payment,
    allocations: Sequence[Allocation],
    settled: Sequence[Settled],
    *,
    date: Date,
    reason: str,
    by: User,
) -> list[Settlement]:
    """Give up what the allocations of ``payment`` say it left over: a settlement per invoice.

    The invoices are locked by the payment's own allocations. Raises ``BusinessError`` (field
    ``allocations``, row) beyond the company's limit or beyond what is open.
    """
    given = [
        (row, part, allocation.write_off)
        for row, (allocation, part) in enumerate(zip(allocations, settled, strict=True))
        if allocation.write_off
    ]
    if not given:
        return []
    reason = require_reason(reason)
    places = payment.company.currency.decimal_places
    so_far = allocated_amounts([part.invoice.pk for _row, part, _amount in given])
    parts = []
    for row, part, amount in given:
        _require_kind(Kind(part.invoice.kind), row)
        require_decimal(
            amount, field="allocations", row=row, decimal_places=payment.currency.decimal_places
        )
        parts.append((row, priced(part.invoice, amount, so_far[part.invoice.pk], places, row)))
    _require_within_limit(payment.company, parts)
    return [
        _post(payment.company, payment.partner, payment.currency, [part], date, reason, by, payment)
        for _row, part in parts
    ]


def write_off_payment_rest(
    payment: Payment, *, date: Date, reason: str, by: User, version: int | None = None
) -> Payment:
    """Keep the small rest of an overpayment: what is on account of ``payment`` goes off it.

    Raises ``BusinessError`` ``over_limit`` (field ``amount``), ``nothing_on_account``.
    """
    reason = require_reason(reason)
    with unit_of_work():
        payment = lock(payment, version=version)
        require_status(payment, Payment.Status.POSTED)
        if date < payment.date:
            raise InvalidInput(
                "before_payment",
                _("The money came on {date}.").format(date=payment.date),
                field="date",
            )
        rest = left_of(payment)
        if not rest:
            raise BusinessError(
                "nothing_on_account",
                _("Nothing of {payment} is on account.").format(payment=payment),
                field="amount",
            )
        worth = on_account(payment, rest)
        limit = policy_of(payment.company).write_off_limit
        if worth + _kept_before(payment) > limit:
            raise _over_limit(worth + _kept_before(payment), payment, limit, field="amount")
        settlement = new_settlement(
            payment.company,
            Settlement.Kind.WRITE_OFF,
            payment.partner,
            payment.currency,
            date,
            by,
            payment=payment,
            reference=reason[:60],
        )
        direction = Direction(payment.direction)
        sign = 1 if direction == Direction.IN else -1
        resolver = AccountResolver(payment.company)
        accounts = (
            (resolver.account_id(_CONTROL_OF[direction]), sign),
            (_account_id(resolver), -sign),
        )
        lines = [
            line_of(settlement, account_id, side * worth, side * rest, payment.number)
            for account_id, side in accounts
        ]
        settlement = post_settlement(settlement, [], JOURNAL, lines, by=by, reason=reason)
        PaymentAllocation.objects.create(
            company_id=payment.company_id,
            payment=payment,
            settlement=settlement,
            amount=rest,
            amount_company=worth,
            date=date,
        )
        return payment.save_by(by, reason=reason)


def _kept_before(payment: Payment) -> Decimal:
    rows = payment.allocations.filter(invoice=None)
    return sum((row.amount_company for row in rows), ZERO)


def _require_kind(kind: Kind, row: int) -> None:
    if kind not in CONTROL:
        raise InvalidInput(
            "wrong_direction", _("Allocate a credit note instead."), field="allocations", row=row
        )


def _require_within_limit(company: Company, parts: Sequence[tuple[int, Settled]]) -> None:
    limit = policy_of(company).write_off_limit
    before = written_off_amounts([part.invoice.pk for _row, part in parts])
    for row, part in parts:
        amount = before.get(part.invoice.pk, ZERO) + part.amount_company
        if amount > limit:
            raise _over_limit(amount, part.invoice, limit, field="allocations", row=row)


def _over_limit(
    amount: Decimal,
    document: Invoice | Payment,
    limit: Decimal,
    *,
    field: str,
    row: int | None = None,
) -> BusinessError:
    return BusinessError(
        "over_limit",
        _("{amount} of {document} is more than may be written off ({limit}).").format(
            amount=amount, document=document, limit=limit
        ),
        field=field,
        row=row,
    )


def _post(
    company: Company,
    partner: Partner,
    currency: Currency,
    settled: Sequence[Settled],
    date: Date,
    reason: str,
    by: User,
    payment: Payment | None = None,
) -> Settlement:
    settlement = new_settlement(
        company,
        Settlement.Kind.WRITE_OFF,
        partner,
        currency,
        date,
        by,
        payment=payment,
        reference=reason[:60],
    )
    lines = control_lines(settlement, settled)
    given_up = -sum((line.amount for line in lines), ZERO)
    foreign = -sum((line.amount_currency or ZERO for line in lines), ZERO)
    rest = line_of(settlement, _account_id(AccountResolver(company)), given_up, foreign)
    return post_settlement(settlement, settled, JOURNAL, [*lines, rest], by=by, reason=reason)


def _account_id(resolver: AccountResolver) -> int:
    return resolver.account_id(PostingRole.WRITE_OFF, otherwise=PostingRole.ROUNDING)
