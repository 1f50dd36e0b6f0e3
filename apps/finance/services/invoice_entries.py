"""What a posted invoice writes into the ledger and into the tax ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.models import Company
from apps.core.money import ZERO, round_money
from apps.finance.conversion import HUNDRED, convert
from apps.finance.models import Invoice, InvoiceLine, PostingRole, TaxCode, TaxSide
from apps.finance.queries.posting_rules import AccountResolver
from apps.finance.services.journal import Entry, Line

Kind = Invoice.Kind
JOURNALS = {
    Kind.CUSTOMER: "SAL",
    Kind.CREDIT_NOTE: "SAL",
    Kind.SUPPLIER: "PUR",
    Kind.BILL_CREDIT: "PUR",
}
CONTROL = {
    Kind.CUSTOMER: PostingRole.RECEIVABLE,
    Kind.CREDIT_NOTE: PostingRole.RECEIVABLE,
    Kind.SUPPLIER: PostingRole.PAYABLE,
    Kind.BILL_CREDIT: PostingRole.PAYABLE,
}
_INCOME = {Kind.CUSTOMER: PostingRole.REVENUE, Kind.CREDIT_NOTE: PostingRole.SALES_RETURNS}


@dataclass(frozen=True, slots=True)
class TaxRow:
    """What goes into the tax ledger; in company currency, negative where tax is taken back."""

    tax_code_id: int
    side: str
    account_id: int
    base: Decimal
    tax: Decimal
    memo: str = ""


@dataclass(frozen=True, slots=True)
class _Tax:
    code: TaxCode
    side: str


@dataclass(frozen=True, slots=True)
class _Part:
    """A line to be, its amount in the invoice's currency, signed as on the document."""

    line: Line
    amount: Decimal
    taxed_by: tuple[TaxCode, ...] = ()
    tax: _Tax | None = None


def invoice_entry(
    company: Company, invoice: Invoice, lines: Sequence[InvoiceLine], extra_lines: Sequence[Line]
) -> tuple[Entry, list[TaxRow]]:
    """The entry of ``invoice`` and its rows of the tax ledger.

    Both the company's and the invoice's currency sum to zero. Raises ``InvalidInput`` for a line
    that no account is known for.
    """
    resolver = AccountResolver(company)
    parts = [_net_part(invoice, line, row, resolver) for row, line in enumerate(lines)]
    parts += _tax_parts(invoice, lines)
    control = resolver.account_id(CONTROL[Kind(invoice.kind)])
    sign = 1 if invoice.kind in (Kind.CUSTOMER, Kind.BILL_CREDIT) else -1
    in_company = convert(
        [part.amount for part in parts], invoice.exchange_rate, company.currency.decimal_places
    )
    entry = Entry(
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
            *_converted(invoice, parts, in_company, -sign),
            *extra_lines,
        ],
    )
    return entry, _tax_rows(invoice, parts, in_company)


def account_of_line(invoice: Invoice, line: InvoiceLine, resolver: AccountResolver) -> int | None:
    """The account that bears a line: its own, or that of what is sold or taken back."""
    if line.account_id is not None or invoice.kind not in _INCOME:
        return line.account_id
    return resolver.account_id(
        _INCOME[Kind(invoice.kind)],
        category_id=line.item.category_id if line.item else None,
        otherwise=PostingRole.REVENUE,
    )


def _net_part(invoice: Invoice, line: InvoiceLine, row: int, resolver: AccountResolver) -> _Part:
    account_id = account_of_line(invoice, line, resolver)
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
    taxes = tuple(code for code in (line.tax_code, line.withholding) if code)
    return _Part(posting, line.amount, taxed_by=taxes)


def _tax_parts(invoice: Invoice, lines: Sequence[InvoiceLine]) -> list[_Part]:
    """One line per tax code and side, signed as on the document.

    A reverse charge on a bill is due and deductible at once; what is withheld leaves the total.
    """
    is_bill = invoice.kind in Invoice.PURCHASES
    parts = []
    for code, charged in _sums(lines, "tax_code", "tax_amount"):
        own_side = TaxSide.DEDUCTIBLE if is_bill else TaxSide.DUE
        if is_bill and code.treatment == TaxCode.Treatment.REVERSE_CHARGE:
            net = sum((line.amount for line in lines if line.tax_code_id == code.pk), ZERO)
            owed = round_money(net * code.rate / HUNDRED, invoice.currency.decimal_places)
            parts.append(_tax_part(invoice, code, TaxSide.DEDUCTIBLE, owed))
            parts.append(_tax_part(invoice, code, TaxSide.DUE, -owed))
        else:
            parts.append(_tax_part(invoice, code, own_side, charged))
    for code, withheld in _sums(lines, "withholding", "withheld_amount"):
        other_side = TaxSide.DUE if is_bill else TaxSide.DEDUCTIBLE
        parts.append(_tax_part(invoice, code, other_side, -withheld))
    return parts


def _sums(
    lines: Sequence[InvoiceLine], code_field: str, amount_field: str
) -> list[tuple[TaxCode, Decimal]]:
    codes: dict[int, TaxCode] = {}
    sums: dict[int, Decimal] = {}
    for line in lines:
        code = getattr(line, code_field)
        if code is not None:
            codes[code.pk] = code
            sums[code.pk] = sums.get(code.pk, ZERO) + getattr(line, amount_field)
    return [(codes[key], total) for key, total in sums.items()]


def _tax_part(invoice: Invoice, code: TaxCode, side: str, amount: Decimal) -> _Part:
    line = Line(
        account_id=code.sales_account_id if side == TaxSide.DUE else code.purchase_account_id,
        amount=ZERO,
        memo=code.code,
        partner_id=invoice.partner_id,
    )
    return _Part(line, amount, tax=_Tax(code, side))


def _tax_rows(
    invoice: Invoice, parts: Sequence[_Part], in_company: Sequence[Decimal]
) -> list[TaxRow]:
    bases: dict[int, Decimal] = {}
    for part, amount in zip(parts, in_company, strict=True):
        for code in part.taxed_by:
            bases[code.pk] = bases.get(code.pk, ZERO) + amount
    way = -1 if invoice.kind in Invoice.CREDITS else 1
    is_bill = invoice.kind in Invoice.PURCHASES
    rows = []
    for part, amount in zip(parts, in_company, strict=True):
        if part.tax is None:
            continue
        # a part on the document's own side adds to the total, one on the other is taken off it
        adds = (part.tax.side == TaxSide.DEDUCTIBLE) == is_bill
        rows.append(
            TaxRow(
                tax_code_id=part.tax.code.pk,
                side=part.tax.side,
                account_id=part.line.account_id,
                base=way * bases[part.tax.code.pk],
                tax=way * (amount if adds else -amount),
            )
        )
    return rows


def _converted(
    invoice: Invoice, parts: Sequence[_Part], in_company: Sequence[Decimal], sign: int
) -> list[Line]:
    """Lines in both currencies; what rounds to nothing in the company's joins its neighbour."""
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
