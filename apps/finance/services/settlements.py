"""Open items settled without money: netting, and how any settlement is written and undone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date as Date
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, Currency, User
from apps.core.money import ZERO
from apps.core.services.documents import lock, require_company, require_reason
from apps.core.transactions import unit_of_work
from apps.finance.models import (
    Invoice,
    PaymentAllocation,
    PostingRole,
    Settlement,
    SettlementLine,
)
from apps.finance.queries.entries import entry_of
from apps.finance.queries.open_items import open_items
from apps.finance.queries.posting_rules import AccountResolver
from apps.finance.services.journal import Entry, Line, post_numbered, reverse_entry
from apps.finance.services.settlement import Allocation, Direction, Settled, settle, total_of
from apps.finance.services.tax_entries import take_taxes_back
from apps.masterdata.models import Partner

JOURNAL = "GEN"
Kind = Invoice.Kind
Status = Settlement.Status
CONTROL = {Kind.CUSTOMER: PostingRole.RECEIVABLE, Kind.SUPPLIER: PostingRole.PAYABLE}
DIRECTION = {Kind.CUSTOMER: Direction.IN, Kind.SUPPLIER: Direction.OUT}


def net_invoices(
    company: Company,
    *,
    partner: Partner,
    date: Date,
    by: User,
    currency: Currency | None = None,
    allocations: Sequence[Allocation] = (),
    reference: str = "",
) -> Settlement:
    """Set receivables of ``partner`` off against its payables; both sides sum to the same.

    Without ``allocations`` all that can be, the longest due first. Raises ``BusinessError`` (field
    ``allocations``, row where one is at fault) for sides that differ, or nothing to net.
    """
    require_company(company, partner=partner)
    currency = currency or partner.currency
    parts = list(allocations) or propose_netting(company, partner, currency, date)
    with unit_of_work():
        _lock_all(parts)
        settled = [
            *_settle_kind(Kind.CUSTOMER, parts, partner, currency, date),
            *_settle_kind(Kind.SUPPLIER, parts, partner, currency, date),
        ]
        owed, owing = (
            total_of([part for part in settled if part.invoice.kind == kind]) for kind in CONTROL
        )
        if owed != owing or len(settled) < len(parts):
            raise BusinessError(
                "unequal_netting",
                _("Invoices of {owed} can't be netted with bills of {owing}.").format(
                    owed=owed, owing=owing
                ),
                field="allocations",
            )
        if not owed:
            raise BusinessError(
                "nothing_to_net",
                _("{partner} has not both open invoices and open bills.").format(partner=partner),
                field="partner",
            )
        settlement = new_settlement(
            company, Settlement.Kind.NETTING, partner, currency, date, by, reference=reference
        )
        lines = control_lines(settlement, settled)
        difference = -sum((line.amount for line in lines), ZERO)
        account_id = AccountResolver(company).account_id(PostingRole.EXCHANGE_DIFFERENCE)
        rest = line_of(settlement, account_id, difference, ZERO)
        return post_settlement(settlement, settled, JOURNAL, [*lines, rest], by=by)


def propose_netting(
    company: Company, partner: Partner, currency: Currency, date: Date
) -> list[Allocation]:
    """As much of the partner's open invoices and bills as sums to the same, longest due first."""
    found = {
        kind: [
            item
            for item in open_items(company, kind=kind, at=date, partner_id=partner.pk)
            if item.kind == "invoice" and item.currency == currency.pk
        ]
        for kind in CONTROL
    }
    most = min(sum((item.open for item in items), ZERO) for items in found.values())
    wanted: dict[int, Decimal] = {}
    for items in found.values():
        left = most
        for item in items:
            if left:
                wanted[item.id] = min(left, item.open)
                left -= wanted[item.id]
    invoices = Invoice.objects.in_bulk(list(wanted))
    return [Allocation(invoices[key], amount) for key, amount in wanted.items()]


def reverse_settlement(
    settlement: Settlement, *, date: Date, reason: str, by: User, version: int | None = None
) -> Settlement:
    """Undo a settlement on ``date``: what it settled is open again, corrected tax is due again.

    What a write-off kept of a payment is on account again.
    """
    require_reason(reason)
    with unit_of_work():
        if settlement.payment is not None:
            lock(settlement.payment)
        settlement = lock(settlement, version=version)
        settlement.transition_to(Status.REVERSED)
        if date < settlement.date:
            raise InvalidInput(
                "before_settlement",
                _("The settlement is of {date}.").format(date=settlement.date),
                field="date",
            )
        own = entry_of(settlement)
        mirror = reverse_entry(own, date=date, by=by, source=settlement, reason=reason)
        take_taxes_back(own.pk, mirror, date=date, by=by)
        _free_payment(settlement, date)
        return settlement.save_by(by, reason=reason)


