"""Goods receipts: what came in, its lots, its value and what is owed for it, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date as Date
from datetime import timedelta
from decimal import Decimal

from django.contrib.contenttypes.models import ContentType
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import User
from apps.core.money import ZERO, require_decimal, round_money, round_quantity
from apps.core.queries.currencies import decimal_places
from apps.core.services.documents import (
    insert_all,
    lock,
    require_company,
    require_reason,
    update_all,
)
from apps.core.sql import insert_rows
from apps.core.transactions import unit_of_work
from apps.finance.queries.rates import exchange_rate
from apps.inventory.models import Location, Lot, StockMove
from apps.inventory.services.locking import LockedItem
from apps.inventory.services.lots import NewLot, create_lots
from apps.inventory.services.moves import Move, PostedMove, post_moves, reverse_moves
from apps.masterdata.models import Item, Unit
from apps.masterdata.services.units import to_stock_quantities
from apps.supply_chain.models import (
    PurchaseOrder,
    PurchaseOrderLine,
    Receipt,
    ReceiptLine,
    ShippingNoticeLine,
)
from apps.supply_chain.queries.grni import billed_quantities
from apps.supply_chain.services.direct_costs import place_of_cost_objects
from apps.supply_chain.services.incoming_inspections import (
    Incoming,
    Routed,
    hold,
    request,
    route,
)
from apps.supply_chain.services.receipt_tolerances import (
    close_short,
    expect_rest,
    over_receipt,
)
from apps.supply_chain.services.receivable_lines import (
    Receivable,
    ReceivableLine,
    lock_receivable,
)

JOURNAL = "INV"
PREFIX = "GR"


@dataclass(frozen=True, slots=True)
class Delivered:
    """What came for one order line, in ``unit`` (else the order line's).

    ``quantity`` is taken in at ``location``, ``quantity_rejected`` refused at the door.
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


@dataclass(frozen=True, slots=True)
class _Counted:
    """A delivered line in stock units."""

    delivered: Delivered
    line: ReceivableLine
    taken: Decimal
    rejected: Decimal


def receive(
    order: PurchaseOrder,
    *,
    lines: Sequence[Delivered],
    date: Date,
    by: User,
    delivery_note: str = "",
) -> Receipt:
    """Take goods in: receipt, lots, stock moves at order price, goods received not invoiced.

    What has an inspection plan is blocked and its inspection opened; a line that is short by no
    more than is allowed is closed. Seventeen statements however many lines (without these).
    Raises ``InvalidInput`` or ``BusinessError`` naming field and row: more than is open with its
    tolerance, a missing lot or supplier's lot, a closed period.
    """
    if not lines:
        raise InvalidInput("no_lines", _("Say what has come."), field="lines")
    with unit_of_work():
        receivable = lock_receivable(order, [line.order_line.pk for line in lines])
        counted, routed = _routed(order, _count(order, lines, receivable), receivable)
        rate = exchange_rate(order.company, receivable.currency, date)
        lots = _lots(order, counted, receivable, date, by)
        receipt = Receipt(
            company=order.company,
            order=order,
            number=f"{PREFIX}-{receivable.number:06d}",
            date=date,
            delivery_note=delivery_note,
            exchange_rate=rate,
            created_by=by,
        )
        insert_all([receipt], by=by)
        incoming = _incoming(counted)
        items = hold(receipt, incoming, routed, lots, by)
        posted = _post(receipt, counted, lots, receivable, items, by)
        close_short(order.company, [(one.line, one.taken) for one in counted], by=by)
        line_ids = _write_lines(receipt, counted, lots, posted)
        moves = {row: one.id for row, one in posted.items()}
        request(receipt, receivable.supplier, incoming, routed, lots, moves, line_ids, by)
    return receipt


def reverse_receipt(
    receipt: Receipt, *, date: Date, reason: str, by: User, version: int | None = None
) -> Receipt:
    """Send everything of a receipt back at its own cost; the order expects it again.

    Raises ``BusinessError`` when some of it is billed or used.
    """
    reason = require_reason(reason)
    with unit_of_work():
        receipt = lock(receipt, version=version)
        receipt.transition_to(Receipt.Status.REVERSED)
        if any(billed_quantities(receipt.lines.values_list("pk", flat=True)).values()):
            raise BusinessError(
                "billed",
                _("{receipt} is billed. Reverse the bill first.").format(receipt=receipt),
                field="status",
            )
        moves = list(
            StockMove.objects.select_related("from_location", "to_location", "lot")
            .filter(
                source_type=ContentType.objects.get_for_model(Receipt),
                source_id=receipt.pk,
                reverses__isnull=True,
            )
            .order_by("pk")
        )
        if moves:
            reverse_moves(
                receipt.company,
                moves,
                source=receipt,
                date=date,
                journal=JOURNAL,
                by=by,
                description=f"{receipt.number}: {reason}",
                reverses_entry_id=moves[0].entry_id,
            )
        expect_rest(receipt, by=by)
        return update_all([receipt], "status", by=by, reason=reason)[0]


def _count(
    order: PurchaseOrder, lines: Sequence[Delivered], receivable: Receivable
) -> list[_Counted]:
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
        counted.append(_Counted(line, place, taken[row], rejected[row]))
    return counted


def _incoming(counted: Sequence[_Counted]) -> list[Incoming]:
    return [Incoming(one.line.item, one.taken, one.delivered.location) for one in counted]


def _routed(
    order: PurchaseOrder, counted: Sequence[_Counted], receivable: Receivable
) -> tuple[list[_Counted], Routed]:
    """The lines with what is to be inspected put where it is blocked.

    What was ordered for a cost object goes straight to it, unless it is inspected first: then it
    lies in stock, and is issued to the cost object once it is free.
    """
    routed = route(order.company, receivable.supplier, _incoming(counted))
    places = list(routed.places)
    direct = [
        row
        for row, one in enumerate(counted)
        if one.line.cost_object_id is not None and row not in routed.plans
    ]
    if direct:
        there = place_of_cost_objects(order.company)
        for row in direct:
            places[row] = there
    moved = [
        one
        if one.delivered.location.pk == place.pk
        else replace(one, delivered=replace(one.delivered, location=place))
        for one, place in zip(counted, places, strict=True)
    ]
    return moved, routed


def _check_line(order: PurchaseOrder, line: Delivered, row: int) -> None:
    for field in ("quantity", "quantity_rejected"):
        value = require_decimal(getattr(line, field), field=field, row=row, positive=False)
        if value < 0:
            raise InvalidInput("negative", _("May not be negative."), field=field, row=row)
    if not line.quantity and not line.quantity_rejected:
        raise InvalidInput(
            "not_positive", _("Must be greater than zero."), field="quantity", row=row
        )
    is_ours = line.location.kind == Location.Kind.INTERNAL and line.location.is_active
    if not is_ours or line.location.site_id != order.site_id:
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
        if _is_other(line, place)
        else round_quantity(quantity * place.stock_quantity / place.quantity)
        for line, place, quantity, other in zip(lines, places, quantities, others, strict=True)
    ]


