"""The moves of a kit assembly: what goes in comes first, what comes out is worth the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from apps.core.money import ZERO, allocate, round_quantity
from apps.inventory.models import KitAssembly, KitComponent, Location, Lot
from apps.inventory.queries.locations import virtual_location
from apps.inventory.services.locking import LockedItem
from apps.inventory.services.moves import Move, PostedMove

Kind = KitAssembly.Kind


def kit_moves(
    assembly: KitAssembly,
    parts: Sequence[KitComponent],
    lots: dict[tuple[int, str], Lot],
    items: dict[int, LockedItem],
) -> list[Move]:
    """Components in and kits out, or the other way round; what goes in comes first."""
    between = virtual_location(assembly.company, Location.Kind.PRODUCTION)
    is_made = assembly.kind == Kind.ASSEMBLE

    def move(
        item_id: int, quantity: Decimal, place: Location, code: str, goes_in: bool, value: Any
    ) -> Move:
        return Move(
            item_id=item_id,
            quantity=quantity,
            from_location=place if goes_in else between,
            to_location=between if goes_in else place,
            lot=lots.get((item_id, code)),
            value=value,
            cost_object_id=assembly.cost_object_id,
            memo=assembly.note,
        )

    quantities = [round_quantity(part.quantity * assembly.quantity) for part in parts]
    worth = _whole(len(parts)) if is_made else None
    kit = move(
        assembly.item_id, assembly.quantity, assembly.location, assembly.lot_code,
        not is_made, worth,
    )  # fmt: skip
    weights = [
        items[part.item_id].pool.unit_cost() * quantity
        for part, quantity in zip(parts, quantities, strict=True)
    ]
    if not any(weights):  # nothing is known of their cost: by quantity
        weights = quantities
    components = [
        move(
            part.item_id, quantity, part.location, part.lot_code, is_made,
            None if is_made else _share(row, weights, assembly.company.currency.decimal_places),
        )
        for row, (part, quantity) in enumerate(zip(parts, quantities, strict=True))
    ]  # fmt: skip
    return [*components, kit] if is_made else [kit, *components]


def _whole(count: int) -> Callable[[Sequence[PostedMove]], Decimal]:
    """What the first ``count`` moves of the posting took out of stock."""
    return lambda posted: sum((one.counter_value for one in posted[:count]), ZERO)


def _share(
    row: int, weights: Sequence[Decimal], places: int
) -> Callable[[Sequence[PostedMove]], Decimal]:
    """One component's part of what the kits were worth."""
    return lambda posted: allocate(posted[0].counter_value, weights, places)[row]
