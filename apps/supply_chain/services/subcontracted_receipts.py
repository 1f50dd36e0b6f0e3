"""Goods that a supplier made from our material: material out, work and goods in, one posting.

The work is what is owed for; material and work meet in work in process, on a cost object of the
receipt's line, and leave it with the goods. So cost that comes late follows the material into them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from apps.core.errors import BusinessError
from apps.core.models import User
from apps.core.money import ZERO, round_quantity
from apps.finance.models import CostObject
from apps.finance.services.cost_objects import open_cost_objects, set_cost_objects_active
from apps.inventory.models import Location, Lot, StockMove
from apps.inventory.queries.locations import virtual_location
from apps.inventory.services.conversions import announce_conversion, flows_of, posted_flows
from apps.inventory.services.locking import LockedItem
from apps.inventory.services.moves import Move, PostedMove
from apps.inventory.services.picking import Pick, pick_lots
from apps.supply_chain.models import PurchaseOrder, Receipt, SubcontractComponent
from apps.supply_chain.services.receipt_lines import Counted
from apps.supply_chain.services.subcontracting import components_of, supplier_place

#: The components of each receipt line that is made from our material, by row.
Worked = Mapping[int, Sequence[SubcontractComponent]]


@dataclass(frozen=True, slots=True)
class Conversion:
    """Material goes in by ``inputs``, goods come out by ``outputs``; both before they are posted.

    ``between`` is where they meet, ``cost_objects`` what collects their cost, by row.
    """

    inputs: list[tuple[int, Move]]
    outputs: list[tuple[int, Move]]
    between: Location
    cost_objects: Mapping[int, CostObject]


def worked_rows(counted: Sequence[Counted]) -> Worked:
    """Which lines brought goods made from our material; no statement where none is."""
    rows = [row for row, one in enumerate(counted) if one.taken and one.line.has_material]
    if not rows:
        return {}
    found = components_of(counted[row].line.id for row in rows)
    return {row: found[counted[row].line.id] for row in rows}


def conversion(
    receipt: Receipt,
    order: PurchaseOrder,
    counted: Sequence[Counted],
    lots: Mapping[int, Lot],
    worked: Worked,
    items: dict[int, LockedItem],
    owed: Mapping[int, int],
    by: User,
) -> Conversion:
    """The moves around those that are owed for, whose places in the posting ``owed`` tells by row
    counted from the first of them: the material comes before.

    ``items`` are locked with all others of the posting. Raises ``BusinessError`` naming the row
    for material that does not lie at the supplier.
    """
    between = virtual_location(receipt.company, Location.Kind.PRODUCTION)
    place = supplier_place(order.company_id, order.site_id, order.partner_id)
    rows = sorted(worked)
    opened = open_cost_objects(
        receipt.company,
        [
            (f"{receipt.number}/{row + 1}", f"{receipt.number} {counted[row].line.item.code}"[:100])
            for row in rows
        ],
        kind=CostObject.Kind.WORK_ORDER,
        by=by,
    )
    cost_objects = dict(zip(rows, opened, strict=True))
    inputs = [
        (
            row,
            Move(
                item_id=pick.item_id,
                quantity=pick.quantity,
                from_location=place,
                to_location=between,
                lot=pick.lot,
                cost_object_id=cost_objects[row].pk,
                partner_id=order.partner_id,
            ),
        )
        for row, pick in _picks(counted, worked, items, place)
    ]
    outputs = [
        (
            row,
            Move(
                item_id=counted[row].line.item.pk,
                quantity=counted[row].taken,
                from_location=between,
                to_location=counted[row].delivered.location,
                lot=lots.get(row),
                value=_whole(
                    [n for n, (own, _move) in enumerate(inputs) if own == row],
                    len(inputs) + owed[row],
                ),
                cost_object_id=cost_objects[row].pk,
                partner_id=order.partner_id,
            ),
        )
        for row in rows
    ]
    return Conversion(inputs, outputs, between, cost_objects)


def finish(
    receipt: Receipt,
    conversion: Conversion,
    inputs: Sequence[PostedMove],
    outputs: Sequence[PostedMove],
    by: User,
) -> dict[int, PostedMove]:
    """Close what collected the cost and tell the genealogy; the moves into stock by row."""
    set_cost_objects_active(
        [one.pk for one in conversion.cost_objects.values()], is_active=False, by=by
    )
    made = {row: one for (row, _move), one in zip(conversion.outputs, outputs, strict=True)}
    for row, output in made.items():
        used = [
            one for (own, _move), one in zip(conversion.inputs, inputs, strict=True) if own == row
        ]
        announce_conversion(receipt.company, posted_flows([*used, output]), source=receipt, by=by)
    return made


def undo(receipt: Receipt, moves: Sequence[StockMove], *, by: User) -> None:
    """Tell the genealogy that goods of a receipt, by its ``moves``, are material again."""
    made = receipt.lines.filter(made_move__isnull=False)
    for key in made.values_list("made_move__cost_object_id", flat=True):
        own = [move for move in moves if move.cost_object_id == key]
        announce_conversion(receipt.company, flows_of(own), source=receipt, by=by, is_undone=True)


def _picks(
    counted: Sequence[Counted],
    worked: Worked,
    items: dict[int, LockedItem],
    place: Location,
) -> list[tuple[int, Pick]]:
    rows = [
        (row, component.item_id, round_quantity(component.per_unit * counted[row].taken))
        for row, components in sorted(worked.items())
        for component in components
    ]
    wanted = [one for one in rows if one[2]]
    try:
        picks = pick_lots(
            items, [(item, quantity) for _row, item, quantity in wanted], location=place
        )
    except BusinessError as error:
        error.row = None if error.row is None else wanted[error.row][0]
        raise
    return [(wanted[pick.row][0], pick) for pick in picks]


def _whole(inputs: Sequence[int], work: int) -> Callable[[Sequence[PostedMove]], Decimal]:
    """What material and work of one line came to, by their places in the posting."""
    return lambda posted: sum((posted[n].counter_value for n in (*inputs, work)), ZERO)
