"""Drop shipments: a supplier ships to our customer; receipt and shipment are one transaction.

The goods pass a place of no stock at the price they were ordered for, so what they cost is the
cost of what was sold, and the stock of the item keeps its own value (ADR 0036).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, Currency, User
from apps.core.services.documents import (
    insert_all,
    lock,
    require_company,
    require_status,
)
from apps.core.services.numbering import next_number
from apps.core.sql import insert_rows
from apps.core.transactions import unit_of_work
from apps.inventory.models import ExpectedMove, Location, StockMove
from apps.inventory.queries.locations import virtual_locations
from apps.inventory.services.moves import Move, post_moves
from apps.inventory.services.reservations import release_reservations
from apps.masterdata.models import Item, Partner
from apps.supply_chain.models import (
    PurchaseOrder,
    PurchaseOrderLine,
    Receipt,
    ReceiptLine,
    Shipment,
    ShipmentLine,
)
from apps.supply_chain.services.drop_ship_lines import not_promised, open_promises
from apps.supply_chain.services.order_lines import OrderLine
from apps.supply_chain.services.purchase_orders import create_purchase_order
from apps.supply_chain.services.receipts import Delivered, receive
from apps.supply_chain.services.shipments import JOURNAL, PREFIX, SERIES

Kind = Location.Kind


@dataclass(frozen=True, slots=True)
class ToShip:
    """A promise that a supplier is to serve, in stock units; without a quantity what is open."""

    expected_move: ExpectedMove
    quantity: Decimal | None = None
    unit_price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """What the supplier has shipped for an order line, in its unit."""

    order_line: PurchaseOrderLine
    quantity: Decimal
    lot_code: str = ""
    supplier_lot: str = ""
    expires_on: Date | None = None


def order_drop_shipment(
    company: Company,
    *,
    partner: Partner,
    lines: Sequence[ToShip],
    by: User,
    order_date: Date | None = None,
    due_date: Date | None = None,
    currency: Currency | None = None,
    supplier_reference: str = "",
    delivery_address: str = "",
) -> PurchaseOrder:
    """Draft an order to ``partner`` (the supplier) that he ships to the customer of the promises.

    Raises ``InvalidInput`` or ``BusinessError`` naming the row: a promise to another customer or
    of another site, one that is served or ordered already.
    """
    if not lines:
        raise InvalidInput("no_lines", _("Say what is to be shipped."), field="lines")
    for row, line in enumerate(lines):
        require_company(company, row=row, expected_move=line.expected_move)
    with unit_of_work():
        promises = open_promises([line.expected_move.pk for line in lines])
        for row, line in enumerate(lines):
            if line.expected_move.pk not in promises:
                raise not_promised(line.expected_move.item, row)
        first = lines[0].expected_move
        customer = first.partner
        if customer is None:
            raise InvalidInput(
                "no_partner", _("This is promised to nobody."), field="expected_move", row=0
            )
        items = Item.objects.select_related("unit").in_bulk(
            [line.expected_move.item_id for line in lines]
        )
        today = timezone.now().astimezone(first.site.zone).date()
        ordered_on = order_date or today
        return create_purchase_order(
            company,
            partner=partner,
            site=first.site,
            order_date=ordered_on,
            due_date=due_date or max([ordered_on, *(ln.expected_move.due_date for ln in lines)]),
            currency=currency,
            supplier_reference=supplier_reference,
            ships_to=customer,
            delivery_address=delivery_address or customer.delivery_address or customer.address,
            lines=[
                OrderLine(
                    items[line.expected_move.item_id],
                    _open(line, promises[line.expected_move.pk].open, row),
                    line.unit_price,
                    unit=items[line.expected_move.item_id].unit,
                    due_date=due_date or max(ordered_on, line.expected_move.due_date),
                    ships_for=line.expected_move,
                )
                for row, line in enumerate(lines)
            ],
            by=by,
        )


def deliver_drop_shipment(
    order: PurchaseOrder,
    *,
    lines: Sequence[Sent],
    date: Date,
    by: User,
    delivery_note: str = "",
    carrier: Partner | None = None,
    tracking_number: str = "",
    version: int | None = None,
) -> Shipment:
    """The supplier has shipped: Dr in transit / Cr goods received, not invoiced at the order's
    price, Dr cost of goods sold / Cr in transit. Nothing lies in stock.

    Raises ``BusinessError`` naming the row: more than was ordered with its tolerance, or than was
    promised, a missing lot.
    """
    _check(order, lines, carrier)
    with unit_of_work():
        # promises before stock, as a shipment from stock locks them
        keys = [ln.order_line.ships_for_id for ln in lines if ln.order_line.ships_for_id]
        promises = open_promises(keys, order_id=order.pk)
        order = lock(order, version=version)
        require_status(order, PurchaseOrder.Status.CONFIRMED)
        places = virtual_locations(order.company, [Kind.DROP_SHIP, Kind.CUSTOMER])
        receipt = receive(
            order,
            lines=[
                Delivered(
                    line.order_line,
                    line.quantity,
                    places[Kind.DROP_SHIP],
                    lot_code=line.lot_code,
                    supplier_lot=line.supplier_lot,
                    expires_on=line.expires_on,
                )
                for line in lines
            ],
            date=date,
            delivery_note=delivery_note,
            by=by,
        )
        came = list(
            receipt.lines.select_related(
                "order_line__item", "order_line__ships_for", "lot", "move"
            ).order_by("pk")
        )
        left = {key: promise.open for key, promise in promises.items()}
        for row, line in enumerate(came):
            _require_promised(line, left, row)
        shipment = _ship(order, receipt, came, places, carrier, tracking_number, by)
        _free_stock(order.company, keys, by)
    return shipment


def _check(order: PurchaseOrder, lines: Sequence[Sent], carrier: Partner | None) -> None:
    require_company(order.company, carrier=carrier)
    if order.ships_to_id is None:
        raise BusinessError(
            "not_drop_ship",
            _("{order} comes to us: receive it.").format(order=order),
            field="status",
        )
    if carrier is not None and not carrier.is_carrier:
        raise InvalidInput(
            "wrong_partner", _("{partner} is no carrier.").format(partner=carrier), field="carrier"
        )
    if not lines:
        raise InvalidInput("no_lines", _("Say what goes out."), field="lines")


def _require_promised(line: ReceiptLine, left: dict[int, Decimal], row: int) -> None:
    ordered = line.order_line
    if ordered.item.tracking == Item.Tracking.SERIAL and line.quantity != 1:
        raise InvalidInput(
            "serial_quantity", _("A serial number is one piece."), field="quantity", row=row
        )
    key = ordered.ships_for_id or 0
    open_quantity = left.get(key, Decimal(0))
    if line.quantity > open_quantity:
        raise BusinessError(
            "over_shipment",
            _("{item}: {open} open, {quantity} shipped.").format(
                item=ordered.item.code,
                open=f"{open_quantity.normalize():f}",
                quantity=f"{line.quantity.normalize():f}",
            ),
            field="quantity",
            row=row,
            details={"open": str(open_quantity)},
        )
    left[key] = open_quantity - line.quantity


def _ship(
    order: PurchaseOrder,
    receipt: Receipt,
    came: Sequence[ReceiptLine],
    places: dict[str, Location],
    carrier: Partner | None,
    tracking_number: str,
    by: User,
) -> Shipment:
    """The shipment of what ``receipt`` brought, at what it brought it for."""
    customer = order.ships_to
    if customer is None:
        raise ValueError("an order that ships to a customer names him")
    shipment = Shipment(
        company=order.company,
        partner=customer,
        site=order.site,
        number=next_number(SERIES, PREFIX),
        date=receipt.date,
        carrier=carrier,
        tracking_number=tracking_number,
        delivery_address=order.delivery_address,
        drop_receipt=receipt,
        created_by=by,
    )
    insert_all([shipment], by=by)
    place = places[Kind.DROP_SHIP]
    post_moves(
        order.company,
        [
            Move(
                item_id=line.order_line.item_id,
                quantity=line.quantity,
                from_location=place,
                to_location=places[Kind.CUSTOMER],
                lot=line.lot,
                value=_worth(line.move),
                expected_move_id=line.order_line.ships_for_id,
                partner_id=customer.pk,
            )
            for line in came
        ],
        source=shipment,
        date=receipt.date,
        journal=JOURNAL,
        by=by,
        description=f"{shipment.number} {customer.name}"[:200],
    )
    insert_rows(
        ShipmentLine,
        [
            {
                "company_id": order.company_id,
                "shipment_id": shipment.pk,
                "expected_move_id": line.order_line.ships_for_id,
                "item_id": line.order_line.item_id,
                "quantity": line.quantity,
                "location_id": place.pk,
                "lot_id": line.lot_id,
            }
            for line in came
        ],
    )
    return shipment


def _worth(move: StockMove | None) -> Decimal:
    if move is None:
        raise ValueError("what came has a move")
    return move.counter_value


def _free_stock(company: Company, keys: Sequence[int], by: User) -> None:
    """Nothing stays set aside for a promise that is served."""
    served = ExpectedMove.objects.filter(pk__in=keys, is_open=False)
    sources = [one.source for one in served.prefetch_related("source") if one.source]
    release_reservations(company, sources, by=by)


def _open(line: ToShip, open_quantity: Decimal, row: int) -> Decimal:
    if line.quantity is not None:
        return line.quantity
    if open_quantity <= 0:
        raise BusinessError(
            "nothing_open",
            _("Nothing of this promise is open."),
            field="expected_move",
            row=row,
        )
    return open_quantity
