"""Supplier bills against receipts: the three-way match, and where a difference in price goes.

The bill clears goods received, not invoiced at the value of the receipt. What it asks above that,
by a dearer price or by more units than came, is late cost of the units that came, wherever they
are now; for items at standard cost it is a price variance. What only the exchange rate changed
since the receipt is an exchange difference: stock keeps the rate of the day it came (IAS 21 ¶23).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.models import Company, Currency, User
from apps.core.money import ZERO, require_decimal, round_money
from apps.core.services.documents import require_company
from apps.core.sql import insert_rows
from apps.core.transactions import unit_of_work
from apps.finance.conversion import convert
from apps.finance.models import Account, Invoice, InvoiceLine, PostingRole, TaxCode
from apps.finance.queries.posting_rules import AccountResolver
from apps.finance.queries.rates import exchange_rate as rate_of
from apps.finance.services.invoices import BillingLine, draft_invoice, post_invoice
from apps.finance.services.journal import Line
from apps.inventory.models import StockMove
from apps.inventory.services.cost_adjustments import adjust_receipts
from apps.masterdata.models import Partner
from apps.supply_chain.models import BillMatch, PurchaseOrder, Receipt, ReceiptLine
from apps.supply_chain.queries.grni import billed_quantities
from apps.supply_chain.services.bill_tolerances import require_within_tolerance
from apps.supply_chain.services.billable_lines import (
    BillableLine,
    BilledLine,
    grni_accounts,
    lock_billable,
    lock_receipt_lines,
)
from apps.supply_chain.services.direct_costs import is_direct, price_lines
from apps.supply_chain.services.stated_taxes import unexplained, with_stated_tax

JOURNAL = "PUR"
LATE_COST = "late_cost"
LATE_COST_REVERSAL = "late_cost_reversal"


@dataclass(frozen=True, slots=True)
class _Difference:
    """What a bill asks of a line beyond the receipt's value, in company currency."""

    price: Decimal
    exchange: Decimal


@dataclass(frozen=True, slots=True)
class LateCost:
    """``amount`` more for what ``move`` brought, owed on ``account_id``."""

    move: StockMove
    account_id: int
    amount: Decimal


def bill_receipts(
    company: Company,
    *,
    partner: Partner,
    reference: str,
    date: Date,
    lines: Sequence[BilledLine],
    by: User,
    currency: Currency | None = None,
    due_date: Date | None = None,
    tax_amount: Decimal = ZERO,
    tax_code: TaxCode | None = None,
    tax_is_cost: bool = False,
    freight_amount: Decimal = ZERO,
) -> Invoice:
    """Enter and post a supplier's bill for what was received, and match it.

    ``tax_amount`` is tax that the bill states as a sum (else give tax codes), of ``tax_code`` or
    the codes whose rates fit; with ``tax_is_cost`` none is claimed back. ``freight_amount`` is its
    charges. Raises ``BusinessError`` naming the row for a quantity above what was received, or a
    price above the order's, beyond the tolerance of the company's policy; ``tax_unexplained`` for
    a sum that no code explains.
    """
    _check(company, partner, lines, tax_amount, freight_amount)
    require_company(company, tax_code=tax_code)
    currency = currency or lines[0].receipt_line.receipt.order.currency
    with unit_of_work():
        billable = lock_billable(company, partner, currency, lines)
        require_within_tolerance(company, billable)
        invoice = draft_invoice(
            company,
            kind=Invoice.Kind.SUPPLIER,
            partner=partner,
            date=date,
            due_date=due_date,
            currency=currency,
            reference=reference,
            lines=_billing_lines(
                company, currency, billable, tax_amount, tax_code, tax_is_cost, freight_amount
            ),
            by=by,
        )
        rows = list(invoice.lines.order_by("pk")[: len(billable)])
        rate = rate_of(company, currency.pk, date)
        differences = _differences(company, currency, billable, rows, rate)
        # late cost first: it locks stock, and number series come last
        post_late_cost(
            company,
            invoice,
            [
                LateCost(one.move, one.account.pk, difference.price)
                for one, difference in zip(billable, differences, strict=True)
                if not is_direct(one.move)
            ],
            date,
            LATE_COST,
            by,
        )
        invoice = post_invoice(
            invoice,
            by=by,
            exchange_rate=rate,
            is_approved=True,
            extra_lines=[
                *_exchange_lines(company, partner, billable, differences),
                *price_lines(
                    company,
                    partner,
                    [
                        (one.move, one.account.pk, difference.price)
                        for one, difference in zip(billable, differences, strict=True)
                        if is_direct(one.move)
                    ],
                ),
            ],
        )
        _write_matches(invoice, billable, rows, differences, by)
    return invoice


