"""Export papers as data: what customs and the carrier ask of a consignment, complete or refused."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date as Date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError
from apps.core.money import ZERO, round_money, round_quantity
from apps.supply_chain.models import Consignment, ItemTradeData, Shipment, ShipmentLine
from apps.supply_chain.queries.packed import packed_shipment
from apps.supply_chain.queries.shipments import promising_lines


@dataclass(frozen=True, slots=True)
class ExportLine:
    """What of one item goes out at one price; quantities in the item's stock unit, weight in kg."""

    item: str
    description: str
    hs_code: str
    origin_country: str
    lots: str
    quantity: Decimal
    unit: str
    unit_value: Decimal
    value: Decimal
    net_weight: Decimal


@dataclass(frozen=True, slots=True)
class ExportPackage:
    """A piece that the carrier takes: its mark, what it weighs."""

    mark: str
    kind: str
    gross_weight: Decimal | None


@dataclass(frozen=True, slots=True)
class ExportPapers:
    """Commercial invoice and packing list of a consignment, as data; values in ``currency``."""

    number: str
    date: Date
    exporter: str
    exporter_address: str
    exporter_tax_number: str
    exporter_country: str
    consignee: str
    consignee_address: str
    consignee_tax_number: str
    destination_country: str
    incoterm: str
    incoterm_place: str
    carrier: str
    tracking_number: str
    shipments: list[str]
    orders: list[str]
    currency: str
    total_value: Decimal
    net_weight: Decimal
    gross_weight: Decimal | None
    packages: list[ExportPackage] = field(default_factory=list)
    lines: list[ExportLine] = field(default_factory=list)


def export_papers(consignment: Consignment) -> ExportPapers:
    """The papers of ``consignment``.

    Raises ``BusinessError`` naming what is missing: trade data of items, a destination, an
    Incoterm, prices in more than one currency or none.
    """
    shipments = list(
        Shipment.objects.filter(consignments__consignment=consignment, status="posted").order_by(
            "pk"
        )
    )
    lines = list(
        ShipmentLine.objects.filter(shipment__in=shipments)
        .select_related("item__unit", "lot")
        .order_by("pk")
    )
    data = {
        one.item_id: one
        for one in ItemTradeData.objects.filter(item__in={line.item_id for line in lines})
    }
    _require_complete(consignment, lines, data)
    sources: dict[int, Any] = {}
    for one in shipments:
        sources |= promising_lines(one.pk)
    currency = _currency(lines, sources)
    made = _lines(lines, sources, data, currency.decimal_places)
    company, partner = consignment.company, consignment.partner
    address = next((one.delivery_address for one in shipments if one.delivery_address), "")
    return ExportPapers(
        number=consignment.number,
        date=consignment.date,
        exporter=company.name,
        exporter_address=company.address,
        exporter_tax_number=company.tax_number,
        exporter_country=company.country,
        consignee=partner.name,
        consignee_address=address or partner.address,
        consignee_tax_number=partner.tax_number,
        destination_country=consignment.country,
        incoterm=consignment.incoterm,
        incoterm_place=consignment.incoterm_place,
        carrier=consignment.carrier.name if consignment.carrier else "",
        tracking_number=consignment.tracking_number,
        shipments=[one.number for one in shipments],
        orders=sorted({source.order.number for source in sources.values()}),
        currency=currency.pk,
        total_value=sum((one.value for one in made), ZERO),
        net_weight=sum((one.net_weight for one in made), ZERO),
        gross_weight=consignment.gross_weight,
        packages=_packages(shipments),
        lines=made,
    )


def _require_complete(
    consignment: Consignment, lines: list[ShipmentLine], data: dict[int, ItemTradeData]
) -> None:
    missing = sorted({line.item.code for line in lines if line.item_id not in data})
    if missing:
        raise BusinessError(
            "trade_data_missing",
            _("Customs' data are missing of {items}.").format(items=", ".join(missing)[:300]),
            field="lines",
            details={"items": ", ".join(missing)[:300]},
        )
    for name, text in (
        ("country", _("Say which country it goes to.")),
        ("incoterm", _("Say which Incoterm holds.")),
    ):
        if not getattr(consignment, name):
            raise BusinessError(f"{name}_missing", text, field=name)


def _currency(lines: list[ShipmentLine], sources: dict[int, Any]) -> Any:
    """The one currency that the promising orders are priced in; material of ours has no price."""
    priced = [sources.get(line.expected_move_id) for line in lines]
    orders = [getattr(one, "order", None) if hasattr(one, "unit_price") else None for one in priced]
    currencies = {getattr(order, "currency", None) for order in orders}
    if len(currencies) != 1 or None in currencies:
        raise BusinessError(
            "no_single_currency",
            _("The goods are not all priced in one currency."),
            field="lines",
        )
    return currencies.pop()


def _lines(
    lines: list[ShipmentLine],
    sources: dict[int, Any],
    data: dict[int, ItemTradeData],
    places: int,
) -> list[ExportLine]:
    """One for each item and price, with its lots."""
    groups: dict[tuple[int, Decimal], list[ShipmentLine]] = {}
    for line in lines:
        source = sources[line.expected_move_id]
        price = source.quantity * source.unit_price / source.stock_quantity
        groups.setdefault((line.item_id, price), []).append(line)
    made = []
    for (item_id, price), rows in groups.items():
        item, known = rows[0].item, data[item_id]
        quantity = sum((row.quantity for row in rows), ZERO)
        made.append(
            ExportLine(
                item=item.code,
                description=known.description or item.name,
                hs_code=known.hs_code,
                origin_country=known.origin_country,
                lots=", ".join(dict.fromkeys(row.lot.code for row in rows if row.lot)),
                quantity=quantity,
                unit=item.unit.code,
                unit_value=round_quantity(price),
                value=round_money(price * quantity, places),
                net_weight=round_quantity(known.net_weight * quantity),
            )
        )
    return made


def _packages(shipments: list[Shipment]) -> list[ExportPackage]:
    return [
        ExportPackage(
            one.package.plate, str(one.package.get_kind_display()), one.package.gross_weight
        )
        for shipment in shipments
        for one in packed_shipment(shipment).packages
        if not one.depth
    ]
