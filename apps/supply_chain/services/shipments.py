"""Shipments: what was promised goes out, at its cost, to one partner, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date as Date
from decimal import Decimal

from django.contrib.contenttypes.models import ContentType
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, Site, User
from apps.core.money import ZERO
from apps.core.services.documents import (
    insert_all,
    lock,
    require_company,
    require_reason,
    update_all,
)
from apps.core.services.numbering import next_number
from apps.core.sql import insert_rows
from apps.core.transactions import unit_of_work
from apps.inventory.models import Location, Lot, StockMove
from apps.inventory.queries.locations import virtual_location
from apps.inventory.services.moves import Move, post_moves, reverse_moves
from apps.inventory.services.package_moves import return_packages, ship_packages
from apps.masterdata.models import Partner
from apps.supply_chain.models import Shipment, ShipmentLine
from apps.supply_chain.queries.subcontracting import component_type_id
from apps.supply_chain.services.shippable_lines import (
    Part,
    Shipped,
    choose_parts,
    lock_promises,
    places_of,
)
from apps.supply_chain.services.subcontracting import supplier_place

JOURNAL = "INV"
SERIES = "supply_chain_shipment_series"
PREFIX = "SH"


def ship(
    company: Company,
    *,
    partner: Partner,
    site: Site,
    lines: Sequence[Shipped],
    date: Date,
    by: User,
    carrier: Partner | None = None,
    tracking_number: str = "",
    delivery_address: str = "",
) -> Shipment:
    """Send goods out: shipment, stock moves, cost of goods sold; uses what was reserved for it.

    The number of statements does not depend on the lines. Raises ``BusinessError`` naming the
    row for more than is promised or there, and for stock that is held. A closed package goes
    whole, with what stands in it, or not at all.
    """
    _check_header(company, partner, site, carrier, lines)
    with unit_of_work():
        promises = lock_promises(company, partner, site, lines)
        parts = choose_parts(company, site, lines, promises, date=date, by=by)
        shipment = Shipment(
            company=company,
            partner=partner,
            site=site,
            number=next_number(SERIES, PREFIX),
            date=date,
            carrier=carrier,
            tracking_number=tracking_number,
            delivery_address=delivery_address or partner.delivery_address or partner.address,
            created_by=by,
        )
        insert_all([shipment], by=by)
        _post(shipment, lines, parts, by)
        _write_lines(shipment, parts)
    return shipment


def reverse_shipment(
    shipment: Shipment, *, date: Date, reason: str, by: User, version: int | None = None
) -> Shipment:
    """Take everything of a shipment back at its own cost; it is promised again.

    Raises ``BusinessError`` when what was shipped is invoiced.
    """
    reason = require_reason(reason)
    with unit_of_work():
        shipment = lock(shipment, version=version)
        if shipment.drop_receipt is not None:
            raise BusinessError(
                "drop_shipped",
                _("The supplier has shipped it: reverse {receipt}.").format(
                    receipt=shipment.drop_receipt
                ),
                field="status",
            )
        return take_shipment_back(shipment, date=date, reason=reason, by=by)


def take_shipment_back(shipment: Shipment, *, date: Date, reason: str, by: User) -> Shipment:
    """Reverse a shipment that the caller has locked, with what it brought out of packages."""
    with unit_of_work():
        if shipment.consignments.filter(is_active=True).exists():
            raise BusinessError(
                "consigned",
                _("{shipment} goes with a consignment: cancel that first.").format(
                    shipment=shipment
                ),
                field="status",
            )
        shipment.transition_to(Shipment.Status.REVERSED)
        moves = list(
            StockMove.objects.select_related("from_location", "to_location", "lot")
            .filter(
                source_type=ContentType.objects.get_for_model(Shipment),
                source_id=shipment.pk,
                reverses__isnull=True,
            )
            .order_by("pk")
        )
        if moves:
            reverse_moves(
                shipment.company,
                moves,
                source=shipment,
                date=date,
                journal=JOURNAL,
                by=by,
                description=f"{shipment.number}: {reason}",
                reverses_entry_id=moves[0].entry_id,
            )
            sealed = {move.from_location_id for move in moves if move.from_location.is_sealed}
            if sealed:
                return_packages(shipment.company, sealed, by=by)
        return update_all([shipment], "status", by=by, reason=reason)[0]


def _check_header(
    company: Company,
    partner: Partner,
    site: Site,
    carrier: Partner | None,
    lines: Sequence[Shipped],
) -> None:
    require_company(company, partner=partner, site=site, carrier=carrier)
    if carrier is not None and not carrier.is_carrier:
        raise InvalidInput(
            "wrong_partner",
            _("{partner} is no carrier.").format(partner=carrier),
            field="carrier",
        )
    if not lines:
        raise InvalidInput("no_lines", _("Say what goes out."), field="lines")


def _post(shipment: Shipment, lines: Sequence[Shipped], parts: Sequence[Part], by: User) -> None:
    locations, lots = places_of(parts, lines)
    _require_weights(parts, lots)
    places = _destinations(shipment, parts)
    moves = [
        Move(
            item_id=part.promise.item_id,
            quantity=part.quantity,
            from_location=locations[part.location_id],
            to_location=places[part.promise.source_type_id == component_type_id()],
            lot=None if part.lot_id is None else lots[part.lot_id],
            reservation_id=part.reservation_id,
            expected_move_id=part.promise.id,
            partner_id=shipment.partner_id,
            is_package=locations[part.location_id].is_sealed,
        )
        for part in parts
    ]
    try:
        post_moves(
            shipment.company,
            moves,
            source=shipment,
            date=shipment.date,
            journal=JOURNAL,
            by=by,
            description=f"{shipment.number} {shipment.partner.name}",
        )
    except BusinessError as error:
        error.row = None if error.row is None else parts[error.row].row
        raise
    sealed = [place.pk for place in locations.values() if place.is_sealed]
    if sealed:
        ship_packages(shipment.company, sealed, by=by)


def _require_weights(parts: Sequence[Part], lots: dict[int, Lot]) -> None:
    """Pieces are billed as they weigh, so none goes out that was not weighed."""
    for part in parts:
        lot = None if part.lot_id is None else lots[part.lot_id]
        if part.promise.is_weighed and (lot is None or lot.catch_weight is None):
            raise BusinessError(
                "weight_required",
                _("{item} {lot} was not weighed yet.").format(
                    item=part.promise.item_code, lot=lot or ""
                ),
                field="lot",
                row=part.row,
            )


def _destinations(shipment: Shipment, parts: Sequence[Part]) -> dict[bool, Location]:
    """Where goods go: what a subcontractor works on stays ours at his place, the rest is sold."""
    is_material = {part.promise.source_type_id == component_type_id() for part in parts}
    places = {}
    if True in is_material:
        places[True] = supplier_place(shipment.company_id, shipment.site_id, shipment.partner_id)
    if False in is_material:
        places[False] = virtual_location(shipment.company, Location.Kind.CUSTOMER)
    return places


def _write_lines(shipment: Shipment, parts: Sequence[Part]) -> None:
    """One line per line shipped, place and lot."""
    sums: dict[tuple[int, int, int, int, int | None], Decimal] = {}
    for part in parts:
        promise = part.promise
        key = (part.row, promise.id, promise.item_id, part.location_id, part.lot_id)
        sums[key] = sums.get(key, ZERO) + part.quantity
    insert_rows(
        ShipmentLine,
        [
            {
                "company_id": shipment.company_id,
                "shipment_id": shipment.pk,
                "expected_move_id": expected_move_id,
                "item_id": item_id,
                "quantity": quantity,
                "location_id": location_id,
                "lot_id": lot_id,
            }
            for (_row, expected_move_id, item_id, location_id, lot_id), quantity in sums.items()
        ],
    )