def _is_other(line: Delivered, place: ReceivableLine) -> bool:
    return line.unit is not None and line.unit.pk != place.unit_id


def _lots(
    order: PurchaseOrder,
    counted: Sequence[_Counted],
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
            )
        )
    lots = dict(zip(rows, create_lots(order.company, wanted, by=by), strict=True))
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


def _post(
    receipt: Receipt,
    counted: Sequence[_Counted],
    lots: dict[int, Lot],
    receivable: Receivable,
    items: dict[int, LockedItem] | None,
    by: User,
) -> dict[int, PostedMove]:
    """Post a move for each line that brought something; the moves by row."""
    places = decimal_places(receipt.company.currency_id)
    rows = [row for row, one in enumerate(counted) if one.taken]
    moves = [
        Move(
            item_id=counted[row].line.item.pk,
            quantity=counted[row].taken,
            from_location=receivable.supplier_location,
            to_location=counted[row].delivered.location,
            lot=lots.get(row),
            value=round_money(
                counted[row].line.cost(counted[row].taken, receipt.exchange_rate), places
            ),
            expected_move_id=counted[row].line.expected_move_id,
            partner_id=receivable.supplier.pk,
            cost_object_id=None
            if counted[row].delivered.location.is_physical
            else counted[row].line.cost_object_id,
        )
        for row in rows
    ]
    if not moves:
        return {}
    posting = post_moves(
        receipt.company,
        moves,
        source=receipt,
        date=receipt.date,
        journal=JOURNAL,
        by=by,
        description=" ".join(filter(None, [receipt.number, receipt.delivery_note])),
        items=items,
    )
    return dict(zip(rows, posting.moves, strict=True))


def _write_lines(
    receipt: Receipt,
    counted: Sequence[_Counted],
    lots: dict[int, Lot],
    posted: dict[int, PostedMove],
) -> list[int]:
    made = insert_rows(
        ReceiptLine,
        [
            {
                "company_id": receipt.company_id,
                "receipt_id": receipt.pk,
                "order_line_id": one.line.id,
                "quantity": one.taken,
                "quantity_rejected": one.rejected,
                "location_id": one.delivered.location.pk,
                "lot_id": lots[row].pk if row in lots else None,
                "notice_line_id": one.delivered.notice_line.pk
                if one.delivered.notice_line
                else None,
                "move_id": posted[row].id if row in posted else None,
            }
            for row, one in enumerate(counted)
        ],
        returning="id",
    )
    return [line_id for (line_id,) in made]
