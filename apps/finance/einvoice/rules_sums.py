"""How the amounts hang together: BR-CO-10 … BR-CO-17, and the decimals they may have."""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal
from typing import Any

from apps.finance.einvoice.rules import (
    DOCUMENT,
    IS_ALLOWANCE,
    IS_CHARGE,
    IS_VAT,
    LINE,
    Holds,
    Rule,
)
from apps.finance.einvoice.rules_lines import (
    ALLOWANCE,
    CHARGE,
    LINE_ALLOWANCE,
    LINE_CHARGE,
)
from apps.finance.einvoice.rules_terms import SUBTOTAL, TOTALS
from apps.finance.einvoice.xml import find, find_all, number, numbers, text, to_decimal

ZERO = Decimal(0)
TAX_TOTAL = "/*/cac:TaxTotal"


def cents(value: Decimal) -> Decimal:
    """Rounded to cents as XPath does it, so that verdicts agree: halves go up, not outwards."""
    return (value * 100 + Decimal("0.5")).to_integral_value(ROUND_FLOOR) / 100


def whole(value: Decimal) -> Decimal:
    return (value + Decimal("0.5")).to_integral_value(ROUND_FLOOR)


def _line_sum(node: Any) -> bool:
    paths = (
        "//cac:InvoiceLine/cbc:LineExtensionAmount | //cac:CreditNoteLine/cbc:LineExtensionAmount"
    )
    return number(node, "cbc:LineExtensionAmount") == cents(sum(numbers(node, paths), ZERO))


def _sum_of(total: str, kind: str) -> Holds:
    def holds(node: Any) -> bool:
        stated = number(node, total)
        rows = find_all(node, f"../cac:AllowanceCharge{kind}")
        if stated is None:
            return not rows
        parts = numbers(node, f"../cac:AllowanceCharge{kind}/cbc:Amount")
        return stated == cents(sum(parts, ZERO))

    return holds


def _without_tax(node: Any) -> bool:
    stated = number(node, "cbc:TaxExclusiveAmount")
    lines = number(node, "cbc:LineExtensionAmount")
    if stated is None or lines is None:
        return False
    allowances = number(node, "cbc:AllowanceTotalAmount")
    charges = number(node, "cbc:ChargeTotalAmount")
    if allowances is None and charges is None:
        return stated == lines
    return stated == cents(lines + (charges or ZERO) - (allowances or ZERO))


def _tax_sum(node: Any) -> bool:
    if not find_all(node, "cac:TaxSubtotal"):
        return True
    parts = numbers(node, "cac:TaxSubtotal/cbc:TaxAmount")
    return number(node, "cbc:TaxAmount") == cents(sum(parts, ZERO))


def _with_tax(node: Any) -> bool:
    currency = find(node, "cbc:DocumentCurrencyCode")
    if currency is None:
        return True
    taxes = [
        found
        for found in find_all(node, "cac:TaxTotal/cbc:TaxAmount")
        if found.get("currencyID") == (currency.text or "")
    ]
    stated = number(node, "cac:LegalMonetaryTotal/cbc:TaxInclusiveAmount")
    net = number(node, "cac:LegalMonetaryTotal/cbc:TaxExclusiveAmount")
    if len(taxes) != 1 or stated is None or net is None:
        return False
    return stated == cents(net + to_decimal(taxes[0].text))


def _due(node: Any) -> bool:
    payable = number(node, "cbc:PayableAmount")
    gross = number(node, "cbc:TaxInclusiveAmount")
    if payable is None or gross is None:
        return False
    prepaid = number(node, "cbc:PrepaidAmount")
    rounding = number(node, "cbc:PayableRoundingAmount")
    owed = gross if prepaid is None else cents(gross - prepaid)
    return (payable if rounding is None else cents(payable - rounding)) == owed


def is_tax_of(tax: Decimal | None, taxable: Decimal | None, rate: Decimal) -> bool:
    """``tax`` is ``rate`` percent of ``taxable``, within less than one unit."""
    if tax is None or taxable is None:
        return False
    return abs(abs(tax) - cents(abs(taxable) * rate / 100)) < 1


def _tax_amount(node: Any) -> bool:
    tax = number(node, "cbc:TaxAmount")
    rate = number(node, f"cac:TaxCategory{IS_VAT}/cbc:Percent")
    if rate is None or whole(rate) == 0:
        return tax is not None and whole(tax) == 0
    return is_tax_of(tax, number(node, "cbc:TaxableAmount"), rate)


def _decimals(path: str) -> Holds:
    return lambda node: len(text(node, path).partition(".")[2]) <= 2


