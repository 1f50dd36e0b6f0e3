"""Goods of pick lists on their way: from the bin to the staging place, into packages."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import User
from apps.core.services.documents import lock
from apps.inventory.models import Location, Package, PickLine, PickList, Reservation
from apps.inventory.queries.picks import reservations_of
from apps.inventory.services.moves import Move, post_moves
from apps.inventory.services.packages import require_open_package
from apps.inventory.services.reservations import Wanted, reserve_moved

JOURNAL = "INV"


def lines_of_list(pick_list: PickList, wanted: Sequence[PickLine] | None) -> dict[int, PickLine]:
    rows = pick_list.lines.select_related("item", "location__site", "lot", "expected_move")
    if wanted is None:
        return {line.pk: line for line in rows}
    found = {line.pk: line for line in rows.filter(pk__in=[line.pk for line in wanted])}
    for row, line in enumerate(wanted):
        if line.pk not in found:
            raise InvalidInput("not_on_list", _("This is not on the list."), field="line", row=row)
    if not wanted:
        raise InvalidInput("no_lines", _("Say what."), field="lines")
    return found


def open_target(pick_list: PickList, package: Package | None, row: int | None) -> Location:
    if package is None:
        return pick_list.staging
    package = lock(package, related=("location__site",))
    require_open_package(package)
    if package.company_id != pick_list.company_id or package.location.site_id != pick_list.site_id:
        raise InvalidInput(
            "wrong_place",
            _("{place} is no place of {site}.").format(place=package.plate, site=pick_list.site),
            field="package",
            row=row,
        )
    return package.location


def place_of(place: Location | None, row: int | None = None) -> Location:
    """Where a line is to be picked. Raises ``BusinessError`` while nothing is set aside for it."""
    if place is None:
        raise BusinessError(
            "not_allocated", _("Nothing is set aside for this line."), field="line", row=row
        )
    return place


def carry_picked(
    pick_list: PickList,
    carried: Sequence[tuple[PickLine, Decimal, Location | None, Location]],
    by: User,
) -> None:
    """Move reserved goods of lines and set them aside again where they have come to."""
    held: dict[tuple[int, int], list[Reservation]] = {}
    for one in reservations_of([line for line, *_rest in carried]):
        held.setdefault((one.source_id, one.location_id), []).append(one)
    moves, wanted = [], []
    for line, quantity, source, target in carried:
        source = place_of(source)
        if source.pk == target.pk:
            continue
        left = quantity
        for part in held.get((line.pk, source.pk), ()):
            taken = min(left, part.quantity)
            if taken:
                moves.append(
                    Move(line.item_id, taken, source, target, lot=line.lot, reservation_id=part.pk)
                )
                part.quantity -= taken
                left -= taken
        if left:
            raise BusinessError(
                "no_reservation",
                _("{line} is not set aside at {location} any more.").format(
                    line=line, location=source.code
                ),
                field="quantity",
            )
        wanted.append(Wanted(line.item, quantity, location=target, lot=line.lot, source=line))
    if moves:
        post_moves(
            pick_list.company,
            moves,
            source=pick_list,
            date=timezone.localdate(),
            journal=JOURNAL,
            by=by,
            description=pick_list.number,
        )
        reserve_moved(pick_list.company, wanted, by=by)


def require_one_customer(place: Location, lines: Sequence[PickLine]) -> None:
    partners = {line.expected_move.partner_id for line in lines}
    inside = Reservation.objects.filter(
        location=place, source_type__app_label="inventory", source_type__model="pickline"
    )
    keys = list(inside.values_list("source_id", flat=True))
    partners |= set(
        PickLine.objects.filter(pk__in=keys).values_list("expected_move__partner", flat=True)
    )
    if len(partners) > 1:
        raise BusinessError(
            "mixed_package",
            _("Goods of two customers don't go into one package."),
            field="package",
        )


def figure(value: Decimal) -> str:
    return f"{value.normalize():f}"
