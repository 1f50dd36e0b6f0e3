"""Repair or replace: what keeping an asset costs against a new one, at today's money.

Plain values only. Cash goes out below zero; flows are at the end of each year.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from apps.core.money import ZERO, round_money


@dataclass(frozen=True, slots=True)
class ReplacementCase:
    """What is asked. Rates are per year: 0.10 is ten percent."""

    annual_cost: Decimal
    price: Decimal
    new_annual_cost: Decimal
    years: int
    discount_rate: Decimal
    cost_growth: Decimal = ZERO
    sale_value_now: Decimal = ZERO
    sale_value_end: Decimal = ZERO
    new_sale_value_end: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class ReplacementAnswer:
    """Net present values of both ways; ``advantage`` of replacing, and the price it pays up to."""

    keep: Decimal
    replace: Decimal
    advantage: Decimal
    highest_price: Decimal
    is_replacing_better: bool
    keep_flows: tuple[Decimal, ...]
    replace_flows: tuple[Decimal, ...]


def net_present_value(rate: Decimal, flows: Sequence[Decimal]) -> Decimal:
    """Value today of ``flows``, the first of them today."""
    return sum((flow / (1 + rate) ** year for year, flow in enumerate(flows)), ZERO)


def compare(case: ReplacementCase, decimal_places: int = 2) -> ReplacementAnswer:
    """Keep the asset, or buy a new one now: each way's flows and what they are worth today.

    The cost of the old asset grows from what it was last year; that of the new one grows from
    its first year.
    """
    growth = 1 + case.cost_growth
    years = range(1, case.years + 1)
    keep = [ZERO, *(-case.annual_cost * growth**year for year in years)]
    replace = [
        case.sale_value_now - case.price,
        *(-case.new_annual_cost * growth ** (year - 1) for year in years),
    ]
    keep[-1] += case.sale_value_end
    replace[-1] += case.new_sale_value_end
    worth_keep = net_present_value(case.discount_rate, keep)
    worth_replace = net_present_value(case.discount_rate, replace)
    advantage = worth_replace - worth_keep
    return ReplacementAnswer(
        keep=round_money(worth_keep, decimal_places),
        replace=round_money(worth_replace, decimal_places),
        advantage=round_money(advantage, decimal_places),
        highest_price=round_money(case.price + advantage, decimal_places),
        is_replacing_better=advantage > 0,
        keep_flows=tuple(round_money(flow, decimal_places) for flow in keep),
        replace_flows=tuple(round_money(flow, decimal_places) for flow in replace),
    )