def _free_payment(settlement: Settlement, date: Date) -> None:
    kept = PaymentAllocation.objects.filter(settlement=settlement, reverses=None)
    PaymentAllocation.objects.bulk_create(
        PaymentAllocation(
            company_id=row.company_id,
            payment_id=row.payment_id,
            settlement=settlement,
            amount=-row.amount,
            amount_company=-row.amount_company,
            date=date,
            reverses=row,
        )
        for row in kept
    )


def new_settlement(
    company: Company,
    kind: str,
    partner: Partner,
    currency: Currency,
    date: Date,
    by: User,
    **more: object,
) -> Settlement:
    """A settlement with its key, to be posted in this transaction."""
    return Settlement(
        company=company,
        kind=kind,
        partner=partner,
        currency=currency,
        date=date,
        created_by=by,
        **more,
    ).save_by(by)


def post_settlement(
    settlement: Settlement,
    settled: Sequence[Settled],
    journal: str,
    lines: Sequence[Line],
    *,
    by: User,
    reason: str = "",
) -> Settlement:
    """Write what is settled and its entry; ``lines`` that came to nothing are left out."""
    SettlementLine.objects.bulk_create(
        SettlementLine(
            company_id=settlement.company_id,
            settlement=settlement,
            invoice=part.invoice,
            amount=part.amount,
            amount_company=part.amount_company,
        )
        for part in settled
    )
    entry = Entry(
        journal=journal,
        date=settlement.date,
        source=settlement,
        description=settlement.reference or settlement.get_kind_display(),
        lines=[line for line in lines if line.amount],
    )
    [posted] = post_numbered(settlement.company, [entry], by=by)
    settlement.number, settlement.entry_id = posted.number, posted.id
    return settlement.save_by(by, reason=reason)


def _settle_kind(
    kind: Kind,
    parts: Sequence[Allocation],
    partner: Partner,
    currency: Currency,
    date: Date,
) -> list[Settled]:
    own = [part for part in parts if part.invoice.kind == kind]
    settled = settle(
        own,
        direction=DIRECTION[kind],
        partner=partner,
        currency=currency,
        most=sum((part.amount for part in own), ZERO),
        places=partner.company.currency.decimal_places,
        date=date,
    )
    for row, part in enumerate(settled):
        _require_kind(part.invoice, kind, row)
    return settled


def _lock_all(parts: Sequence[Allocation]) -> None:
    """Both sides in one order of keys, so that no two nettings wait for each other."""
    keys = [part.invoice.pk for part in parts]
    list(Invoice.objects.select_for_update(of=("self",)).filter(pk__in=keys).order_by("pk"))


def _require_kind(invoice: Invoice, kind: Kind, row: int) -> None:
    if invoice.kind != kind:
        raise BusinessError(
            "wrong_direction",
            _("{invoice} is settled the other way.").format(invoice=invoice),
            field="allocations",
            row=row,
        )


def control_lines(settlement: Settlement, settled: Sequence[Settled]) -> list[Line]:
    """What leaves the control accounts, an invoice a line."""
    resolver = AccountResolver(settlement.company)
    lines = []
    for part in settled:
        kind = Kind(part.invoice.kind)
        sign = -1 if kind == Kind.CUSTOMER else 1
        account_id = part.control_account_id or resolver.account_id(CONTROL[kind])
        lines.append(
            line_of(
                settlement,
                account_id,
                sign * part.amount_company,
                sign * part.amount,
                part.invoice.number,
            )
        )
    return lines


def line_of(
    settlement: Settlement, account_id: int, amount: Decimal, foreign: Decimal, memo: str = ""
) -> Line:
    """A line of the settlement's entry, in company currency and in its own."""
    return Line(
        account_id=account_id,
        amount=amount,
        currency=settlement.currency_id,
        amount_currency=foreign,
        memo=memo or settlement.reference,
        partner_id=settlement.partner_id,
    )
