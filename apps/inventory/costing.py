"""Costing arithmetic over plain values: what a move is worth under each method.

Values are rounded to the currency's exponent, quantities are in stock units. Methods: standard,
moving average, FIFO (IAS 2 ¶25) and specific lot (IAS 2 ¶23).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from apps.core.money import ZERO, round_money

STANDARD, AVERAGE, FIFO, SPECIFIC = "standard", "average", "fifo", "specific"


@dataclass(slots=True)
class Layer:
    """What is left of one receipt."""

    id: int
    quantity_left: Decimal
    value_left: Decimal


@dataclass(frozen=True, slots=True)
class Take:
    """What an issue took from one layer."""

    layer: Layer
    quantity: Decimal
    value: Decimal


@dataclass(slots=True)
class Pool:
    """Running state of one item: what there is of it and what it is worth."""

    costing: str
    quantity: Decimal
    value: Decimal
    standard_cost: Decimal
    decimal_places: int = 2
    layers: list[Layer] = field(default_factory=list)

    @property
    def keeps_layers(self) -> bool:
        return self.costing != STANDARD

    @property
    def layers_hold_value(self) -> bool:
        return self.costing in (FIFO, SPECIFIC)

    def unit_cost(self) -> Decimal:
        """What one unit is carried at; the standard cost when there is none."""
        if self.costing == STANDARD or not self.quantity:
            return self.standard_cost
        return self.value / self.quantity

    def value_of(self, quantity: Decimal) -> Decimal:
        """``quantity`` at today's carrying cost, rounded."""
        return round_money(quantity * self.unit_cost(), self.decimal_places)

    def receive(self, quantity: Decimal, cost: Decimal) -> Decimal:
        """Take in ``quantity`` that cost ``cost``; what stock gains by it.

        At standard the whole pool stays worth quantity times standard, so rounding never piles up.
        """
        if self.costing == STANDARD:
            total = (self.quantity + quantity) * self.standard_cost
            gained = round_money(total, self.decimal_places) - self.value
        else:
            gained = cost
        self.quantity += quantity
        self.value += gained
        return gained

    def issue(self, quantity: Decimal, takes: Iterable[Take] = ()) -> Decimal:
        """Give out ``quantity``; what stock loses. ``takes`` are the layers a FIFO issue took."""
        if self.layers_hold_value:
            lost = sum((take.value for take in takes), ZERO)
        elif quantity == self.quantity:
            lost = self.value
        elif self.costing == STANDARD:
            rest = (self.quantity - quantity) * self.standard_cost
            lost = self.value - round_money(rest, self.decimal_places)
        else:
            lost = round_money(self.value * quantity / self.quantity, self.decimal_places)
        self.quantity -= quantity
        self.value -= lost
        return lost

    def issue_at(self, quantity: Decimal, value: Decimal) -> Decimal:
        """Give out ``quantity`` at ``value`` if the pool can bear it, else at carrying cost."""
        is_last = quantity == self.quantity
        if self.costing == STANDARD or value > self.value or (is_last and value != self.value):
            return self.issue(quantity)
        self.quantity -= quantity
        self.value -= value
        return value


def in_transit(quantity: Decimal, value: Decimal, decimal_places: int) -> Pool:
    """What lies in transit at one place: it leaves with what it came in with, share by share.

    Whatever the item is carried at when it arrives, no value stays behind once nothing lies there.
    """
    return Pool(AVERAGE, quantity, value, ZERO, decimal_places)


def take_from_layers(layers: Iterable[Layer], quantity: Decimal, decimal_places: int) -> list[Take]:
    """Take ``quantity`` from ``layers`` in order and lower them. Raises ``ValueError`` if short."""
    takes = []
    wanted = quantity
    for layer in layers:
        if not wanted:
            break
        if not layer.quantity_left:
            continue
        taken = min(wanted, layer.quantity_left)
        if taken == layer.quantity_left:
            value = layer.value_left
        else:
            share = layer.value_left * taken / layer.quantity_left
            value = round_money(share, decimal_places)
        layer.quantity_left -= taken
        layer.value_left -= value
        wanted -= taken
        takes.append(Take(layer, taken, value))
    if wanted:
        raise ValueError("layers hold less than the issue")
    return takes
