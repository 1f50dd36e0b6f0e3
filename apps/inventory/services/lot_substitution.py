"""Another lot than the one a pick list says: set aside instead, before it is taken."""

from __future__ import annotations

from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import User
from apps.core.money import require_decimal
from apps.core.services.documents import lock, require_company, require_reason, require_status
from apps.core.transactions import unit_of_work
from apps.inventory.models import Location, Lot, PickLine, PickList
from apps.inventory.services.picked_goods import figure, lines_of_list, place_of
from apps.inventory.services.reservable_stock import lock_all_of_items
from apps.inventory.services.reservations import Wanted, assign_reservations, give_back, reserve

Status = PickList.Status


def substitute_lot(
    pick_list: PickList,
    line: PickLine,
    lot: Lot,
    *,
    reason: str,
    by: User,
    quantity: Decimal | None = None,
    location: Location | None = None,
) -> PickList:
    """Take ``lot`` instead of the lot of a line, for what is open of it or for ``quantity``.

    The stock of the other lot is free again. Raises: ``wrong_lot``, ``same_lot``, ``lot_expired``,
    ``stock_blocked``, ``over_pick``, ``insufficient_stock``; the list stays as it was.
    """
    reason = require_reason(reason)
    with unit_of_work():
        pick_list = lock(pick_list, related=("company", "site"))
        require_status(pick_list, Status.RELEASED, Status.PICKING)
        [line] = lines_of_list(pick_list, [line]).values()
        require_company(pick_list.company, lot=lot, location=location)
        _check_lot(line, lot)
        part = _part(line, quantity)
        lock_all_of_items(pick_list.company, [line.item_id])
        give_back(pick_list.company, [(line, place_of(line.location), part)], by=by)
        wanted = Wanted(
            line.item,
            part,
            site=pick_list.site,
            location=location,
            lot=lot,
            source=line,
            priority=pick_list.priority,
        )
        try:
            made = reserve(pick_list.company, [wanted], by=by)
        except BusinessError as error:
            error.row = None  # of the one line that was asked for
            raise
        old = line.lot.code if line.lot else "–"
        new = [
            PickLine(
                company_id=pick_list.company_id,
                pick_list=pick_list,
                position=line.position,
                expected_move_id=line.expected_move_id,
                item_id=line.item_id,
                quantity=one.quantity,
                location_id=one.location_id,
                lot=lot,
            )
            for one in made
        ]
        PickLine.objects.bulk_create(new)
        assign_reservations([(one.id, row) for one, row in zip(made, new, strict=True)], by=by)
        line.quantity -= part
        if line.quantity:
            PickLine.objects.bulk_update([line], ["quantity"])
        else:
            line.delete()
        said = _("{new} instead of {old}: {reason}").format(new=lot.code, old=old, reason=reason)
        return pick_list.save_by(by, reason=said)


def _check_lot(line: PickLine, lot: Lot) -> None:
    if lot.item_id != line.item_id:
        raise InvalidInput("wrong_lot", _("The lot is of another item."), field="lot")
    if lot.pk == line.lot_id:
        raise InvalidInput("same_lot", _("The list says this lot already."), field="lot")
    if lot.expires_on and lot.expires_on < timezone.localdate():
        raise BusinessError(
            "lot_expired",
            _("{lot} expired on {day}.").format(lot=lot.code, day=lot.expires_on),
            field="lot",
        )
    if lot.status != Lot.Status.AVAILABLE:
        raise BusinessError(
            "stock_blocked",
            _("{item} is blocked: {why}.").format(item=lot.code, why=lot.get_status_display()),
            field="lot",
        )


def _part(line: PickLine, quantity: Decimal | None) -> Decimal:
    part = line.open_quantity if quantity is None else quantity
    if quantity is not None:
        require_decimal(quantity, field="quantity")
    if not part or part > line.open_quantity:
        raise BusinessError(
            "over_pick",
            _("{item}: {open} to be picked here, not {quantity}.").format(
                item=line.item.code, open=figure(line.open_quantity), quantity=figure(part)
            ),
            field="quantity",
            details={"open": str(line.open_quantity)},
        )
    return part
