"""What sales prints, in the customer's language."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from apps.core.codes import barcode_svg
from apps.core.money import ZERO, round_money
from apps.core.printouts import in_language, render_pdf
from apps.crm.models import Quotation, QuotationLine, Return, SalesOrder, SalesOrderLine
from apps.finance.conversion import tax_amounts
from apps.finance.printouts import figure, tax_label


def order_confirmation_pdf(order: SalesOrder, *, paper: str = "A4") -> bytes:
    """What we promise: items, prices, taxes and days."""
    with in_language(order.partner.language):
        rows = order.lines.select_related("item", "unit", "tax_code")
        lines = list(rows.prefetch_related("parts__item"))
        places = order.currency.decimal_places
        amounts = [round_money(line.quantity * line.unit_price, places) for line in lines]
        taxes = tax_sums(lines, amounts, places)
        context = {
            "company": order.company,
            "order": order,
            "partner": order.partner,
            "address": order.partner.delivery_address or order.partner.address,
            "barcode": barcode_svg(order.number),
            "is_draft": order.status == SalesOrder.Status.DRAFT,
            "lines": [
                (line, figure(line.unit_price, places), figure(amount, places), kit_text(line))
                for line, amount in zip(lines, amounts, strict=True)
            ],
            "sub_total": figure(sum(amounts, ZERO), places),
            "taxes": _tax_rows(taxes, places),
            "total": figure(sum(amounts, ZERO) + sum((tax for _code, tax in taxes), ZERO), places),
        }
        title = _("Order confirmation {number}").format(number=order.number)
        return render_pdf(
            "crm/printouts/order_confirmation.html", context, paper=paper, title=title, signed=order
        )


def kit_text(line: SalesOrderLine) -> str:
    """What is in one kit: ``2 × BOLT-8, 1 × PLATE``; empty for a line of goods."""
    return ", ".join(f"{figure(part.per_kit, 0)} × {part.item.code}" for part in line.parts.all())


def quotation_pdf(quotation: Quotation, *, paper: str = "A4") -> bytes:
    """What we offer, in which version, until when; cost stays in the house."""
    with in_language(quotation.partner.language):
        lines = list(
            quotation.lines.select_related("item", "unit", "tax_code").prefetch_related("breaks")
        )
        places = quotation.currency.decimal_places
        amounts = [round_money(line.quantity * line.unit_price, places) for line in lines]
        taxes = tax_sums(lines, amounts, places)
        status = Quotation.Status(quotation.status)
        context = {
            "company": quotation.company,
            "quotation": quotation,
            "partner": quotation.partner,
            "barcode": barcode_svg(quotation.number),
            "is_draft": status in (Quotation.Status.DRAFT, Quotation.Status.APPROVED),
            "is_dead": status
            in (Quotation.Status.REPLACED, Quotation.Status.EXPIRED, Quotation.Status.CANCELLED),
            "lines": [
                _quoted(line, amount, places) for line, amount in zip(lines, amounts, strict=True)
            ],
            "sub_total": figure(sum(amounts, ZERO), places),
            "taxes": _tax_rows(taxes, places),
            "total": figure(sum(amounts, ZERO) + sum((tax for _code, tax in taxes), ZERO), places),
            "revision": str(quotation.revision),
        }
        title = _("Quotation {number}").format(number=quotation.base_number)
        return render_pdf(
            "crm/printouts/quotation.html", context, paper=paper, title=title, signed=quotation
        )


def _quoted(line: QuotationLine, amount: Decimal, places: int) -> dict[str, Any]:
    """A line with its figures as texts."""
    return {
        "line": line,
        "quantity": figure(line.quantity, 0),
        "list_price": figure(line.list_price, places),
        "unit_price": figure(line.unit_price, places),
        "discount": figure(line.discount_percent, 0) if line.discount_percent else "",
        "amount": figure(amount, places),
        "breaks": [
            (figure(one.min_quantity, 0), figure(one.unit_price, places))
            for one in line.breaks.all()
        ],
    }


def return_label_pdf(rma: Return, *, paper: str = "A4") -> bytes:
    """What the customer puts on the parcel: number as bar code, where to, what is inside."""
    with in_language(rma.partner.language):
        context = {
            "company": rma.company,
            "rma": rma,
            "partner": rma.partner,
            "barcode": barcode_svg(rma.number),
            "lines": rma.lines.select_related("item__unit", "lot", "order_line__order"),
        }
        title = _("Return {number}").format(number=rma.number)
        return render_pdf(
            "crm/printouts/return_label.html", context, paper=paper, title=title, signed=rma
        )


def _tax_rows(taxes: Sequence[tuple[Any, Decimal]], places: int) -> list[tuple[str, str]]:
    return [(tax_label(code.name, code.rate), figure(tax, places)) for code, tax in taxes]


def tax_sums(
    lines: Sequence[SalesOrderLine | QuotationLine], amounts: list[Decimal], places: int
) -> list[tuple[Any, Decimal]]:
    """Tax by tax code, rounded as the invoice over all of it will be."""
    rates = [line.tax_code.rate if line.tax_code else None for line in lines]
    sums: dict[Any, Decimal] = {}
    for line, tax in zip(lines, tax_amounts(amounts, rates, places), strict=True):
        if line.tax_code is not None:
            sums[line.tax_code] = sums.get(line.tax_code, ZERO) + tax
    return list(sums.items())