def _decimals_in(currency: str) -> Holds:
    def holds(node: Any) -> bool:
        named = text(node, currency)
        amounts = find_all(node, "//cac:TaxTotal/cbc:TaxAmount")
        return all(
            len((amount.text or "").strip().partition(".")[2]) <= 2
            for amount in amounts
            if amount.get("currencyID") == named
        )

    return holds


RULES = [
    Rule(
        "BR-CO-10",
        "The sum of line net amounts (BT-106) is the sum of the lines.",
        TOTALS,
        _line_sum,
    ),
    Rule(
        "BR-CO-11",
        "The sum of allowances (BT-107) is the sum of the document's allowances.",
        TOTALS,
        _sum_of("cbc:AllowanceTotalAmount", IS_ALLOWANCE),
    ),
    Rule(
        "BR-CO-12",
        "The sum of charges (BT-108) is the sum of the document's charges.",
        TOTALS,
        _sum_of("cbc:ChargeTotalAmount", IS_CHARGE),
    ),
    Rule(
        "BR-CO-13",
        "The total without VAT (BT-109) is lines less allowances plus charges.",
        TOTALS,
        _without_tax,
    ),
    Rule(
        "BR-CO-14",
        "The total of VAT (BT-110) is the sum of the VAT breakdown.",
        TAX_TOTAL,
        _tax_sum,
    ),
    Rule(
        "BR-CO-15",
        "The total with VAT (BT-112) is the total without VAT plus VAT.",
        DOCUMENT,
        _with_tax,
    ),
    Rule(
        "BR-CO-16",
        "The amount due (BT-115) is the total with VAT less what is paid, plus rounding.",
        TOTALS,
        _due,
    ),
    Rule(
        "BR-CO-17",
        "The tax (BT-117) is the taxable amount (BT-116) times the rate (BT-119).",
        SUBTOTAL,
        _tax_amount,
    ),
    *(
        Rule(rule, f"{name} has at most two decimals.", context, _decimals(path))
        for rule, name, context, path in (
            ("BR-DEC-01", "An allowance (BT-92)", ALLOWANCE, "cbc:Amount"),
            ("BR-DEC-02", "The base of an allowance (BT-93)", ALLOWANCE, "cbc:BaseAmount"),
            ("BR-DEC-05", "A charge (BT-99)", CHARGE, "cbc:Amount"),
            ("BR-DEC-06", "The base of a charge (BT-100)", CHARGE, "cbc:BaseAmount"),
            ("BR-DEC-09", "The sum of lines (BT-106)", TOTALS, "cbc:LineExtensionAmount"),
            ("BR-DEC-10", "The sum of allowances (BT-107)", TOTALS, "cbc:AllowanceTotalAmount"),
            ("BR-DEC-11", "The sum of charges (BT-108)", TOTALS, "cbc:ChargeTotalAmount"),
            ("BR-DEC-12", "The total without VAT (BT-109)", TOTALS, "cbc:TaxExclusiveAmount"),
            ("BR-DEC-14", "The total with VAT (BT-112)", TOTALS, "cbc:TaxInclusiveAmount"),
            ("BR-DEC-16", "The paid amount (BT-113)", TOTALS, "cbc:PrepaidAmount"),
            ("BR-DEC-17", "The rounding amount (BT-114)", TOTALS, "cbc:PayableRoundingAmount"),
            ("BR-DEC-18", "The amount due (BT-115)", TOTALS, "cbc:PayableAmount"),
            ("BR-DEC-19", "A taxable amount (BT-116)", SUBTOTAL, "cbc:TaxableAmount"),
            ("BR-DEC-20", "A tax amount (BT-117)", SUBTOTAL, "cbc:TaxAmount"),
            ("BR-DEC-23", "A line's net amount (BT-131)", LINE, "cbc:LineExtensionAmount"),
            ("BR-DEC-24", "A line's allowance (BT-136)", LINE_ALLOWANCE, "cbc:Amount"),
            (
                "BR-DEC-25",
                "The base of a line's allowance (BT-137)",
                LINE_ALLOWANCE,
                "cbc:BaseAmount",
            ),
            ("BR-DEC-27", "A line's charge (BT-141)", LINE_CHARGE, "cbc:Amount"),
            ("BR-DEC-28", "The base of a line's charge (BT-142)", LINE_CHARGE, "cbc:BaseAmount"),
        )
    ),
    Rule(
        "BR-DEC-13",
        "The total of VAT (BT-110) has at most two decimals.",
        DOCUMENT,
        _decimals_in("cbc:DocumentCurrencyCode"),
    ),
    Rule(
        "BR-DEC-15",
        "The total of VAT in accounting currency (BT-111) has at most two decimals.",
        DOCUMENT,
        _decimals_in("cbc:TaxCurrencyCode"),
    ),
]
