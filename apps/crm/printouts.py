"""What sales prints, in the customer's language."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override

from apps.core.codes import barcode_svg
from apps.core.money import ZERO, round_money
from apps.core.printouts import render_pdf
from apps.crm.models import SalesOrder, SalesOrderLine
from apps.finance.conversion import tax_amounts


def order_confirmation_pdf(order: SalesOrder, *, paper: str = "A4") -> bytes:
    """What we promise: items, prices, taxes and days."""
    with override(order.partner.language):
        lines = list(order.lines.select_related("item", "unit", "tax_code"))
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
            "lines": list(zip(lines, amounts, strict=True)),
            "sub_total": sum(amounts, ZERO),
            "taxes": taxes,
            "total": sum(amounts, ZERO) + sum((tax for _code, tax in taxes), ZERO),
            "places": places,
        }
        title = _("Order confirmation {number}").format(number=order.number)
        return render_pdf(
            "crm/printouts/order_confirmation.html", context, paper=paper, title=title, signed=order
        )


def tax_sums(
    lines: list[SalesOrderLine], amounts: list[Decimal], places: int
) -> list[tuple[Any, Decimal]]:
    """Tax by tax code, rounded as the invoice over all of it will be."""
    rates = [line.tax_code.rate if line.tax_code else None for line in lines]
    sums: dict[Any, Decimal] = {}
    for line, tax in zip(lines, tax_amounts(amounts, rates, places), strict=True):
        if line.tax_code is not None:
            sums[line.tax_code] = sums.get(line.tax_code, ZERO) + tax
    return list(sums.items())
