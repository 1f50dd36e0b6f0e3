"""Lines of receipts: what came for an order, in stock units, with its lots; or why it can't be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from datetime import timedelta
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import User
from apps.core.money import ZERO, require_decimal, round_quantity
from apps.core.services.documents import require_company
from apps.inventory.models import Location, Lot
from apps.inventory.services.lots import NewLot, create_lots
from apps.inventory.services.weighing import check_weight, weigh_lots
from apps.masterdata.models import Item, Unit
from apps.masterdata.services.units import to_stock_quantities
from apps.supply_chain.models import PurchaseOrder, PurchaseOrderLine, ShippingNoticeLine
from apps.supply_chain.services.receipt_tolerances import over_receipt
from apps.supply_chain.services.receivable_lines import Receivable, ReceivableLine


@dataclass(frozen=True, slots=True)
class Delivered:
    """What came for one order line, in ``unit`` (else the order line's).

    ``quantity`` is taken in at ``location``, ``quantity_rejected`` refused at the door. What lies
    here already as the supplier's own is ``taken_from`` his place. A piece that is weighed has its
    ``catch_weight``; what is ordered by weight is counted in pieces unless ``unit`` says otherwise.
    """

    order_line: PurchaseOrderLine
    quantity: Decimal
    location: Location
    unit: Unit | None = None
    lot_code: str = ""
    supplier_lot: str = ""
    expires_on: Date | None = None
    quantity_rejected: Decimal = ZERO
    notice_line: ShippingNoticeLine | None = None
    taken_from: Location | None = None
    catch_weight: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """A delivered line in stock units."""

    delivered: Delivered
    line: ReceivableLine
    taken: Decimal
    rejected: Decimal


def count_lines(
    order: PurchaseOrder, lines: Sequence[Delivered], receivable: Receivable
) -> list[Counted]:
    """The lines in stock units; refuses what can't have come."""
    for row, line in enumerate(lines):
        require_company(order.company, row=row, location=line.location, unit=line.unit)
        _check_line(order, line, row)
    places = [receivable.lines[line.order_line.pk] for line in lines]
    taken = _stock_quantities(lines, places, [line.quantity for line in lines])
    rejected = _stock_quantities(lines, places, [line.quantity_rejected for line in lines])
    left: dict[int, Decimal] = {}
    counted = []
    for row, (line, place) in enumerate(zip(lines, places, strict=True)):
        most = left.get(place.id, place.most)
        if taken[row] > most:
            raise over_receipt(place, most, taken[row], row)
        left[place.id] = most - taken[row]
        if taken[row]:
            _check_lot(line, place.item, row)
            check_weight(place.catch_weight, place.item.code, line.catch_weight, row=row)
        counted.append(Counted(line, place, taken[row], rejected[row]))
    return counted


def _check_line(order: PurchaseOrder, line: Delivered, row: int) -> None:
    for field in ("quantity", "quantity_rejected"):
        value = require_decimal(getattr(line, field), field=field, row=row, positive=False)
        if value < 0:
            raise InvalidInput("negative", _("May not be negative."), field=field, row=row)
    if not line.quantity and not line.quantity_rejected:
        raise InvalidInput(
            "not_positive", _("Must be greater than zero."), field="quantity", row=row
        )
    is_dropped = line.location.kind == Location.Kind.DROP_SHIP
    if order.ships_to_id is not None and not is_dropped:
        raise BusinessError(
            "drop_ship",
            _("{order} goes to {customer}: note that it is shipped.").format(
                order=order, customer=order.ships_to
            ),
            field="location",
            row=row,
        )
    is_ours = line.location.kind == Location.Kind.INTERNAL and line.location.is_active
    is_here = is_ours and line.location.site_id == order.site_id
    if not is_here and (order.ships_to_id is None or not is_dropped):
        raise InvalidInput(
            "wrong_location",
            _("{location} is no place of the site that {order} goes to.").format(
                location=line.location, order=order
            ),
            field="location",
            row=row,
        )


def _check_lot(line: Delivered, item: Item, row: int) -> None:
    if item.tracking == Item.Tracking.NONE:
        if line.lot_code or line.supplier_lot:
            raise InvalidInput(
                "lot_not_wanted",
                _("{item} is not tracked by lot.").format(item=item.code),
                field="lot_code",
                row=row,
            )
        return
    if not line.lot_code:
        raise InvalidInput(
            "lot_required",
            _("{item} needs a lot or serial number.").format(item=item.code),
            field="lot_code",
            row=row,
        )
    if item.requires_supplier_lot and not line.supplier_lot.strip():
        raise InvalidInput(
            "supplier_lot_required",
            _("{item} needs the supplier's lot.").format(item=item.code),
            field="supplier_lot",
            row=row,
        )


def _stock_quantities(
    lines: Sequence[Delivered], places: Sequence[ReceivableLine], quantities: Sequence[Decimal]
) -> list[Decimal]:
    """In the order's unit the share of what was ordered, so that all of it is all of it."""
    others = to_stock_quantities(
        [
            (place.item, quantity, line.unit if _is_other(line, place) else None)
            for line, place, quantity in zip(lines, places, quantities, strict=True)
        ]
    )
    return [
        other
        if _is_other(line, place) or place.is_by_weight
        else round_quantity(quantity * place.stock_quantity / place.quantity)
        for line, place, quantity, other in zip(lines, places, quantities, others, strict=True)
    ]


def _is_other(line: Delivered, place: ReceivableLine) -> bool:
    return line.unit is not None and (place.is_by_weight or line.unit.pk != place.unit_id)


def lots_of(
    order: PurchaseOrder,
    counted: Sequence[Counted],
    receivable: Receivable,
    date: Date,
    by: User,
) -> dict[int, Lot]:
    """The lot of each line that has one, by its row; refuses a lot that came from elsewhere."""
    rows = [row for row, one in enumerate(counted) if one.taken and one.delivered.lot_code]
    wanted = []
    for row in rows:
        one = counted[row].delivered
        item = counted[row].line.item
        shelf_life = item.shelf_life_days
        expires_on = one.expires_on
        if expires_on is None and shelf_life is not None:
            expires_on = date + timedelta(days=shelf_life)
        wanted.append(
            NewLot(
                item=item,
                code=one.lot_code,
                supplier=receivable.supplier,
                supplier_lot=one.supplier_lot,
                expires_on=expires_on,
                catch_weight=one.catch_weight,
            )
        )
    lots = dict(zip(rows, create_lots(order.company, wanted, by=by), strict=True))
    _weigh_again(lots, counted, by)
    for row, lot in lots.items():
        one = counted[row].delivered
        is_same = lot.supplier_id == receivable.supplier.pk and lot.supplier_lot == one.supplier_lot
        if not is_same:
            raise BusinessError(
                "lot_differs",
                _("Lot {lot} is there already, from another supplier or supplier's lot.").format(
                    lot=lot
                ),
                field="lot_code",
                row=row,
            )
    return lots


def _weigh_again(lots: dict[int, Lot], counted: Sequence[Counted], by: User) -> None:
    """A piece that was here before may weigh something else by now."""
    other = [
        (row, lot, weight)
        for row, lot in lots.items()
        if (weight := counted[row].delivered.catch_weight) not in (None, lot.catch_weight)
    ]
    weighed = weigh_lots([(lot, weight) for _row, lot, weight in other], by=by) if other else []
    for (row, _lot, _weight), lot in zip(other, weighed, strict=True):
        lots[row] = lot
