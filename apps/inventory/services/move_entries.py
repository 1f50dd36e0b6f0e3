"""Journal lines of stock moves: value leaves one place's account and enters the other's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from apps.finance.models import PostingRole
from apps.finance.queries.posting_rules import AccountResolver
from apps.finance.services.journal import Line
from apps.inventory.models import Location

if TYPE_CHECKING:
    from apps.inventory.services.moves import PostedMove

_VARIANCE = {
    Location.Kind.SUPPLIER: PostingRole.PRICE_VARIANCE,
    Location.Kind.PRODUCTION: PostingRole.PRODUCTION_VARIANCE,
    Location.Kind.FOREIGN: PostingRole.PRICE_VARIANCE,
}
_OWED = (Location.Kind.SUPPLIER, Location.Kind.FOREIGN)


def move_lines(posted: Sequence[PostedMove], resolver: AccountResolver) -> list[Line]:
    """Lines for ``posted``, alike ones merged, none of amount zero."""
    merged: dict[Line, Line] = {}
    for one in posted:
        for line in _lines_of(one, resolver):
            key = replace(line, amount=Decimal(0), quantity=None)
            known = merged.get(key)
            if known is None:
                merged[key] = line
            else:
                merged[key] = replace(
                    known,
                    amount=known.amount + line.amount,
                    quantity=(known.quantity or Decimal(0)) + (line.quantity or Decimal(0)),
                )
    return [line for line in merged.values() if line.amount]


def _lines_of(one: PostedMove, resolver: AccountResolver) -> list[Line]:
    move = one.move
    lines = []
    for place, sign in ((move.to_location, 1), (move.from_location, -1)):
        amount = one.value if place.is_physical else one.counter_value
        if place is move.from_location and one.carried is not None:
            amount = one.carried
        lines.append(_line(one, resolver, place, sign, amount))
    if lines[0].account_id == lines[1].account_id and one.value == one.counter_value:
        return []
    if one.carried is not None and one.carried != one.value:
        lines.append(_left_in_stock(one, resolver, one.carried - one.value))
    difference = -sum((line.amount for line in lines), Decimal(0))
    if difference:
        lines.append(_variance_line(one, resolver, difference))
    return lines


def _line(
    one: PostedMove, resolver: AccountResolver, place: Location, sign: int, amount: Decimal
) -> Line:
    move = one.move
    account_id = resolver.account_id(
        Location.ROLES[Location.Kind(place.kind)],
        category_id=one.item.category_id,
        reason_id=None if place.is_physical else move.reason_id,
    )
    other = move.from_location if place is move.to_location else move.to_location
    site_id = place.site_id or other.site_id
    if place.is_physical:
        return Line(
            account_id=account_id,
            amount=sign * amount,
            quantity=sign * move.quantity,
            site_id=site_id,
            item_id=move.item_id,
        )
    return Line(
        account_id=account_id,
        amount=sign * amount,
        quantity=sign * move.quantity,
        site_id=site_id,
        item_id=move.item_id,
        # what is owed for goods is nobody's cost
        cost_object_id=None if place.kind in _OWED else move.cost_object_id,
        partner_id=move.partner_id,
        work_centre_id=move.work_centre_id,
        machine_id=move.machine_id,
        shift_id=move.shift_id,
        reason_id=move.reason_id,
        memo=move.memo,
    )


def _left_in_stock(one: PostedMove, resolver: AccountResolver, amount: Decimal) -> Line:
    """What goods carried in transit beyond what the item loses by them stays in its stock."""
    return Line(
        account_id=resolver.account_id(PostingRole.INVENTORY, category_id=one.item.category_id),
        amount=amount,
        site_id=one.move.to_location.site_id or one.move.from_location.site_id,
        item_id=one.move.item_id,
    )


def _variance_line(one: PostedMove, resolver: AccountResolver, amount: Decimal) -> Line:
    move = one.move
    virtual = move.from_location if move.to_location.is_physical else move.to_location
    physical = move.to_location if move.to_location.is_physical else move.from_location
    role = _VARIANCE.get(Location.Kind(virtual.kind), PostingRole.REVALUATION)
    return Line(
        account_id=resolver.account_id(role, category_id=one.item.category_id),
        amount=amount,
        site_id=physical.site_id,
        item_id=move.item_id,
        cost_object_id=move.cost_object_id,
        partner_id=move.partner_id,
    )
