"""Lots that become others without a work order: who keeps the genealogy is told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from apps.core.models import Company, User
from apps.core.money import ZERO
from apps.inventory.models import StockMove
from apps.inventory.services.moves import PostedMove
from apps.inventory.signals import lots_converted


class Flow(NamedTuple):
    """``quantity`` of a lot that went in (``goes_in``) or came out."""

    item_id: int
    lot_id: int | None
    quantity: Decimal
    goes_in: bool


def announce_conversion(
    company: Company, flows: Iterable[Flow], *, source: Any, by: User, is_undone: bool = False
) -> None:
    """Tell which lots went into which; every lot that came out got its share of every lot.

    Nobody is told of goods without lots. ``is_undone`` takes it back.
    """
    known = list(flows)
    made: dict[int, Decimal] = {}
    for one in known:
        if not one.goes_in:
            made[one.item_id] = made.get(one.item_id, ZERO) + one.quantity
    sign = -1 if is_undone else 1
    pairs = [
        (parent.lot_id, child.lot_id, sign * parent.quantity * child.quantity / made[child.item_id])
        for parent in known
        if parent.goes_in and parent.lot_id is not None
        for child in known
        if not child.goes_in and child.lot_id is not None
    ]
    if pairs:
        lots_converted.send(StockMove, company=company, source=source, pairs=pairs, by=by)


def posted_flows(posted: Sequence[PostedMove]) -> list[Flow]:
    """What went in and came out by moves just posted; those between two reasons are neither."""
    return [
        Flow(
            one.move.item_id,
            one.move.lot.pk if one.move.lot else None,
            one.move.quantity,
            one.move.is_issue,
        )
        for one in posted
        if one.move.is_issue or one.move.is_receipt
    ]


def flows_of(moves: Sequence[StockMove]) -> list[Flow]:
    """The same of moves on record, with their places."""
    return [
        Flow(move.item_id, move.lot_id, move.quantity, move.from_location.is_physical)
        for move in moves
        if move.from_location.is_physical != move.to_location.is_physical
    ]
