"""What finance prints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override

from apps.core.money import ZERO
from apps.core.printouts import render_pdf, require_paper
from apps.finance.models import Invoice, InvoiceLine


@dataclass(frozen=True, slots=True)
class TaxSum:
    """Net and tax of one rate."""

    label: str
    rate: Decimal
    net: Decimal
    tax: Decimal


def invoice_pdf(invoice: Invoice, *, paper: str = "A4") -> bytes:
    """The invoice as it is sent, in its partner's language.

    Raises ``InvalidInput`` for a paper we don't print on.
    """
    require_paper(paper)
    with override(invoice.partner.language):
        title = _("Invoice") if invoice.kind == Invoice.Kind.CUSTOMER else _("Supplier bill")
        if invoice.number:
            title = f"{title} {invoice.number}"
        return render_pdf(
            "finance/printouts/invoice.html", _context(invoice), paper=paper, title=title
        )


def _context(invoice: Invoice) -> dict[str, Any]:
    lines = list(invoice.lines.select_related("item__unit", "tax_code"))
    taxes = tax_sums(lines)
    return {
        "company": invoice.company,
        "invoice": invoice,
        "partner": invoice.partner,
        "is_draft": invoice.status == Invoice.Status.DRAFT,
        "lines": lines,
        "taxes": taxes,
        "net": sum((line.amount for line in lines), ZERO),
        "places": invoice.currency.decimal_places,
    }


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
