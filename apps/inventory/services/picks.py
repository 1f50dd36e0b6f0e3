"""Picking and packing what a list says: scanned, checked against it, moved, still set aside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError
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
    StockBalance,
)
from apps.inventory.queries.packages import standing_in
from apps.inventory.queries.picks import reservations_of
from apps.inventory.services.package_moves import move_package
from apps.inventory.services.picked_goods import (
    carry_picked,
    figure,
    lines_of_list,
    open_target,
    place_of,
    require_one_customer,
)
from apps.inventory.services.reservations import give_back
from apps.masterdata.models import Item

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
        lines = lines_of_list(pick_list, [one.line for one in picks])
        targets = _targets(pick_list, picks)
        carried = []
        for row, one in enumerate(picks):
            line = lines[one.line.pk]
            _check(line, one, row)
            target = targets[one.package.pk] if one.package else pick_list.staging
            carried.append((line, one.quantity, line.location, target))
            line.picked_quantity += one.quantity
        for target in targets.values():
            require_one_customer(target, [line for line, *_q, to in carried if to is target])
        carry_picked(pick_list, carried, by)
        PickLine.objects.bulk_update(lines.values(), ["picked_quantity"])
        return _done_when_complete(pick_list, by)


def record_short(pick_list: PickList, lines: Sequence[PickLine], *, by: User) -> PickList:
    """What is open of the lines was not found: it is set aside no longer, and stays promised."""
    with unit_of_work():
        pick_list = _begun(pick_list)
        current = lines_of_list(pick_list, lines)
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
        require_one_customer(package.location, lines)
        for line in lines:
            line.picked_quantity = line.quantity - line.short_quantity
        PickLine.objects.bulk_update(lines, ["picked_quantity"])
        if package.location.parent_id != pick_list.staging_id:
            move_package(package, to=pick_list.staging, by=by)
        return _done_when_complete(pick_list, by)


def _begun(pick_list: PickList) -> PickList:
    pick_list = lock(pick_list, related=("company", "staging__site"))
    if pick_list.status == Status.RELEASED:
        pick_list.transition_to(Status.PICKING)
    require_status(pick_list, Status.PICKING)
    return pick_list


def _check(line: PickLine, one: Picked, row: int) -> None:
    require_decimal(one.quantity, field="quantity", row=row)
    place, lot = place_of(line.location, row), line.lot
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
                open=figure(line.open_quantity),
                quantity=figure(one.quantity),
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
    return {key: open_target(pick_list, rows[key][1], rows[key][0]) for key in sorted(rows)}


def _done_when_complete(pick_list: PickList, by: User) -> PickList:
    lines = list(pick_list.lines.all())
    if not any(line.open_quantity for line in lines):
        nothing = not any(line.picked_quantity for line in lines)
        pick_list.transition_to(Status.CANCELLED if nothing else Status.PICKED)
    return pick_list.save_by(by)
