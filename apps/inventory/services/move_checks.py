"""What a stock move must be before it is posted: its figures, places, lots."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.money import require_decimal
from apps.inventory.models import Location
from apps.inventory.services.locking import LockedItem

if TYPE_CHECKING:
    from apps.inventory.services.moves import Move


def check_move(move: Move, row: int) -> None:
    require_decimal(move.quantity, field="quantity", row=row)
    if move.from_location.pk == move.to_location.pk:
        raise InvalidInput(
            "same_location", _("From and to are the same place."), field="to_location", row=row
        )
    if move.lot is not None and move.lot.item_id != move.item_id:
        raise InvalidInput("wrong_lot", _("The lot is of another item."), field="lot", row=row)
    for place in (move.from_location, move.to_location):
        if place.is_frozen and not move.is_count:
            raise BusinessError(
                "location_frozen",
                _("{location} is being counted: nothing moves there until that is done.").format(
                    location=place.code
                ),
                field="location",
                row=row,
            )
    _check_owner(move, row)
    _check_promise(move, row)
    _check_use(move, row)
    _check_sealed(move, row)
    if isinstance(move.value, Decimal):
        require_decimal(move.value, field="value", row=row, positive=False)
        if move.value < 0:
            raise InvalidInput(
                "negative_value", _("Cost can't be negative."), field="value", row=row
            )


def _check_owner(move: Move, row: int) -> None:
    """What is a supplier's comes from him and goes back to him, or is taken over by us."""
    foreign, supplier = Location.Kind.FOREIGN, Location.Kind.SUPPLIER
    source, target = move.from_location, move.to_location
    may_leave = target.is_physical or target.kind in (supplier, foreign)
    may_come = source.kind in (supplier, foreign)
    is_wrong = (source.kind == foreign and not may_leave) or (
        target.kind == foreign and not may_come
    )
    is_anothers = source.kind == target.kind == foreign and source.owner_id != target.owner_id
    if (is_wrong or is_anothers) and move.reverses is None:
        place = source if source.kind == foreign else target
        raise InvalidInput(
            "not_ours",
            _("What lies at {location} is a supplier's: take it over first.").format(
                location=place.code
            ),
            field="location",
            row=row,
        )


def _check_promise(move: Move, row: int) -> None:
    """A reversal opened its promise again; to keep that promise is a new move, no reversal."""
    reversed_one = move.reverses
    if move.expected_move_id is None or reversed_one is None or reversed_one.reverses_id is None:
        return
    raise BusinessError(
        "reopens_promise",
        _("This took back what was promised, and it is open again: post it anew."),
        field="reverses",
        row=row,
    )


def _check_use(move: Move, row: int) -> None:
    """Nothing comes to a place out of use; one that is sealed was shipped and may come back."""
    place = move.to_location
    is_gone = place.kind == Location.Kind.INTERNAL and not place.is_active and not place.is_sealed
    if is_gone and not move.is_count:
        raise BusinessError(
            "location_inactive",
            _("{location} is not used any more.").format(location=place.code),
            field="to_location",
            row=row,
        )


def _check_sealed(move: Move, row: int) -> None:
    if move.is_package or move.is_count or move.reverses is not None:
        return
    for place in (move.from_location, move.to_location):
        if place.is_sealed:
            raise BusinessError(
                "package_closed",
                _("{location} is closed: open it first.").format(location=place.code),
                field="location",
                row=row,
            )


def limited_places(moves: Sequence[Move]) -> dict[int, int | None]:
    """The places with limits that something comes to, each with its first row."""
    places: dict[int, int | None] = {}
    for row, move in enumerate(moves):
        if move.to_location.is_limited and move.reverses is None and not move.is_count:
            places.setdefault(move.to_location.pk, row)
    return places


def check_tracking(moves: Sequence[Move], items: dict[int, LockedItem]) -> None:
    for row, move in enumerate(moves):
        item = items[move.item_id]
        if item.kind in ("service", "phantom"):
            raise InvalidInput(
                "not_stocked",
                _("{item} is not kept in stock.").format(item=item.code),
                field="item",
                row=row,
            )
        touches_stock = move.from_location.has_balances or move.to_location.has_balances
        if item.tracking == "none":
            if move.lot is not None:
                raise InvalidInput(
                    "lot_not_wanted",
                    _("{item} is not tracked by lot.").format(item=item.code),
                    field="lot",
                    row=row,
                )
        elif move.lot is None and touches_stock:
            raise InvalidInput(
                "lot_required",
                _("{item} needs a lot or serial number.").format(item=item.code),
                field="lot",
                row=row,
            )
        elif item.tracking == "serial" and move.quantity != 1 and touches_stock:
            raise InvalidInput(
                "serial_quantity",
                _("A serial number is one piece."),
                field="quantity",
                row=row,
            )
