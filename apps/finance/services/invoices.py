"""Customer invoices and supplier bills: receivables and payables of the general ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, Currency, User
from apps.core.money import ZERO, require_decimal, round_money
from apps.core.services.documents import (
    lock,
    require_company,
    require_not_before,
    require_reason,
    require_status,
)
from apps.core.transactions import unit_of_work
from apps.finance.conversion import tax_amounts
from apps.finance.models import Account, CostObject, Invoice, InvoiceLine, TaxCode
from apps.finance.queries.entries import allocation_entries, entry_of
from apps.finance.queries.open_items import allocated_amounts
from apps.finance.queries.rates import exchange_rate as rate_of
from apps.finance.services.approvals import require_approved
from apps.finance.services.asset_credits import (
    credit_assets,
    lock_credited,
    lock_restored,
    restore_assets,
)
from apps.finance.services.credit_checks import (
    require_creditable,
    require_not_credited,
    require_within_credited,
)
from apps.finance.services.instalments import set_terms, write_instalments
from apps.finance.services.invoice_entries import invoice_entry
from apps.finance.services.journal import Line, post_numbered, reverse_entry
from apps.finance.services.line_sources import keep_sources
from apps.finance.services.line_taxes import (
    nets_and_taxes,
    require_no_tax_account,
    require_taxes,
)
from apps.finance.services.revaluations import release_revaluations
from apps.finance.services.tax_entries import enter_taxes, take_taxes_back
from apps.finance.signals import invoice_cancelled, invoice_posted, invoice_reversed
from apps.masterdata.models import Item, Partner, PaymentTerms

Kind = Invoice.Kind
Status = Invoice.Status


@dataclass(frozen=True, slots=True)
class BillingLine:
    """What is billed. ``unit_price`` is net, in the invoice's currency.

    With ``price_includes_tax`` it is gross, and the tax is taken out of it. ``withholding`` is
    the tax that is kept back from the payment.

    ``source`` is the shipment or receipt line behind it; only with one may ``account`` be a
    control account (goods received, not invoiced). ``amount`` and ``tax_amount`` are given where
    they have to make up a sum with those of other documents. ``credits_price`` is for what a credit
    note takes off the price of units that stay billed.
    """

    quantity: Decimal
    unit_price: Decimal
    item: Item | None = None
    description: str = ""
    tax_code: TaxCode | None = None
    account: Account | None = None
    cost_object: CostObject | None = None
    source: Any = None
    amount: Decimal | None = None
    tax_amount: Decimal | None = None
    price_includes_tax: bool = False
    withholding: TaxCode | None = None
    credits_price: bool = False


def draft_invoice(
    company: Company,
    *,
    kind: str,
    partner: Partner,
    date: Date,
    lines: Sequence[BillingLine],
    by: User,
    currency: Currency | None = None,
    due_date: Date | None = None,
    payment_terms: PaymentTerms | None = None,
    reference: str = "",
    credits: Invoice | None = None,
) -> Invoice:
    """Write an invoice, a bill or a credit note down, with its taxes, in three statements.

    The partner's currency and payment terms apply unless others are given; a ``due_date`` stands
    instead of terms. ``credits`` is the posted invoice that a credit note takes back, all or in
    part.
    """
    require_company(company, partner=partner, credits=credits, payment_terms=payment_terms)
    _require_role(kind, partner)
    currency = currency or (credits.currency if credits else partner.currency)
    require_creditable(kind, credits, partner, currency)
    with unit_of_work():
        invoice = Invoice(
            company=company,
            kind=Kind(kind),
            partner=partner,
            date=date,
            reference=reference,
            currency=currency,
            credits=credits,
            created_by=by,
        )
        set_terms(invoice, payment_terms=payment_terms, due_date=due_date)
        rows = _lines(invoice, lines)
        invoice.save_by(by)
        InvoiceLine.objects.bulk_create(rows)
    return invoice


def change_invoice(
    invoice: Invoice,
    *,
    by: User,
    date: Date | None = None,
    due_date: Date | None = None,
    payment_terms: PaymentTerms | None = None,
    lines: Sequence[BillingLine] | None = None,
    reference: str | None = None,
    version: int | None = None,
) -> Invoice:
    """Change what a draft says; ``lines`` replace all of them.

    A line that stays on its item and account is still of what it was of.
    With ``payment_terms``, given now or before, the due date follows the invoice's date.
    """
    with unit_of_work():
        invoice = lock(invoice, version=version)
        require_status(invoice, Status.DRAFT)
        require_company(invoice.company, payment_terms=payment_terms)
        invoice.approved_by = None
        invoice.date = date or invoice.date
        if due_date is not None or payment_terms is not None:
            set_terms(invoice, payment_terms=payment_terms, due_date=due_date)
        elif date is not None and invoice.payment_terms is not None:
            set_terms(invoice, payment_terms=invoice.payment_terms, due_date=None)
        if reference is not None:
            invoice.reference = reference
        if lines is not None:
            kept = keep_sources(lines, list(invoice.lines.order_by("pk")))
            invoice.lines.all().delete()
            InvoiceLine.objects.bulk_create(_lines(invoice, kept))
        return invoice.save_by(by)


def post_invoice(
    invoice: Invoice,
    *,
    by: User,
    extra_lines: Sequence[Line] = (),
    exchange_rate: Decimal | None = None,
    is_approved: bool = False,
    version: int | None = None,
) -> Invoice:
    """Post a draft: receivable or payable against revenue or cost, and tax.

    ``is_approved`` says that another document stands for a bill's approval: the match with its
    order and receipt, say.
    ``extra_lines`` are the caller's own lines for the same entry (a price variance); they balance
    among themselves. Without ``exchange_rate`` that of the invoice's date applies.
    Raises ``BusinessError`` for a missing rate or rule, a closed period, a bill entered before.
    Nine statements however many lines.
    """
    with unit_of_work():
        invoice = lock(invoice, version=version)
        invoice.transition_to(Status.POSTED)
        if not is_approved:
            require_approved(invoice)
        lines = list(
            invoice.lines.select_related(
                "item",
                "tax_code",
                "withholding",
                "account",
                "invoice__currency",
                "company__currency",
            )
        )
        if not lines or invoice.total <= 0:
            raise InvalidInput(
                "nothing_to_bill", _("An invoice bills more than nothing."), field="lines"
            )
        company = lines[0].company
        _require_new_reference(invoice)
        require_within_credited(invoice)
        invoice.exchange_rate = exchange_rate or rate_of(company, invoice.currency_id, invoice.date)
        invoice.total_company = round_money(
            invoice.total * invoice.exchange_rate, company.currency.decimal_places
        )
        told: Any = invoice_posted.send(Invoice, invoice=invoice, lines=lines, by=by)
        extra: list[Line] = [*extra_lines]
        for _receiver, more in told:
            extra += more or ()
        credited = lock_credited(invoice, lines)
        entry, taxes = invoice_entry(company, invoice, lines, extra)
        [posted] = post_numbered(company, [entry], by=by)
        enter_taxes(invoice, posted.id, taxes, by=by)
        write_instalments(invoice)
        invoice.number, invoice.entry_id = posted.number, posted.id
        credit_assets(invoice, credited, by=by)
        return invoice.save_by(by)


def reverse_invoice(
    invoice: Invoice, *, date: Date, reason: str, by: User, version: int | None = None
) -> Invoice:
    """Post the mirror image on ``date``: the credit note over all of it, tax included.

    Raises ``BusinessError`` while payments are allocated to it.
    """
    require_reason(reason)
    with unit_of_work():
        invoice = lock(invoice, version=version)
        invoice.transition_to(Status.REVERSED)
        is_credit_note = invoice.kind in Invoice.CREDITS
        settled_on = invoice.credit_allocations.values_list("date", flat=True)
        require_not_before(date, invoice.date, *(settled_on if is_credit_note else ()))
        settled = allocated_amounts([invoice.pk])[invoice.pk]
        # what a credit note settled is open again, as with a payment that is reversed
        if settled.paid if is_credit_note else settled.amount:
            raise BusinessError(
                "has_payments",
                _("{invoice} has payments. Reverse them first.").format(invoice=invoice),
            )
        require_not_credited(invoice)
        invoice_reversed.send(Invoice, invoice=invoice, date=date, reason=reason, by=by)
        credited = lock_restored(invoice)
        for entry in allocation_entries(invoice) if is_credit_note else ():
            purpose = f"reversal {entry.purpose}"
            reverse_entry(entry, date=date, by=by, source=invoice, purpose=purpose, reason=reason)
        if invoice.currency_id != invoice.company.currency_id:
            release_revaluations(invoice, date=date, by=by)
        own = entry_of(invoice)
        mirror = reverse_entry(own, date=date, by=by, source=invoice, reason=reason)
        take_taxes_back(own.pk, mirror, date=date, by=by)
        restore_assets(invoice, credited, date=date, reason=reason, by=by)
        return invoice.save_by(by, reason=reason)


def cancel_invoice(
    invoice: Invoice, *, by: User, reason: str = "", version: int | None = None
) -> Invoice:
    """Give up a draft; no number was taken."""
    with unit_of_work():
        invoice = lock(invoice, version=version)
        invoice.transition_to(Status.CANCELLED)
        invoice_cancelled.send(Invoice, invoice=invoice, reason=reason, by=by)
        return invoice.save_by(by, reason=reason)


def delete_draft(invoice: Invoice, *, by: User, version: int | None = None) -> None:
    """Remove a draft altogether; its history stays."""
    with unit_of_work():
        invoice = lock(invoice, version=version)
        require_status(invoice, Status.DRAFT)
        invoice._history_user = by  # type: ignore[attr-defined]
        invoice.delete()


def _require_role(kind: str, partner: Partner) -> None:
    is_purchase = kind in Invoice.PURCHASES
    plays = partner.is_supplier if is_purchase else partner.is_customer
    if not plays:
        text = _("{partner} is no supplier.") if is_purchase else _("{partner} is no customer.")
        raise InvalidInput("wrong_partner", text.format(partner=partner), field="partner")


def _require_new_reference(invoice: Invoice) -> None:
    if invoice.kind not in Invoice.PURCHASES or not invoice.reference:
        return
    if Invoice.objects.filter(
        partner=invoice.partner_id,
        reference=invoice.reference,
        kind=invoice.kind,
        status=Status.POSTED,
    ).exists():
        raise BusinessError(
            "entered_before",
            _("{reference} of this supplier is posted already.").format(
                reference=invoice.reference
            ),
            field="reference",
        )


def _lines(invoice: Invoice, lines: Sequence[BillingLine]) -> list[InvoiceLine]:
    """Rows with net and tax; sets the invoice's total."""
    places = invoice.currency.decimal_places
    for row, line in enumerate(lines):
        _check_line(invoice, line, row)
    nets, taxes = nets_and_taxes(lines, places)
    withheld = tax_amounts(
        nets, [line.withholding.rate if line.withholding else None for line in lines], places
    )
    invoice.total = sum(nets, ZERO) + sum(taxes, ZERO) - sum(withheld, ZERO)
    types = {
        type(line.source): ContentType.objects.get_for_model(line.source)
        for line in lines
        if line.source is not None
    }
    return [
        InvoiceLine(
            company_id=invoice.company_id,
            invoice=invoice,
            item=line.item,
            description=line.description or (line.item.name if line.item else ""),
            quantity=line.quantity,
            unit_price=line.unit_price,
            amount=net,
            tax_code=line.tax_code,
            tax_amount=tax,
            price_includes_tax=line.price_includes_tax,
            withholding=line.withholding,
            withheld_amount=kept,
            credits_price=line.credits_price,
            account=line.account,
            cost_object=line.cost_object,
            source_type=types.get(type(line.source)),
            source_id=line.source.pk if line.source is not None else None,
        )
        for line, net, tax, kept in zip(lines, nets, taxes, withheld, strict=True)
    ]


def _check_line(invoice: Invoice, line: BillingLine, row: int) -> None:
    require_decimal(line.quantity, field="quantity", row=row)
    require_decimal(line.unit_price, field="unit_price", row=row, positive=False)
    require_company(
        invoice.company,
        row=row,
        item=line.item,
        tax_code=line.tax_code,
        withholding=line.withholding,
        account=line.account,
        cost_object=line.cost_object,
    )
    require_taxes(line, row)
    require_no_tax_account(line, row)
    if line.account and line.source is None and not line.account.takes_manual_lines:
        raise BusinessError(
            "control_account",
            _("{account} is kept by its own documents and takes no manual line.").format(
                account=line.account
            ),
            field="account",
            row=row,
        )
