"""Opening balances: the first entry of a company that kept its books elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.models import Company, Currency, User
from apps.core.money import ZERO, round_money
from apps.core.transactions import unit_of_work
from apps.finance.models import Account, Invoice, Journal, JournalVoucher, PostingRole
from apps.finance.queries.posting_rules import AccountResolver
from apps.finance.queries.rates import exchange_rate
from apps.finance.services.invoices import BillingLine, draft_invoice, post_invoice
from apps.finance.services.vouchers import VoucherLine, draft_voucher, post_voucher
from apps.masterdata.models import Partner

JOURNAL = "GEN"
Control = Account.Control
_KINDS = {Control.RECEIVABLE: Invoice.Kind.CUSTOMER, Control.PAYABLE: Invoice.Kind.SUPPLIER}


@dataclass(frozen=True, slots=True)
class OpeningBalance:
    """A line of the old books' trial balance, debit above zero, in company currency."""

    account: Account
    amount: Decimal


@dataclass(frozen=True, slots=True)
class OpeningItem:
    """An invoice or bill that is still open, in its own currency and at the rate it was booked."""

    kind: str
    partner: Partner
    reference: str
    due_date: Date
    amount: Decimal
    currency: Currency | None = None
    exchange_rate: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Opening:
    """What was posted, and what other apps must still bring in, by account code.

    Stock, work in process and goods not invoiced come from their own registers against the
    opening account; when they have come, its balance is zero (``queries.opening``).
    """

    voucher: JournalVoucher
    invoices: list[Invoice]
    to_come: dict[str, Decimal]


def post_opening_balances(
    company: Company,
    *,
    date: Date,
    balances: Sequence[OpeningBalance],
    items: Sequence[OpeningItem] = (),
    by: User,
) -> Opening:
    """Post the old trial balance on ``date``: free accounts by voucher, open items as invoices.

    Raises ``InvalidInput`` when the balances do not sum to zero, or the open items not to the
    balance of receivables or payables.
    """
    _require_zero_sum(balances)
    with unit_of_work():
        rates = [
            item.exchange_rate
            or exchange_rate(company, (item.currency or item.partner.currency).pk, date)
            for item in items
        ]
        _require_items_tie(company, balances, items, rates)
        opening = Account.objects.get(pk=AccountResolver(company).account_id(PostingRole.OPENING))
        free = [row for row in balances if row.account.takes_manual_lines and row.amount]
        voucher = draft_voucher(
            company,
            journal=Journal.objects.get(company=company, code=JOURNAL),
            date=date,
            description=_("Opening balances"),
            lines=_voucher_lines(free, opening),
            by=by,
        )
        voucher = post_voucher(voucher, by=by)
        invoices = [
            _post_item(company, item, rate, opening, date, by)
            for item, rate in zip(items, rates, strict=True)
        ]
    to_come = {
        row.account.code: row.amount
        for row in balances
        if not row.account.takes_manual_lines and row.account.control not in _KINDS
    }
    return Opening(voucher, invoices, to_come)


def check_opening_balances(
    company: Company,
    *,
    date: Date,
    balances: Sequence[OpeningBalance],
    items: Sequence[OpeningItem] = (),
    by: User,
) -> dict[str, Decimal]:
    """What would still have to come, by account code: a posting that goes all the way, its numbers
    and periods included, and is taken back. Raises what the posting would."""
    try:
        with unit_of_work(), transaction.atomic():
            raise _Undo(
                post_opening_balances(
                    company, date=date, balances=balances, items=items, by=by
                ).to_come
            )
    except _Undo as undone:
        return undone.to_come


class _Undo(Exception):
    def __init__(self, to_come: dict[str, Decimal]) -> None:
        super().__init__()
        self.to_come = to_come


def _require_zero_sum(balances: Sequence[OpeningBalance]) -> None:
    difference = sum((row.amount for row in balances), ZERO)
    if difference:
        raise InvalidInput(
            "opening_unbalanced",
            _("Debits and credits differ by {difference}.").format(difference=difference),
            field="balances",
            details={"difference": str(difference)},
        )


def _require_items_tie(
    company: Company,
    balances: Sequence[OpeningBalance],
    items: Sequence[OpeningItem],
    rates: Sequence[Decimal],
) -> None:
    places = company.currency.decimal_places
    for control, kind in _KINDS.items():
        booked = sum((row.amount for row in balances if row.account.control == control), ZERO)
        listed = sum(
            (
                round_money(item.amount * rate, places)
                for item, rate in zip(items, rates, strict=True)
                if item.kind == kind
            ),
            ZERO,
        )
        difference = booked - (listed if kind == Invoice.Kind.CUSTOMER else -listed)
        if difference:
            raise InvalidInput(
                "open_items_differ",
                _("{control}: the balance and the open items differ by {difference}.").format(
                    control=control.label, difference=difference
                ),
                field="items",
                details={"control": control.value, "difference": str(difference)},
            )


def _voucher_lines(free: Sequence[OpeningBalance], opening: Account) -> list[VoucherLine]:
    amounts = [(row.account, row.amount) for row in free]
    amounts.append((opening, -sum((row.amount for row in free), ZERO)))
    return [
        VoucherLine(account, debit=max(amount, ZERO), credit=max(-amount, ZERO))
        for account, amount in amounts
        if amount
    ]


def _post_item(
    company: Company, item: OpeningItem, rate: Decimal, opening: Account, date: Date, by: User
) -> Invoice:
    line = BillingLine(
        quantity=Decimal(1),
        unit_price=item.amount,
        description=_("Opening balance"),
        account=opening,
    )
    invoice = draft_invoice(
        company,
        kind=item.kind,
        partner=item.partner,
        date=date,
        due_date=item.due_date,
        reference=item.reference,
        currency=item.currency,
        lines=[line],
        by=by,
    )
    return post_invoice(invoice, exchange_rate=rate, is_approved=True, by=by)