def bill_order(
    order: PurchaseOrder,
    *,
    reference: str,
    date: Date,
    by: User,
    due_date: Date | None = None,
    tax_amount: Decimal | None = None,
    tax_code: TaxCode | None = None,
    tax_is_cost: bool = False,
    freight_amount: Decimal | None = None,
) -> Invoice:
    """Bill all that has come for ``order`` and is not billed yet, at the order's prices.

    Without sums of tax and freight, the order's own go with its first bill.
    """
    rows = list(
        ReceiptLine.objects.select_related("receipt")
        .filter(receipt__order=order, receipt__status=Receipt.Status.POSTED, quantity__gt=0)
        .order_by("pk")
    )
    billed = billed_quantities(row.pk for row in rows)
    lines = [BilledLine(row) for row in rows if billed.get(row.pk, ZERO) < row.quantity]
    stated = (ZERO, ZERO) if any(billed.values()) else (order.tax_amount, order.freight_amount)
    return bill_receipts(
        order.company,
        partner=order.partner,
        reference=reference,
        date=date,
        due_date=due_date,
        lines=lines,
        currency=order.currency,
        tax_amount=stated[0] if tax_amount is None else tax_amount,
        tax_code=tax_code,
        tax_is_cost=tax_is_cost,
        freight_amount=stated[1] if freight_amount is None else freight_amount,
        by=by,
    )


def release_bill(invoice: Invoice, *, date: Date, by: User) -> int:
    """Take back what ``invoice`` matched, late cost too; how many lines it was.

    For a bill that is being reversed: its own entry is the caller's to reverse.
    """
    with unit_of_work():
        matches = list(
            BillMatch.objects.filter(
                source_type=ContentType.objects.get_for_model(Invoice),
                source_id=invoice.pk,
                reverses__isnull=True,
                reversals__isnull=True,
            ).order_by("pk")
        )
        if not matches:
            return 0
        rows = lock_receipt_lines(invoice.company, [match.receipt_line_id for match in matches])
        accounts = grni_accounts(invoice.company, rows)
        late = []
        for match in matches:
            row = rows[match.receipt_line_id]
            if row.cost_move is not None and not is_direct(row.cost_move):
                late.append(LateCost(row.cost_move, accounts[row.pk].pk, -match.variance))
        post_late_cost(invoice.company, invoice, late, date, LATE_COST_REVERSAL, by)
        insert_matches(
            invoice,
            [
                {
                    "receipt_line_id": match.receipt_line_id,
                    "invoice_line_id": match.invoice_line_id,
                    "quantity": match.quantity,
                    "value": -match.value,
                    "variance": -match.variance,
                    "reverses_id": match.pk,
                }
                for match in matches
            ],
            by,
        )
        return len(matches)


def _check(
    company: Company,
    partner: Partner,
    lines: Sequence[BilledLine],
    tax_amount: Decimal,
    freight_amount: Decimal,
) -> None:
    require_company(company, partner=partner)
    if not lines:
        raise InvalidInput(
            "nothing_to_bill", _("Nothing has come that is not billed yet."), field="lines"
        )
    for row, line in enumerate(lines):
        require_company(company, row=row, receipt_line=line.receipt_line, tax_code=line.tax_code)
        if line.quantity is not None:
            require_decimal(line.quantity, field="quantity", row=row)
        if line.unit_price is not None:
            _not_negative(line.unit_price, "unit_price", row)
    _not_negative(tax_amount, "tax_amount")
    _not_negative(freight_amount, "freight_amount")


def _not_negative(value: Decimal, field: str, row: int | None = None) -> None:
    if require_decimal(value, field=field, row=row, positive=False) < 0:
        raise InvalidInput("negative", _("May not be negative."), field=field, row=row)


