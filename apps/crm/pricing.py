"""Prices over plain values: which rule wins, margin on price, rounding up, quantity breaks.

The most specific rule wins: first for whom (customer, segment, everybody), then for what (item,
category, everything), then the larger quantity it starts from. Two rules that agree in all of
that may not overlap in time; ``overlapping`` finds them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import ROUND_CEILING, Decimal

from apps.core.errors import InvalidInput
from apps.core.money import ZERO, round_quantity

HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Rule:
    """A price rule; ``unit_price`` and ``min_quantity`` are per and in stock units."""

    id: int
    valid_from: Date
    valid_until: Date | None = None
    partner_id: int | None = None
    segment_id: int | None = None
    item_id: int | None = None
    category_id: int | None = None
    min_quantity: Decimal = ZERO
    unit_price: Decimal | None = None
    discount_percent: Decimal = ZERO

    @property
    def rank(self) -> tuple[int, int, Decimal]:
        customer = 2 if self.partner_id else 1 if self.segment_id else 0
        what = 2 if self.item_id else 1 if self.category_id else 0
        return customer, what, self.min_quantity

    @property
    def reach(self) -> tuple[object, ...]:
        """Rules of one reach compete for the same sales with the same rank."""
        return (
            self.partner_id,
            self.segment_id,
            self.item_id,
            self.category_id,
            self.min_quantity,
        )


@dataclass(frozen=True, slots=True)
class Sale:
    """What a price is asked for: ``quantity`` in stock units on ``date``."""

    date: Date
    quantity: Decimal
    partner_id: int
    item_id: int
    category_id: int
    segment_id: int | None = None


@dataclass(frozen=True, slots=True)
class Priced:
    """``list_price`` less ``discount_percent`` is ``unit_price``, all per stock unit."""

    list_price: Decimal
    discount_percent: Decimal
    rule_id: int | None = None

    @property
    def unit_price(self) -> Decimal:
        return discounted(self.list_price, self.discount_percent)


def applies(rule: Rule, sale: Sale) -> bool:
    """Whether ``rule`` prices ``sale``; both its days are included."""
    return (
        rule.valid_from <= sale.date
        and (rule.valid_until is None or sale.date <= rule.valid_until)
        and rule.partner_id in (None, sale.partner_id)
        and rule.segment_id in (None, sale.segment_id)
        and rule.item_id in (None, sale.item_id)
        and rule.category_id in (None, sale.category_id)
        and rule.min_quantity <= sale.quantity
    )


def winning_rule(rules: Iterable[Rule], sale: Sale) -> Rule | None:
    """The most specific rule for ``sale``; of equals (which the service refuses) the oldest."""
    found = [rule for rule in rules if applies(rule, sale)]
    return max(found, key=lambda rule: (rule.rank, -rule.id)) if found else None


def price_of(rules: Iterable[Rule], sale: Sale, base: Decimal | None) -> Priced | None:
    """The price of ``sale``: the rule's own, or its discount off ``base`` (the item's own price).

    None when nothing names a price.
    """
    rule = winning_rule(rules, sale)
    if rule is None:
        return None if base is None else Priced(base, ZERO)
    price = base if rule.unit_price is None else rule.unit_price
    return None if price is None else Priced(price, rule.discount_percent, rule.id)


def overlapping(rules: Sequence[Rule]) -> tuple[Rule, Rule] | None:
    """Two rules of equal rank and reach that hold on a common day; None when there are none."""
    by_reach: dict[tuple[object, ...], list[Rule]] = {}
    for rule in rules:
        by_reach.setdefault(rule.reach, []).append(rule)
    for group in by_reach.values():
        group.sort(key=lambda rule: rule.valid_from)
        latest = group[0]
        for rule in group[1:]:
            if latest.valid_until is None or rule.valid_from <= latest.valid_until:
                return latest, rule
            latest = rule
    return None


def discounted(price: Decimal, percent: Decimal) -> Decimal:
    return round_quantity(price * (HUNDRED - percent) / HUNDRED)


def discount_between(list_price: Decimal, unit_price: Decimal) -> Decimal:
    """How many percent ``unit_price`` is below ``list_price``, to four decimals; never below 0."""
    if list_price <= 0 or unit_price >= list_price:
        return ZERO
    return round((list_price - unit_price) * HUNDRED / list_price, 4)


def margin_price(cost: Decimal, margin_percent: Decimal, step: Decimal | None = None) -> Decimal:
    """The price of which ``margin_percent`` is margin, rounded up to a multiple of ``step``.

    Cost 32.6933 at 35 % on price and steps of 0.05 gives 50.30. Raises ``ValueError`` for a
    margin of 100 % or more.
    """
    if margin_percent >= HUNDRED:
        raise ValueError("a margin on price is less than 100 %")
    price = cost * HUNDRED / (HUNDRED - margin_percent)
    if step is None:
        return round_quantity(price)
    return (price / step).to_integral_value(ROUND_CEILING) * step


def margin_of(price: Decimal, cost: Decimal) -> Decimal | None:
    """Margin in percent of ``price``, two decimals; None without a price."""
    return None if not price else round((price - cost) * HUNDRED / price, 2)


def break_price(breaks: Sequence[tuple[Decimal, Decimal]], quantity: Decimal) -> Decimal | None:
    """The price of the largest (from quantity, price) that ``quantity`` reaches; None below all."""
    reached = [(start, price) for start, price in breaks if start <= quantity]
    return max(reached)[1] if reached else None


def require_below_hundred(percent: Decimal, message: str, row: int | None = None) -> None:
    """Raise ``InvalidInput`` for a margin on price of 100 % or more, or below zero."""
    if not ZERO <= percent < HUNDRED:
        raise InvalidInput("out_of_range", message, field="margin_percent", row=row)
