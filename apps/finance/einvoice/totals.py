"""The arithmetic of an invoice: line amounts, VAT breakdown and totals (BR-CO-10 … BR-CO-17)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal

from apps.finance.einvoice.document import AllowanceCharge, Category, Line, TaxRow, Totals

ZERO = Decimal(0)
ONE = Decimal(1)


def rounded(amount: Decimal, places: int = 2) -> Decimal:
    """Rounded to ``places`` decimals, halves away from zero: both sides of a credit agree."""
    return amount.quantize(ONE.scaleb(-places), rounding=ROUND_HALF_UP)


def line_net(
    quantity: Decimal,
    price: Decimal,
    *,
    base_quantity: Decimal = ONE,
    allowances: Iterable[AllowanceCharge] = (),
    places: int = 2,
) -> Decimal:
    """BT-131: quantity times the price of one, less allowances, plus charges."""
    parts = sum((signed(part) for part in allowances), ZERO)
    return rounded(quantity * price / base_quantity + parts, places)


def signed(part: AllowanceCharge) -> Decimal:
    return part.amount if part.is_charge else -part.amount


def breakdown(
    nets: Iterable[tuple[Category, Decimal]],
    allowances: Iterable[AllowanceCharge] = (),
    *,
    reasons: Mapping[str, str] | None = None,
    places: int = 2,
) -> tuple[TaxRow, ...]:
    """BG-23: a row per category and rate, in the order of their first line.

    ``nets`` are categories and net amounts of lines, ``reasons`` those of exemption by category.
    """
    sums: dict[Category, Decimal] = {}
    for category, net in nets:
        sums[category] = sums.get(category, ZERO) + net
    for part in allowances:
        if part.category is not None:
            sums[part.category] = sums.get(part.category, ZERO) + signed(part)
    return tuple(
        TaxRow(
            category,
            rounded(taxable, places),
            rounded(taxable * (category.rate or ZERO) / 100, places),
            exemption_reason=(reasons or {}).get(category.code, ""),
        )
        for category, taxable in sums.items()
    )


def totals(
    lines: Iterable[Line] | Iterable[Decimal],
    taxes: Iterable[TaxRow],
    allowances: Iterable[AllowanceCharge] = (),
    *,
    prepaid: Decimal | None = None,
    rounding: Decimal | None = None,
) -> Totals:
    """BG-22 from its parts; ``lines`` are lines, or their net amounts."""
    nets = sum((row.net if isinstance(row, Line) else row for row in lines), ZERO)
    parts = list(allowances)
    taken = [part.amount for part in parts if not part.is_charge]
    added = [part.amount for part in parts if part.is_charge]
    exclusive = nets + sum(added, ZERO) - sum(taken, ZERO)
    tax = sum((row.tax for row in taxes), ZERO)
    return Totals(
        lines=nets,
        allowances=sum(taken, ZERO) if taken else None,
        charges=sum(added, ZERO) if added else None,
        tax_exclusive=exclusive,
        tax=tax,
        tax_inclusive=exclusive + tax,
        prepaid=prepaid,
        rounding=rounding,
        payable=exclusive + tax - (prepaid or ZERO) + (rounding or ZERO),
    )