def _billing_lines(
    company: Company,
    currency: Currency,
    billable: Sequence[BillableLine],
    tax_amount: Decimal,
    tax_code: TaxCode | None,
    tax_is_cost: bool,
    freight_amount: Decimal,
) -> list[BillingLine]:
    """What came, the charges, and the tax: on lines of its codes, else as cost."""
    lines = [
        BillingLine(
            quantity=one.quantity,
            unit_price=one.unit_price,
            item=one.item,
            tax_code=one.tax_code,
            account=one.account,
            source=one.receipt_line,
        )
        for one in billable
    ]
    if not freight_amount and not tax_amount:
        return lines
    resolver = AccountResolver(company)
    charges = Account.objects.get(pk=resolver.account_id(PostingRole.CHARGES))
    if freight_amount:
        lines.append(_sum_line(freight_amount, _("Freight"), charges))
    if not tax_amount:
        return lines
    if tax_is_cost:
        return [*lines, _sum_line(tax_amount, _("Tax"), charges)]
    places = currency.decimal_places
    taxed = with_stated_tax(company, lines, tax_amount, code=tax_code, places=places)
    if taxed is not None:
        return taxed
    account = Account.objects.get(pk=resolver.account_id(PostingRole.PURCHASE_TAX))
    if account.control == Account.Control.TAX:
        raise unexplained(lines, tax_amount, places)
    return [*lines, _sum_line(tax_amount, _("Tax"), account)]


def _sum_line(amount: Decimal, text: str, account: Account) -> BillingLine:
    return BillingLine(Decimal(1), amount, description=text, account=account)


def _differences(
    company: Company,
    currency: Currency,
    billable: Sequence[BillableLine],
    rows: Sequence[InvoiceLine],
    rate: Decimal,
) -> list[_Difference]:
    """Per line: what its posted amount differs from the value it clears, and why.

    Converts as the posting will, so that goods received, not invoiced is cleared to the cent.
    """
    places = company.currency.decimal_places
    posted = convert([row.amount for row in rows], rate, places)
    differences = []
    for one, row, amount in zip(billable, rows, posted, strict=True):
        whole = amount - one.value
        price = whole
        if currency.pk != company.currency_id:
            came = one.quantity - one.excess
            at_order_price = round_money(came * one.order_price, currency.decimal_places)
            price = round_money((row.amount - at_order_price) * one.receipt_rate, places)
        differences.append(_Difference(price, whole - price))
    return differences


def _exchange_lines(
    company: Company,
    partner: Partner,
    billable: Sequence[BillableLine],
    differences: Sequence[_Difference],
) -> list[Line]:
    """What the rate alone changed since the receipt, out of GRNI into exchange differences."""
    by_account: dict[int, Decimal] = {}
    for one, difference in zip(billable, differences, strict=True):
        by_account[one.account.pk] = by_account.get(one.account.pk, ZERO) + difference.exchange
    total = sum(by_account.values(), ZERO)
    lines = [
        Line(account_id=account_id, amount=-amount, partner_id=partner.pk)
        for account_id, amount in by_account.items()
        if amount
    ]
    if total:
        account_id = AccountResolver(company).account_id(PostingRole.EXCHANGE_DIFFERENCE)
        lines.append(Line(account_id=account_id, amount=total, partner_id=partner.pk))
    return lines


def post_late_cost(
    company: Company,
    invoice: Invoice,
    late: Sequence[LateCost],
    date: Date,
    purpose: str,
    by: User,
) -> None:
    late = [one for one in late if one.amount]
    if not late:
        return
    owed: dict[int, Decimal] = {}
    for one in late:
        owed[one.account_id] = owed.get(one.account_id, ZERO) + one.amount
    adjust_receipts(
        company,
        [(one.move, one.amount) for one in late],
        source=invoice,
        date=date,
        journal=JOURNAL,
        by=by,
        purpose=purpose,
        description=" ".join(filter(None, [invoice.partner.name, invoice.reference])),
        counter_lines=lambda _total: [
            Line(account_id=account_id, amount=-amount, partner_id=invoice.partner_id)
            for account_id, amount in owed.items()
            if amount
        ],
    )


def _write_matches(
    invoice: Invoice,
    billable: Sequence[BillableLine],
    rows: Sequence[InvoiceLine],
    differences: Sequence[_Difference],
    by: User,
) -> None:
    insert_matches(
        invoice,
        [
            {
                "receipt_line_id": one.receipt_line.pk,
                "invoice_line_id": row.pk,
                "quantity": one.stock_quantity,
                "value": one.value,
                "variance": difference.price,
                "reverses_id": None,
            }
            for one, row, difference in zip(billable, rows, differences, strict=True)
        ],
        by,
    )


def insert_matches(invoice: Invoice, rows: Sequence[dict[str, Any]], by: User) -> None:
    common = {
        "company_id": invoice.company_id,
        "source_type_id": ContentType.objects.get_for_model(Invoice).pk,
        "source_id": invoice.pk,
        "created_at": timezone.now(),
        "created_by_id": by.pk,
    }
    insert_rows(BillMatch, [{**common, **row} for row in rows])
