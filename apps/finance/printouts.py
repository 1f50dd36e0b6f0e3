"""What finance prints."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from apps.core.money import ZERO, round_money
from apps.core.printouts import in_language, render_pdf, require_paper
from apps.finance.models import Invoice, InvoiceLine
from apps.finance.payment_slips import PaymentSlip, payment_slip


@dataclass(frozen=True, slots=True)
class TaxSum:
    """Net and tax of one rate."""

    label: str
    rate: Decimal
    net: Decimal
    tax: Decimal


@dataclass(frozen=True, slots=True)
class PrintedLine:
    """A line with its figures as texts."""

    line: InvoiceLine
    quantity: str
    unit_price: str
    amount: str


def invoice_pdf(invoice: Invoice, *, paper: str = "A4", variant: str | None = None) -> bytes:
    """The invoice as it is sent, in its partner's language; ``variant`` as ``pdf/a-3b``.

    Raises ``InvalidInput`` for a paper we don't print on.
    """
    require_paper(paper)
    with in_language(invoice.partner.language):
        title = {
            Invoice.Kind.CUSTOMER: _("Invoice"),
            Invoice.Kind.CREDIT_NOTE: _("Credit note"),
            Invoice.Kind.SUPPLIER: _("Supplier bill"),
            Invoice.Kind.BILL_CREDIT: _("Supplier's credit note"),
        }[Invoice.Kind(invoice.kind)]
        if invoice.number:
            title = f"{title} {invoice.number}"
        return render_pdf(
            "finance/printouts/invoice.html",
            _context(invoice),
            paper=paper,
            title=title,
            signed=invoice,
            variant=variant,
        )


def _context(invoice: Invoice) -> dict[str, Any]:
    lines = list(invoice.lines.select_related("item__unit", "tax_code"))
    places = invoice.currency.decimal_places
    discount = round_money(invoice.total * invoice.discount_percent / 100, places)
    return {
        "company": invoice.company,
        "invoice": invoice,
        "partner": invoice.partner,
        "is_draft": invoice.status == Invoice.Status.DRAFT,
        "is_credit_note": invoice.kind in Invoice.CREDITS,
        # what a supplier wrote is printed for ourselves: it asks for nothing
        "is_ours": invoice.kind not in Invoice.PURCHASES,
        "lines": [
            PrintedLine(
                line,
                figure(line.quantity, 0),
                figure(line.unit_price, places),
                figure(line.amount, places),
            )
            for line in lines
        ],
        "taxes": [
            (tax_label(tax.label, tax.rate), figure(tax.net, places), figure(tax.tax, places))
            for tax in tax_sums(lines)
        ],
        "net": figure(sum((line.amount for line in lines), ZERO), places),
        "total": figure(invoice.total, places),
        "instalments": [
            (part.due_date, figure(part.amount, places)) for part in invoice.instalments.all()
        ],
        "discount": figure(discount, places) if discount else "",
        "slip": _slip(invoice),
    }


def _slip(invoice: Invoice) -> PaymentSlip | None:
    """Where a customer's invoice is paid; a draft has no number to quote yet."""
    if invoice.kind != Invoice.Kind.CUSTOMER:
        return None
    owed = [(invoice.currency_id, invoice.total)] if invoice.number else []
    return payment_slip(invoice.company, reference=invoice.number or "", amounts=owed)


def figure(value: Decimal, least: int) -> str:
    """Digits grouped as the language does, with ``least`` decimals and more only when they say
    something."""
    exponent = value.normalize().as_tuple().exponent
    places = max(least, -exponent if isinstance(exponent, int) else 0)
    return number_format(value, decimal_pos=places, use_l10n=True, force_grouping=True)


def tax_label(name: str, rate: Decimal) -> str:
    """``name`` with its rate, unless it says the rate itself."""
    text = figure(rate, 0)
    return name if text in re.findall(r"\d[\d.,]*", name) else f"{name} {text} %"


def tax_sums(lines: Sequence[InvoiceLine]) -> list[TaxSum]:
    """Net and tax per tax code, in the order of the lines."""
    sums: dict[Any, list[Decimal]] = {}
    codes: dict[Any, Any] = {}
    for line in lines:
        codes[line.tax_code_id] = line.tax_code
        row = sums.setdefault(line.tax_code_id, [ZERO, ZERO])
        row[0] += line.amount
        row[1] += line.tax_amount
    return [
        TaxSum(codes[key].name if key else _("No tax"), codes[key].rate if key else ZERO, net, tax)
        for key, (net, tax) in sums.items()
    ]
