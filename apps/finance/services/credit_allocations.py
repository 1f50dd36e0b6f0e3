"""Credit notes, ours and suppliers', set off against what is open."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date as Date
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import User
from apps.core.money import ZERO, round_money
from apps.core.services.documents import lock, require_status
from apps.core.transactions import unit_of_work
from apps.finance.models import CreditAllocation, Invoice, PostingRole
from apps.finance.queries.open_items import allocated_amounts, open_items
from apps.finance.queries.posting_rules import AccountResolver
from apps.finance.services.invoice_entries import CONTROL, JOURNALS
from apps.finance.services.journal import Entry, Line, post_entry
from apps.finance.services.settlement import (
    Allocation,
    Direction,
    Settled,
    priced,
    settle,
    total_of,
)

Kind = Invoice.Kind
Status = Invoice.Status


def allocate_credit_note(
    note: Invoice, *, allocations: Sequence[Allocation], date: Date, by: User
) -> Invoice:
    """Settle invoices with a posted credit note, bills with a supplier's.

    Books the exchange difference on ``date``.
    """
    with unit_of_work():
        note = lock(note)
        require_status(note, Status.POSTED)
        settles = _settled_by(note)
        for row, part in enumerate(allocations):
            if part.invoice is not None and part.invoice.kind != settles:
                raise BusinessError(
                    "wrong_direction",
                    _("{note} does not settle {invoice}.").format(note=note, invoice=part.invoice),
                    field="allocations",
                    row=row,
                )
        if date < note.date:
            raise InvalidInput(
                "before_credit",
                _("The credit note is of {date}.").format(date=note.date),
                field="date",
            )
        places = note.company.currency.decimal_places
        so_far = allocated_amounts([note.pk])[note.pk]
        settled = settle(
            allocations,
            direction=Direction.IN if settles == Kind.CUSTOMER else Direction.OUT,
            partner=note.partner,
            currency=note.currency,
            most=note.total - so_far.amount,
            places=places,
            date=date,
        )
        if not settled:
            raise InvalidInput("no_invoices", _("Say what it settles."), field="allocations")
        taken = priced(note, total_of(settled), so_far, places, 0).amount_company
        rows = _write(note, settled, taken, date, places)
        _post_difference(note, settled, taken, rows[0].pk, date, by)
        return note.save_by(by, reason=_("Allocated"))


def set_off_credit_note(
    note: Invoice, *, date: Date, by: User, version: int | None = None
) -> Invoice:
    """Settle the partner's open invoices with what is left of ``note``, the longest due first.

    Raises ``BusinessError`` ``nothing_open`` when none is open, or nothing of the note.
    """
    with unit_of_work():
        note = lock(note, version=version)
        require_status(note, Status.POSTED)
        kind = _settled_by(note)
        left = note.total - allocated_amounts([note.pk])[note.pk].amount
        wanted: dict[int, Decimal] = {}
        for item in open_items(note.company, kind=kind, at=date, partner_id=note.partner_id):
            if left and item.kind == "invoice" and item.currency == note.currency_id:
                wanted[item.id] = min(left, item.open)
                left -= wanted[item.id]
        if not wanted:
            raise BusinessError(
                "nothing_open",
                _("Nothing is open that {note} could settle.").format(note=note),
                field="date",
            )
        invoices = Invoice.objects.in_bulk(wanted)
        parts = [Allocation(invoices[key], part) for key, part in wanted.items()]
        return allocate_credit_note(note, allocations=parts, date=date, by=by)


def _settled_by(note: Invoice) -> str:
    """The kind of document that ``note`` settles."""
    kind = Invoice.CREDITS.get(Kind(note.kind))
    if kind is None:
        raise InvalidInput("no_credit_note", _("This is no credit note."), field="kind")
    return kind


def _write(
    note: Invoice, settled: Sequence[Settled], taken: Decimal, date: Date, places: int
) -> list[CreditAllocation]:
    rows, running, reached = [], ZERO, ZERO
    for part in settled:
        running += part.amount
        upto = round_money(taken * running / total_of(settled), places)
        rows.append(
            CreditAllocation(
                company_id=note.company_id,
                credit_note=note,
                invoice=part.invoice,
                amount=part.amount,
                amount_company=part.amount_company,
                credit_company=upto - reached,
                date=date,
            )
        )
        reached = upto
    return CreditAllocation.objects.bulk_create(rows)


def _post_difference(
    note: Invoice,
    settled: Sequence[Settled],
    taken: Decimal,
    first_allocation: int,
    date: Date,
    by: User,
) -> None:
    """The credit note was carried at its own rate, the invoices at theirs."""
    difference = taken - sum((part.amount_company for part in settled), ZERO)
    if not difference:
        return
    kind = Kind(note.kind)
    if kind == Kind.BILL_CREDIT:
        difference = -difference
    resolver = AccountResolver(note.company)
    accounts = (
        (resolver.account_id(CONTROL[kind]), difference),
        (resolver.account_id(PostingRole.EXCHANGE_DIFFERENCE), -difference),
    )
    entry = Entry(
        journal=JOURNALS[kind],
        date=date,
        source=note,
        purpose=f"alloc {first_allocation}",
        description=note.number,
        lines=[
            Line(
                account_id=account_id,
                amount=amount,
                currency=note.currency_id,
                amount_currency=ZERO,
                partner_id=note.partner_id,
            )
            for account_id, amount in accounts
        ],
    )
    post_entry(note.company, entry, by=by)
