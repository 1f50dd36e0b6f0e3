"""What a posted invoice writes into the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.models import Company
from apps.core.money import ZERO
from apps.finance.conversion import convert
from apps.finance.models import Invoice, InvoiceLine, PostingRole
from apps.finance.queries.posting_rules import AccountResolver
from apps.finance.services.journal import Entry, Line

Kind = Invoice.Kind
JOURNALS = {Kind.CUSTOMER: "SAL", Kind.CREDIT_NOTE: "SAL", Kind.SUPPLIER: "PUR"}
_CONTROL = {
    Kind.CUSTOMER: PostingRole.RECEIVABLE,
    Kind.CREDIT_NOTE: PostingRole.RECEIVABLE,
    Kind.SUPPLIER: PostingRole.PAYABLE,
}
_INCOME = {Kind.CUSTOMER: PostingRole.REVENUE, Kind.CREDIT_NOTE: PostingRole.SALES_RETURNS}


@dataclass(frozen=True, slots=True)
class _Part:
    """A line to be, its amount in the invoice's currency, signed as on a customer's invoice."""

    line: Line
    amount: Decimal


def invoice_entry(
    company: Company, invoice: Invoice, lines: Sequence[InvoiceLine], extra_lines: Sequence[Line]
) -> Entry:
    """The entry of ``invoice``: both the company's and the invoice's currency sum to zero.

    Raises ``InvalidInput`` for a line that no account is known for.
    """
    resolver = AccountResolver(company)
    parts = [_net_part(invoice, line, row, resolver) for row, line in enumerate(lines)]
    parts += _tax_parts(invoice, lines)
    control = resolver.account_id(_CONTROL[Kind(invoice.kind)])
    sign = 1 if invoice.kind == Kind.CUSTOMER else -1
    return Entry(
        journal=JOURNALS[Kind(invoice.kind)],
        date=invoice.date,
        source=invoice,
        description=invoice.reference,
        lines=[
            Line(
                account_id=control,
                amount=sign * invoice.total_company,
                currency=invoice.currency_id,
                amount_currency=sign * invoice.total,
                memo=invoice.reference,
                partner_id=invoice.partner_id,
            ),
            *_converted(invoice, parts, -sign, company.currency.decimal_places),
            *extra_lines,
        ],
    )


def _net_part(invoice: Invoice, line: InvoiceLine, row: int, resolver: AccountResolver) -> _Part:
    account_id = line.account_id
    if account_id is None and invoice.kind in _INCOME:
        account_id = resolver.account_id(
            _INCOME[Kind(invoice.kind)],
            category_id=line.item.category_id if line.item else None,
            otherwise=PostingRole.REVENUE,
        )
    if account_id is None:
        raise InvalidInput(
            "account_required",
            _("Say which account bears this line."),
            field="account",
            row=row,
        )
    posting = Line(
        account_id=account_id,
        amount=ZERO,
        quantity=line.quantity,
        memo=line.description,
        partner_id=invoice.partner_id,
        item_id=line.item_id,
        cost_object_id=line.cost_object_id,
    )
    return _Part(posting, line.amount)


def _tax_parts(invoice: Invoice, lines: Sequence[InvoiceLine]) -> list[_Part]:
    """One line per tax code."""
    taxes: dict[int, Decimal] = {}
    codes = {line.tax_code_id: line.tax_code for line in lines if line.tax_code}
    for line in lines:
        if line.tax_code_id:
            taxes[line.tax_code_id] = taxes.get(line.tax_code_id, ZERO) + line.tax_amount
    return [
        _Part(
            Line(
                account_id=(
                    codes[key].purchase_account_id
                    if invoice.kind == Kind.SUPPLIER
                    else codes[key].sales_account_id
                ),
                amount=ZERO,
                memo=codes[key].code,
                partner_id=invoice.partner_id,
            ),
            tax,
        )
        for key, tax in taxes.items()
    ]


def _converted(
    invoice: Invoice, parts: Sequence[_Part], sign: int, decimal_places: int
) -> list[Line]:
    """Lines in both currencies; what rounds to nothing in the company's joins its neighbour."""
    in_company = convert([part.amount for part in parts], invoice.exchange_rate, decimal_places)
    lines: list[Line] = []
    waiting = ZERO
    for part, amount in zip(parts, in_company, strict=True):
        waiting += part.amount
        if amount:
            lines.append(
                replace(
                    part.line,
                    amount=sign * amount,
                    currency=invoice.currency_id,
                    amount_currency=sign * waiting,
                    quantity=None if part.line.quantity is None else sign * part.line.quantity,
                )
            )
            waiting = ZERO
    if waiting:
        last = lines.pop()
        lines.append(replace(last, amount_currency=(last.amount_currency or ZERO) + sign * waiting))
    return lines
