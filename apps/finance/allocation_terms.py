"""How cost goes from senders to receivers: exactly, in fractions, and then in whole cents.

Reciprocal allocation is the textbook's system of simultaneous equations: the cost that a sender
gives on is what it has and what it gets from the others. Direct and step-down are the same
equations with fewer ways. Rounding moves no cost: each sender's rest goes one known way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.money import ZERO


class Method(StrEnum):
    DIRECT = "direct"
    STEP_DOWN = "step_down"
    RECIPROCAL = "reciprocal"


@dataclass(frozen=True, slots=True)
class Sender:
    """A cost object with its cost and the weights of its receivers, by key."""

    key: int
    cost: Decimal
    weights: Mapping[int, Decimal]


@dataclass(frozen=True, slots=True)
class Flow:
    sender: int
    receiver: int
    amount: Decimal


Shares = dict[int, dict[int, Fraction]]


def allocate_costs(method: str, senders: Sequence[Sender], decimal_places: int = 2) -> list[Flow]:
    """What goes from whom to whom. Every sender is left with exactly nothing.

    ``senders`` are in the order of step-down. Raises ``InvalidInput`` with the row of a sender
    that has nobody to give to, or whose cost never leaves the circle of senders.
    """
    shares = _shares(method, senders)
    hops = _ways_out(shares, [sender.key for sender in senders])
    given = _given(senders, shares)
    amounts: dict[tuple[int, int], Decimal] = {}
    for sender in senders:
        for receiver, share in shares[sender.key].items():
            if receiver != hops[sender.key][1]:
                exact = given[sender.key] * share
                amounts[sender.key, receiver] = _rounded(exact, decimal_places)
    # from the farthest to the nearest: all that comes in is known when the rest goes out
    for sender in sorted(senders, key=lambda one: -hops[one.key][0]):
        comes = sum((a for (_from, to), a in amounts.items() if to == sender.key), ZERO)
        goes = sum((a for (source, _to), a in amounts.items() if source == sender.key), ZERO)
        amounts[sender.key, hops[sender.key][1]] = sender.cost + comes - goes
    return [
        Flow(sender.key, receiver, amounts[sender.key, receiver])
        for sender in senders
        for receiver in shares[sender.key]
        if amounts[sender.key, receiver]
    ]


def _shares(method: str, senders: Sequence[Sender]) -> Shares:
    places = {sender.key: place for place, sender in enumerate(senders)}
    found: Shares = {}
    for place, sender in enumerate(senders):
        for weight in sender.weights.values():
            if weight < 0:
                raise InvalidInput(
                    "negative_weight", _("Shares may not be negative."), field="share", row=place
                )
        weights = {
            receiver: Fraction(weight)
            for receiver, weight in sender.weights.items()
            if weight
            and receiver != sender.key
            and (
                receiver not in places
                or method == Method.RECIPROCAL
                or (method == Method.STEP_DOWN and places[receiver] > place)
            )
        }
        total = sum(weights.values(), Fraction(0))
        if not total:
            raise InvalidInput(
                "no_receiver", _("A sender has nobody to give to."), field="receivers", row=place
            )
        found[sender.key] = {key: weight / total for key, weight in sorted(weights.items())}
    return found


def _ways_out(shares: Shares, order: Sequence[int]) -> dict[int, tuple[int, int]]:
    """Of each sender: how many steps it is to somebody who keeps cost, and the first of them."""
    found: dict[int, tuple[int, int]] = {}
    distance = 1
    while len(found) < len(order):
        reached = {}
        for key in order:
            if key in found:
                continue
            near = {
                receiver: share
                for receiver, share in shares[key].items()
                if (receiver not in shares if distance == 1 else receiver in found)
            }
            if near:
                reached[key] = (distance, max(near, key=lambda one: (near[one], -one)))
        if not reached:
            row = next(place for place, key in enumerate(order) if key not in found)
            raise InvalidInput(
                "closed_circle",
                _("The cost of a sender never leaves the circle of senders."),
                field="receivers",
                row=row,
            )
        found |= reached
        distance += 1
    return found


def _given(senders: Sequence[Sender], shares: Shares) -> dict[int, Fraction]:
    """What each sender gives on: x = cost + Σ share of what the others give. Gauss and Jordan."""
    keys = [sender.key for sender in senders]
    size = len(keys)
    rows = [
        [Fraction(int(i == j)) - shares[keys[j]].get(keys[i], Fraction(0)) for j in range(size)]
        + [Fraction(senders[i].cost)]
        for i in range(size)
    ]
    for column in range(size):
        pivot = next(row for row in range(column, size) if rows[row][column])
        rows[column], rows[pivot] = rows[pivot], rows[column]
        head = rows[column][column]
        rows[column] = [value / head for value in rows[column]]
        for row in range(size):
            factor = rows[row][column]
            if row != column and factor:
                rows[row] = [
                    value - factor * above
                    for value, above in zip(rows[row], rows[column], strict=True)
                ]
    return {key: rows[place][size] for place, key in enumerate(keys)}


def _rounded(exact: Fraction, decimal_places: int) -> Decimal:
    """Half away from zero, of the fraction itself."""
    scaled = abs(exact) * 10**decimal_places
    whole = int(scaled + Fraction(1, 2))
    amount = Decimal(whole).scaleb(-decimal_places)
    return -amount if exact < 0 else amount
