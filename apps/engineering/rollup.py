"""Cost roll-up over plain values: what one unit of each item costs, deepest items first.

Full precision throughout; only the result is rounded, to six decimals per unit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from apps.core.money import ZERO, allocate, round_quantity
from apps.engineering.structure import low_level_codes

MINUTES = Decimal(60)


@dataclass(frozen=True, slots=True)
class Component:
    """``quantity`` stock units, scrap included, in one unit of the parent."""

    item_id: int
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Step:
    """An operation: minutes per lot and per unit, rates per hour."""

    setup_minutes: Decimal
    run_minutes: Decimal
    labour_factor: Decimal
    labour_rate: Decimal
    machine_rate: Decimal

    def minutes(self, lot_size: Decimal) -> Decimal:
        return self.setup_minutes / lot_size + self.run_minutes

    def labour(self, lot_size: Decimal) -> Decimal:
        return self.minutes(lot_size) * self.labour_factor * self.labour_rate / MINUTES

    def machine(self, lot_size: Decimal) -> Decimal:
        return self.minutes(lot_size) * self.machine_rate / MINUTES


@dataclass(slots=True)
class Cost:
    """Cost of one unit by element, those of its components included."""

    material: Decimal = ZERO
    labour: Decimal = ZERO
    machine: Decimal = ZERO
    level: int = 0

    @property
    def total(self) -> Decimal:
        return self.material + self.labour + self.machine

    def rounded(self) -> tuple[Decimal, Decimal, Decimal, Decimal]:
        """Material, labour, machine and total to six decimals; the elements sum to the total."""
        total = round_quantity(self.total)
        elements = [self.material, self.labour, self.machine]
        if not total:
            return ZERO, ZERO, ZERO, ZERO
        material, labour, machine = allocate(total, elements, 6)
        return material, labour, machine, total


@dataclass(slots=True)
class Structure:
    """What is made of what and how, and what bought items cost, by item."""

    components: Mapping[int, Sequence[Component]] = field(default_factory=dict)
    steps: Mapping[int, Sequence[Step]] = field(default_factory=dict)
    prices: Mapping[int, Decimal] = field(default_factory=dict)


def roll_up(structure: Structure, *, lot_size: Decimal) -> dict[int, Cost]:
    """The cost of every item in ``structure``. An item without components costs its price.

    Raises ``ValueError`` when the structure is circular.
    """
    edges = [
        (parent, component.item_id)
        for parent, components in structure.components.items()
        for component in components
    ]
    levels = dict.fromkeys((*structure.prices, *structure.steps, *structure.components), 0)
    levels.update(low_level_codes(edges))
    costs: dict[int, Cost] = {}
    for item_id in sorted(levels, key=lambda one: -levels[one]):
        cost = Cost(level=levels[item_id])
        components = structure.components.get(item_id, ())
        if not components:
            cost.material = structure.prices.get(item_id, ZERO)
        for component in components:
            below = costs[component.item_id]
            cost.material += component.quantity * below.material
            cost.labour += component.quantity * below.labour
            cost.machine += component.quantity * below.machine
        for step in structure.steps.get(item_id, ()):
            cost.labour += step.labour(lot_size)
            cost.machine += step.machine(lot_size)
        costs[item_id] = cost
    return costs
