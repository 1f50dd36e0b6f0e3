"""Tax that a bill states as one sum: under a code, so that it is in the tax ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.models import Company
from apps.core.money import ZERO, allocate, round_money
from apps.finance.conversion import HUNDRED
from apps.finance.models import TaxCode
from apps.finance.services.invoices import BillingLine


def with_stated_tax(
    company: Company,
    lines: Sequence[BillingLine],
    tax_amount: Decimal,
    *,
    code: TaxCode | None,
    places: int,
) -> list[BillingLine] | None:
    """``lines`` with the sum shared out, by net amount, over those that name no code.

    Without ``code`` it is the one whose rate makes just this sum of them, with the charges or
    without. None where no such code, or more than one, is there: then nobody can say which.
    Raises ``InvalidInput`` for a code whose tax no supplier charges.
    """
    if code is not None and not code.is_charged:
        text = _("{code} is no tax that a supplier charges.").format(code=code.code)
        raise InvalidInput("not_charged", text, field="tax_code")
    nets = [round_money(line.quantity * line.unit_price, places) for line in lines]
    bare = [n for n, line in enumerate(lines) if line.tax_code is None]
    goods = [n for n in bare if lines[n].source is not None]
    for chosen in (bare, goods):
        base = sum((nets[n] for n in chosen), ZERO)
        found = code or _code_of(company, base, tax_amount, places)
        if found is None or base <= 0:
            continue
        parts = allocate(tax_amount, [max(nets[n], ZERO) for n in chosen], places)
        taxed = list(lines)
        for n, part in zip(chosen, parts, strict=True):
            taxed[n] = replace(lines[n], tax_code=found, tax_amount=part)
        return taxed
    return None


def _code_of(company: Company, base: Decimal, tax: Decimal, places: int) -> TaxCode | None:
    """The only code in use that makes ``tax`` of ``base``."""
    codes = TaxCode.objects.filter(company=company, is_active=True, rate__gt=0).order_by("code")
    fitting = [
        one
        for one in codes
        if one.is_charged and round_money(base * one.rate / HUNDRED, places) == tax
    ]
    return fitting[0] if len(fitting) == 1 else None
