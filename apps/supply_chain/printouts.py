"""What purchasing and shipping print, each in its partner's language."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.codes import barcode_svg
from apps.core.errors import BusinessError
from apps.core.models import User
from apps.core.money import ZERO, round_money
from apps.core.printouts import in_language, render_pdf
from apps.finance.printouts import figure
from apps.inventory.labels import Label, labels_pdf, shipping_label
from apps.inventory.models import Lot
from apps.quality.queries.certificates import PassedInspection, passed_inspections
from apps.supply_chain.models import PurchaseOrder, Shipment, ShipmentLine
from apps.supply_chain.queries.packed import packed_shipment
from apps.supply_chain.queries.shipments import orders_of_shipment, promising_lines


@dataclass(slots=True)
class PackedItem:
    """What goes out of one item for one promise, with the lots it is taken from."""

    item: Any
    quantity: Decimal = ZERO
    lots: list[tuple[Any, Decimal]] = field(default_factory=list)


def purchase_order_pdf(order: PurchaseOrder, *, paper: str = "A4") -> bytes:
    """The order as the supplier gets it; its number as a barcode for the goods-in desk."""
    with in_language(order.partner.language):
        rows = order.lines.select_related("item", "unit", "supplier_item")
        lines = list(rows.prefetch_related("components__item__unit"))
        places = order.currency.decimal_places
        amounts = [round_money(line.quantity * line.unit_price, places) for line in lines]
        net = sum(amounts, ZERO)
        context = {
            "company": order.company,
            "order": order,
            "partner": order.partner,
            "site": order.site,
            "barcode": barcode_svg(order.number),
            "is_draft": order.status == PurchaseOrder.Status.DRAFT,
            "lines": [
                (line, figure(line.unit_price, places), figure(amount, places))
                for line, amount in zip(lines, amounts, strict=True)
            ],
            "sub_total": figure(net, places),
            "freight": figure(order.freight_amount, places) if order.freight_amount else "",
            "tax": figure(order.tax_amount, places) if order.tax_amount else "",
            "total": figure(net + order.tax_amount + order.freight_amount, places),
        }
        title = _("Purchase order {number}").format(number=order.number)
        return render_pdf(
            "supply_chain/printouts/purchase_order.html",
            context,
            paper=paper,
            title=title,
            signed=order,
        )


def delivery_note_pdf(shipment: Shipment, *, paper: str = "A4") -> bytes:
    """What the customer signs for: items, quantities, lots and serial numbers."""
    with in_language(shipment.partner.language):
        lines = list(shipment.lines.select_related("item__unit", "lot").order_by("pk"))
        context = {
            "company": shipment.company,
            "shipment": shipment,
            "partner": shipment.partner,
            "address": shipment.delivery_address or shipment.partner.address,
            "barcode": barcode_svg(shipment.number),
            "is_reversed": shipment.status == Shipment.Status.REVERSED,
            "packed": packed_items(lines),
            "orders": [order.number for order in orders_of_shipment(shipment.pk)],
        }
        title = _("Delivery note {number}").format(number=shipment.number)
        return render_pdf(
            "supply_chain/printouts/delivery_note.html",
            context,
            paper=paper,
            title=title,
            signed=shipment,
        )


def pack_list_pdf(shipment: Shipment, *, paper: str = "A4") -> bytes:
    """What is in which package, by SSCC, outer ones first."""
    with in_language(shipment.partner.language):
        context = {
            "company": shipment.company,
            "shipment": shipment,
            "partner": shipment.partner,
            "address": shipment.delivery_address or shipment.partner.address,
            "barcode": barcode_svg(shipment.number),
            "is_reversed": shipment.status == Shipment.Status.REVERSED,
            "packed": packed_shipment(shipment),
            "orders": [order.number for order in orders_of_shipment(shipment.pk)],
        }
        title = _("Pack list {number}").format(number=shipment.number)
        return render_pdf(
            "supply_chain/printouts/pack_list.html", context, paper=paper, title=title
        )


def shipping_labels(shipment: Shipment) -> list[Label]:
    """A label for each outermost package of a shipment. Raises ``BusinessError`` without any."""
    packages = [one.package for one in packed_shipment(shipment).packages if not one.depth]
    if not packages:
        raise BusinessError(
            "not_packed", _("Nothing of {shipment} is packed.").format(shipment=shipment.number)
        )
    address = shipment.delivery_address or shipment.partner.address
    return [
        shipping_label(
            package,
            to=f"{shipment.partner.name}\n{address}",
            reference=shipment.number,
            carrier=shipment.carrier.name if shipment.carrier else "",
        )
        for package in packages
    ]


def shipping_labels_pdf(shipment: Shipment) -> bytes:
    """The shipping labels, a page for each."""
    return labels_pdf(shipping_labels(shipment), size="100x150")


def packed_items(lines: Iterable[ShipmentLine]) -> list[PackedItem]:
    """The lines by what they were promised for, in their order."""
    packed: dict[int, PackedItem] = {}
    for line in lines:
        one = packed.setdefault(line.expected_move_id, PackedItem(line.item))
        one.quantity += line.quantity
        if line.lot is not None:
            one.lots.append((line.lot, line.quantity))
    return list(packed.values())


@dataclass(frozen=True, slots=True)
class CertifiedLine:
    """What goes out for one line of an order, with its lots and what they have passed."""

    packed: PackedItem
    order: str
    purchase_order: str
    position: int | None
    lots: list[tuple[Any, Decimal, list[PassedInspection]]]


def certificate_pdf(shipment: Shipment, *, by: User, paper: str = "A4") -> bytes:
    """The certificate of conformity of a shipment, signed by ``by``.

    Raises ``BusinessError`` for a shipment that was reversed, and for one with a lot that is not
    free any more: nobody certifies what is held.
    """
    lines = list(shipment.lines.select_related("item__unit", "lot").order_by("pk"))
    _require_certifiable(shipment, lines)
    with in_language(shipment.partner.language):
        context = {
            "company": shipment.company,
            "shipment": shipment,
            "partner": shipment.partner,
            "address": shipment.delivery_address or shipment.partner.address,
            "barcode": barcode_svg(shipment.number),
            "lines": _certified_lines(shipment, lines),
            "signer": by.get_full_name() or by.get_username(),
            "signed_at": timezone.now(),
        }
        title = _("Certificate of conformity {number}").format(number=shipment.number)
        return render_pdf(
            "supply_chain/printouts/certificate.html", context, paper=paper, title=title
        )


def _require_certifiable(shipment: Shipment, lines: Iterable[ShipmentLine]) -> None:
    if shipment.status == Shipment.Status.REVERSED:
        raise BusinessError(
            "reversed", _("{shipment} is reversed.").format(shipment=shipment), field="status"
        )
    for row, line in enumerate(lines):
        if line.lot is not None and line.lot.status != Lot.Status.AVAILABLE:
            raise BusinessError(
                "lot_not_free",
                _("Lot {lot} is {status}: it can't be certified.").format(
                    lot=line.lot, status=line.lot.get_status_display()
                ),
                field="lot",
                row=row,
            )


def _certified_lines(shipment: Shipment, lines: list[ShipmentLine]) -> list[CertifiedLine]:
    passed = passed_inspections(line.lot_id for line in lines if line.lot_id is not None)
    promised = promising_lines(shipment.pk)
    by_promise: dict[int, list[ShipmentLine]] = {}
    for line in lines:
        by_promise.setdefault(line.expected_move_id, []).append(line)
    certified = []
    for expected_id, of_promise in by_promise.items():
        [packed] = packed_items(of_promise)
        source = promised.get(expected_id)
        order = getattr(source, "order", None)
        certified.append(
            CertifiedLine(
                packed,
                order.number if order else "",
                getattr(order, "customer_reference", "") or "",
                getattr(source, "position", None),
                [(lot, quantity, passed.get(lot.pk, [])) for lot, quantity in packed.lots],
            )
        )
    return certified
