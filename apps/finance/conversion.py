"""Arithmetic of invoices and payments: tax, and amounts in two currencies that both sum up."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from apps.core.money import ZERO, round_money

HUNDRED = Decimal(100)


def rounded_parts(exact: Sequence[Decimal], decimal_places: int) -> list[Decimal]:
    """Round each part so that the parts sum to the rounded sum, whatever their signs.

    Each part is the step between two rounded running sums, so none is off by more than one unit
    of the last decimal and no rounding difference is left over.
    """
    parts = []
    running, rounded = ZERO, ZERO
    for part in exact:
        running += part
        reached = round_money(running, decimal_places)
        parts.append(reached - rounded)
        rounded = reached
    return parts


def tax_amounts(
    nets: Sequence[Decimal], rates: Sequence[Decimal | None], decimal_places: int
) -> list[Decimal]:
    """Tax of each line at its rate in percent, rounded once per rate over all its lines."""
    taxes = [ZERO] * len(nets)
    for rate in set(rates):
        if rate is None:
            continue
        places = [n for n, own in enumerate(rates) if own == rate]
        parts = rounded_parts([nets[n] * rate / HUNDRED for n in places], decimal_places)
        for place, tax in zip(places, parts, strict=True):
            taxes[place] = tax
    return taxes


def convert(amounts: Sequence[Decimal], rate: Decimal, decimal_places: int) -> list[Decimal]:
    """Amounts in company currency whose sum is the converted and rounded sum."""
    return rounded_parts([amount * rate for amount in amounts], decimal_places)
