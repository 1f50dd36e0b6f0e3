"""The cost of one unit as a sheet: every material, hour and machine hour below it, with its price.

Plain values in, plain values out; the sum is engineering's roll-up of the same structure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from apps.core.money import ZERO, allocate, round_quantity
from apps.engineering.rollup import MINUTES, Structure
from apps.engineering.structure import low_level_codes

MATERIAL, LABOUR, MACHINE, OTHER = "material", "labour", "machine", "other"


@dataclass(frozen=True, slots=True)
class Position:
    """``quantity`` (stock units or hours per unit made) at ``unit_cost``; ``amount`` is exact."""

    element: str
    item_id: int
    step: int | None
    quantity: Decimal
    unit_cost: Decimal

    @property
    def amount(self) -> Decimal:
        return self.quantity * self.unit_cost


def build_up(structure: Structure, item_id: int, *, lot_size: Decimal) -> list[Position]:
    """The positions of one unit of ``item_id`` made in lots of ``lot_size``, materials first.

    An item needed in many places stands there once, with all that is needed of it. Raises
    ``ValueError`` when the structure is circular.
    """
    needed = _quantities_below(structure, item_id)
    materials, labour, machines = [], [], []
    for one, quantity in needed.items():
        if not structure.components.get(one):
            price = structure.prices.get(one, ZERO)
            if price:
                materials.append(Position(MATERIAL, one, None, quantity, price))
        for place, step in enumerate(structure.steps.get(one, ())):
            hours = quantity * step.minutes(lot_size) / MINUTES
            if step.labour_rate and step.labour_factor and hours:
                labour.append(
                    Position(LABOUR, one, place, hours * step.labour_factor, step.labour_rate)
                )
            if step.machine_rate and hours:
                machines.append(Position(MACHINE, one, place, hours, step.machine_rate))
    return [*materials, *labour, *machines]


def rounded_amounts(amounts: Sequence[Decimal]) -> list[Decimal]:
    """Amounts to six decimals that sum to the rounded sum."""
    total = round_quantity(sum(amounts, ZERO))
    return allocate(total, list(amounts), 6) if total > 0 else [ZERO] * len(amounts)


def by_element(rows: Sequence[tuple[str, Decimal]]) -> Mapping[str, Decimal]:
    """Sums of (element, amount) by element."""
    sums: dict[str, Decimal] = {}
    for element, amount in rows:
        sums[element] = sums.get(element, ZERO) + amount
    return sums


def _quantities_below(structure: Structure, item_id: int) -> dict[int, Decimal]:
    """How much of each item one unit of ``item_id`` needs, itself included, from the top down."""
    reached, waiting, edges = {item_id}, [item_id], []
    while waiting:
        parent = waiting.pop()
        for component in structure.components.get(parent, ()):
            edges.append((parent, component.item_id))
            if component.item_id not in reached:
                reached.add(component.item_id)
                waiting.append(component.item_id)
    levels = {item_id: 0, **low_level_codes(edges)}
    needed = {item_id: Decimal(1)}
    for parent in sorted(reached, key=lambda one: levels[one]):
        for component in structure.components.get(parent, ()):
            before = needed.get(component.item_id, ZERO)
            needed[component.item_id] = before + needed[parent] * component.quantity
    return needed
