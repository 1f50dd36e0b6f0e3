"""Picking and packing what a list says: scanned, checked against it, moved, still set aside."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import User
from apps.core.money import ZERO, require_decimal
from apps.core.services.documents import lock, require_status
from apps.core.transactions import unit_of_work
from apps.inventory.models import (
    Location,
    Lot,
    Package,
    PickLine,
    PickList,
    Reservation,
    StockBalance,
)
from apps.inventory.queries.packages import standing_in
from apps.inventory.queries.picks import reservations_of
from apps.inventory.services.moves import Move, post_moves
from apps.inventory.services.package_moves import move_package
from apps.inventory.services.packages import close_package, require_open_package
from apps.inventory.services.reservations import Wanted, give_back, reserve_moved
from apps.masterdata.models import Item

JOURNAL = "INV"
Status = PickList.Status


@dataclass(frozen=True, slots=True)
class Picked:
    """``quantity`` taken for a line, in stock units. What was scanned is held against the line.

    It goes into ``package``, or to the staging place of the list.
    """

    line: PickLine
    quantity: Decimal
    location: Location | None = None
    item: Item | None = None
    lot: Lot | None = None
    package: Package | None = None


def record_picks(pick_list: PickList, picks: Sequence[Picked], *, by: User) -> PickList:
    """Take goods from their places; the list is picked when nothing of it is open any more.

    Raises, naming the row: ``wrong_place``, ``wrong_item``, ``wrong_lot``, ``lot_expired``,
    ``over_pick``, ``package_closed``, ``mixed_package``, and what stock itself does not allow.
    """
    with unit_of_work():
        pick_list = _begun(pick_list)
        lines = _lines(pick_list, [one.line for one in picks])
        targets = _targets(pick_list, picks)
        carried = []
        for row, one in enumerate(picks):
            line = lines[one.line.pk]
            _check(line, one, row)
            target = targets[one.package.pk] if one.package else pick_list.staging
            carried.append((line, one.quantity, line.location, target))
            line.picked_quantity += one.quantity
        for target in targets.values():
            _require_one_customer(target, [line for line, *_q, to in carried if to is target])
        _carry(pick_list, carried, by)
        PickLine.objects.bulk_update(lines.values(), ["picked_quantity"])
        return _done_when_complete(pick_list, by)


def record_short(pick_list: PickList, lines: Sequence[PickLine], *, by: User) -> PickList:
    """What is open of the lines was not found: it is set aside no longer, and stays promised."""
    with unit_of_work():
        pick_list = _begun(pick_list)
        current = _lines(pick_list, lines)
        missing: list[Any] = []
        for line in current.values():
            if not line.open_quantity:
                raise BusinessError(
                    "line_done", _("{line} is picked already.").format(line=line), field="line"
                )
            missing.append((line, line.location, line.open_quantity))
            line.short_quantity += line.open_quantity
        give_back(pick_list.company, missing, by=by)
        PickLine.objects.bulk_update(current.values(), ["short_quantity"])
        return _done_when_complete(pick_list, by)


def pick_package(pick_list: PickList, package: Package, *, by: User) -> PickList:
    """Take a closed package whole: all that is in it is on the list. It goes to the staging place.

    Raises ``BusinessError``: ``not_on_list`` when something in it is not, ``mixed_package`` when
    it is for two customers.
    """
    with unit_of_work():
        pick_list = _begun(pick_list)
        places = [package.location_id]
        places += [key for key, _depth in standing_in(places).get(package.location_id, ())]
        lines = list(
            pick_list.lines.filter(location__in=places)
            .select_related("item", "expected_move")
            .order_by("pk")
        )
        held = [one for one in reservations_of(lines) if one.location_id in places]
        wanted = sum((row.quantity for row in held), ZERO)
        lying = StockBalance.objects.filter(location__in=places).aggregate(all=Sum("quantity"))
        if not wanted or wanted != lying["all"]:
            raise BusinessError(
                "not_on_list",
                _("Not all of {package} is on this list: open it and take what is.").format(
                    package=package.plate
                ),
                field="package",
            )
        _require_one_customer(package.location, lines)
        for line in lines:
            line.picked_quantity = line.quantity - line.short_quantity
        PickLine.objects.bulk_update(lines, ["picked_quantity"])
        if package.location.parent_id != pick_list.staging_id:
            move_package(package, to=pick_list.staging, by=by)
        return _done_when_complete(pick_list, by)


def pack_picked(
    pick_list: PickList,
    package: Package,
    lines: Sequence[tuple[PickLine, Decimal]] | None = None,
    *,
    by: User,
) -> PickList:
    """Put picked goods from the staging place into a package; all of them without ``lines``.

    Raises ``BusinessError``: ``not_staged`` naming the row, ``mixed_package`` for goods of another
    customer than those in it.
    """
    with unit_of_work():
        pick_list = lock(pick_list, related=("company", "staging__site"))
        require_status(pick_list, Status.PICKING, Status.PICKED)
        target = _target(pick_list, package, None)
        known = _lines(pick_list, [line for line, _q in lines] if lines else None)
        staged = _held_at(known.values(), pick_list.staging_id)
        wanted = lines or [(line, staged[line.pk]) for line in known.values() if staged[line.pk]]
        if not wanted:
            raise BusinessError("not_staged", _("Nothing waits to be packed."), field="lines")
        carried = []
        for row, (line, quantity) in enumerate(wanted):
            require_decimal(quantity, field="quantity", row=row)
            if quantity > staged.get(line.pk, ZERO):
                raise BusinessError(
                    "not_staged",
                    _("{line}: {there} wait to be packed, not {quantity}.").format(
                        line=known[line.pk],
                        there=_figure(staged.get(line.pk, ZERO)),
                        quantity=_figure(quantity),
                    ),
                    field="quantity",
                    row=row,
                )
            staged[line.pk] -= quantity
            carried.append((known[line.pk], quantity, pick_list.staging, target))
        _require_one_customer(target, [known[line.pk] for line, _q in wanted])
        _carry(pick_list, carried, by)
        return pick_list.save_by(by)


def finish_packing(pick_list: PickList, *, by: User, version: int | None = None) -> PickList:
    """All that was picked is in packages; those still open are closed.

    Raises ``BusinessError`` (``not_packed``) when something lies loose at the staging place.
    """
    with unit_of_work():
        pick_list = lock(pick_list, version=version, related=("company", "staging"))
        pick_list.transition_to(Status.PACKED)
        held = reservations_of(pick_list.lines.all())
        packages = Package.objects.filter(location__in={row.location_id for row in held})
        known = {one.location_id: one for one in packages.order_by("pk")}
        for row in held:
            if row.location_id not in known:
                raise BusinessError(
                    "not_packed",
                    _("{quantity} {item} lie loose at {location}.").format(
                        quantity=_figure(row.quantity),
                        item=row.item.code,
                        location=row.location.code,
                    ),
                    field="status",
                )
        for package in known.values():
            if package.status == Package.Status.OPEN:
                close_package(package, by=by)
        return pick_list.save_by(by)


def _begun(pick_list: PickList) -> PickList:
    pick_list = lock(pick_list, related=("company", "staging__site"))
    if pick_list.status == Status.RELEASED:
        pick_list.transition_to(Status.PICKING)
    require_status(pick_list, Status.PICKING)
    return pick_list


def _lines(pick_list: PickList, wanted: Sequence[PickLine] | None) -> dict[int, PickLine]:
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


def _check(line: PickLine, one: Picked, row: int) -> None:
    require_decimal(one.quantity, field="quantity", row=row)
    place, lot = _place_of(line.location, row), line.lot
    if one.location is not None and one.location.pk != place.pk:
        raise BusinessError(
            "wrong_place",
            _("This is {scanned}; the list says {wanted}.").format(
                scanned=one.location.code, wanted=place.code
            ),
            field="location",
            row=row,
        )
    if one.item is not None and one.item.pk != line.item_id:
        raise BusinessError(
            "wrong_item",
            _("This is {scanned}; the list says {wanted}.").format(
                scanned=one.item.code, wanted=line.item.code
            ),
            field="item",
            row=row,
        )
    if one.lot is not None and (lot is None or one.lot.pk != lot.pk):
        raise _wrong_lot(line, one.lot, row)
    if lot is not None and lot.expires_on and lot.expires_on < timezone.localdate():
        raise BusinessError(
            "lot_expired",
            _("{lot} expired on {day}.").format(lot=lot.code, day=lot.expires_on),
            field="lot",
            row=row,
        )
    if one.quantity > line.open_quantity:
        raise BusinessError(
            "over_pick",
            _("{item}: {open} to be picked here, not {quantity}.").format(
                item=line.item.code,
                open=_figure(line.open_quantity),
                quantity=_figure(one.quantity),
            ),
            field="quantity",
            row=row,
            details={"open": str(line.open_quantity)},
        )


def _wrong_lot(line: PickLine, lot: Lot, row: int) -> BusinessError:
    if lot.item_id != line.item_id:
        text = _("{scanned} is a lot of another item than {item}.")
    else:
        text = _("This is {scanned}; the list says {wanted}.")
    return BusinessError(
        "wrong_lot",
        text.format(
            scanned=lot.code, item=line.item.code, wanted=line.lot.code if line.lot else "–"
        ),
        field="lot",
        row=row,
    )


def _targets(pick_list: PickList, picks: Sequence[Picked]) -> dict[int, Location]:
    """The inside of each package that is named, by the package's key; locked in that order."""
    rows = {one.package.pk: (row, one.package) for row, one in enumerate(picks) if one.package}
    return {key: _target(pick_list, rows[key][1], rows[key][0]) for key in sorted(rows)}


