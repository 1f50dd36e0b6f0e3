"""Tax that a bill states as one sum: under codes, so that it is in the tax ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company
from apps.core.money import ZERO, allocate, round_money
from apps.finance.conversion import HUNDRED, tax_amounts
from apps.finance.models import TaxCode
from apps.finance.services.invoices import BillingLine

#: Ways to share lines out over rates that are tried before nobody can say.
MOST_WAYS = 20_000


def with_stated_tax(
    company: Company,
    lines: Sequence[BillingLine],
    tax_amount: Decimal,
    *,
    code: TaxCode | None,
    places: int,
) -> list[BillingLine] | None:
    """``lines`` with the sum shared out over those that name no code.

    Without ``code`` it is the one whose rate makes just this sum of them, with the charges or
    without; else the only way to tax each line at a rate in use, or some of them, that makes it.
    None where no way, or more than one, does: then nobody can say which. Raises ``InvalidInput``
    for a code whose tax no supplier charges.
    """
    if code is not None and not code.is_charged:
        text = _("{code} is no tax that a supplier charges.").format(code=code.code)
        raise InvalidInput("not_charged", text, field="tax_code")
    nets = [round_money(line.quantity * line.unit_price, places) for line in lines]
    bare = [n for n, line in enumerate(lines) if line.tax_code is None]
    goods = [n for n in bare if lines[n].source is not None]
    codes = [code] if code else _codes(company)
    for chosen in (bare, goods):
        base = sum((nets[n] for n in chosen), ZERO)
        fitting = [code] if code else [c for c in codes if _tax(base, c, places) == tax_amount]
        if base > 0 and len(fitting) == 1:
            parts = allocate(tax_amount, [max(nets[n], ZERO) for n in chosen], places)
            return _taxed(lines, chosen, [fitting[0]] * len(chosen), parts)
    if code is not None:
        return None
    for options in (list[TaxCode | None](codes), [None, *codes]):
        way = _only_way([nets[n] for n in bare], options, tax_amount, places)
        if way is not None:
            rates = [one.rate if one else None for one in way]
            return _taxed(lines, bare, way, tax_amounts([nets[n] for n in bare], rates, places))
    return None


def unexplained(lines: Sequence[BillingLine], tax_amount: Decimal, places: int) -> BusinessError:
    """What is said of a sum that no code explains: who claims it must say what it is of."""
    bare = [line for line in lines if line.tax_code is None]
    nets = [round_money(line.quantity * line.unit_price, places) for line in bare]
    return BusinessError(
        "tax_unexplained",
        _(
            "No tax code, and no single mix of them, makes {tax} of {net}. Name a code for the "
            "sum, codes on the lines, or say that the tax is cost."
        ).format(tax=f"{tax_amount:.{places}f}", net=f"{sum(nets, ZERO):.{places}f}"),
        field="tax_amount",
        details={
            "tax_amount": str(tax_amount),
            "lines": [
                {"description": line.description or str(line.item or ""), "net": str(net)}
                for line, net in zip(bare, nets, strict=True)
            ],
        },
    )


def _codes(company: Company) -> list[TaxCode]:
    """What suppliers charge, in use."""
    rows = TaxCode.objects.filter(company=company, is_active=True, rate__gt=0).order_by("code")
    return [row for row in rows if row.is_charged]


def _tax(base: Decimal, code: TaxCode, places: int) -> Decimal:
    return round_money(base * code.rate / HUNDRED, places)


def _taxed(
    lines: Sequence[BillingLine],
    chosen: Sequence[int],
    codes: Sequence[TaxCode | None],
    parts: Sequence[Decimal],
) -> list[BillingLine]:
    taxed = list(lines)
    for n, code, part in zip(chosen, codes, parts, strict=True):
        if code is not None:
            taxed[n] = replace(lines[n], tax_code=code, tax_amount=part)
    return taxed


def _only_way(
    nets: Sequence[Decimal],
    options: Sequence[TaxCode | None],
    tax: Decimal,
    places: int,
) -> list[TaxCode | None] | None:
    """The code of each net by which they make ``tax``; None when the bases per code may differ."""
    ways: dict[tuple[Decimal, ...], list[TaxCode | None]] = {(ZERO,) * len(options): []}
    for net in nets:
        longer: dict[tuple[Decimal, ...], list[TaxCode | None]] = {}
        for bases, way in ways.items():
            for n, option in enumerate(options):
                reached = (*bases[:n], bases[n] + net, *bases[n + 1 :])
                longer.setdefault(reached, [*way, option])
        if len(longer) > MOST_WAYS:
            return None
        ways = longer
    found = [
        way
        for bases, way in ways.items()
        if sum(
            (_tax(base, one, places) for base, one in zip(bases, options, strict=True) if one), ZERO
        )
        == tax
    ]
    return found[0] if len(found) == 1 else None