def _target(pick_list: PickList, package: Package | None, row: int | None) -> Location:
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


def _place_of(place: Location | None, row: int | None = None) -> Location:
    """Where a line is to be picked. Raises ``BusinessError`` while nothing is set aside for it."""
    if place is None:
        raise BusinessError(
            "not_allocated", _("Nothing is set aside for this line."), field="line", row=row
        )
    return place


def _carry(
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
        source = _place_of(source)
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


def _done_when_complete(pick_list: PickList, by: User) -> PickList:
    lines = list(pick_list.lines.all())
    if not any(line.open_quantity for line in lines):
        nothing = not any(line.picked_quantity for line in lines)
        pick_list.transition_to(Status.CANCELLED if nothing else Status.PICKED)
    return pick_list.save_by(by)


def _held_at(lines: Collection[PickLine], location_id: int) -> dict[int, Decimal]:
    """Line → what of it has been picked and lies at a place."""
    found = {line.pk: ZERO for line in lines}
    for row in reservations_of(lines):
        if row.location_id == location_id:
            found[row.source_id] += row.quantity
    for line in lines:  # what is still to be picked may lie at that place itself
        if line.location_id == location_id:
            found[line.pk] -= line.open_quantity
    return found


def _require_one_customer(place: Location, lines: Sequence[PickLine]) -> None:
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


def _figure(value: Decimal) -> str:
    return f"{value.normalize():f}"
