"""Shipping notices: what suppliers announce, and receipts that are filled in from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, User
from apps.core.money import ZERO, require_decimal
from apps.core.services.documents import (
    insert_all,
    lock,
    require_company,
    require_reason,
    update_all,
)
from apps.core.services.numbering import next_number
from apps.core.transactions import unit_of_work
from apps.inventory.models import Location
from apps.masterdata.gs1.check_digits import is_checked
from apps.masterdata.models import Partner
from apps.supply_chain.models import (
    PurchaseOrder,
    PurchaseOrderLine,
    Receipt,
    ShippingNotice,
    ShippingNoticeLine,
)
from apps.supply_chain.services.receipts import Delivered, receive

SERIES = "supply_chain_shippingnotice_series"
PREFIX = "SN"
SSCC_LENGTH = 18
Status = ShippingNotice.Status


@dataclass(frozen=True, slots=True)
class Announced:
    """What is on its way for an order line, in its unit."""

    order_line: PurchaseOrderLine
    quantity: Decimal
    lot_code: str = ""
    supplier_lot: str = ""
    expires_on: Date | None = None
    sscc: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What really came of an announced line; what is left out is as announced."""

    line: ShippingNoticeLine
    quantity: Decimal | None = None
    quantity_rejected: Decimal = ZERO
    lot_code: str | None = None
    supplier_lot: str | None = None
    expires_on: Date | None = None


def announce_shipment(
    company: Company,
    *,
    partner: Partner,
    reference: str,
    shipped_on: Date,
    expected_on: Date,
    lines: Sequence[Announced],
    by: User,
    carrier: str = "",
) -> ShippingNotice:
    """Write a supplier's notice down; it posts nothing.

    Raises ``InvalidInput`` or ``BusinessError`` naming field and row: a line that is not ordered
    from this supplier, an SSCC with a wrong check digit, a reference that is there.
    """
    require_company(company, partner=partner)
    if not lines:
        raise InvalidInput("no_lines", _("Say what is on its way."), field="lines")
    if not reference.strip():
        raise InvalidInput("required", _("Give the number of the notice."), field="reference")
    if expected_on < shipped_on:
        raise InvalidInput(
            "ends_before", _("It can't come before it is shipped."), field="expected_on"
        )
    orders = _orders(lines)
    for row, line in enumerate(lines):
        _check_line(company, partner, line, orders, row)
    notice = ShippingNotice(
        company=company,
        partner=partner,
        reference=reference.strip(),
        shipped_on=shipped_on,
        expected_on=expected_on,
        carrier=carrier,
        created_by=by,
    )
    with unit_of_work():
        _require_new(notice)
        notice.number = next_number(SERIES, PREFIX)
        insert_all([notice], by=by)
        ShippingNoticeLine.objects.bulk_create(
            ShippingNoticeLine(
                company_id=company.pk,
                notice=notice,
                order_line=line.order_line,
                quantity=line.quantity,
                lot_code=line.lot_code.strip(),
                supplier_lot=line.supplier_lot.strip(),
                expires_on=line.expires_on,
                sscc=line.sscc.strip(),
            )
            for line in lines
        )
    return notice


def cancel_notice(
    notice: ShippingNotice, *, reason: str, by: User, version: int | None = None
) -> ShippingNotice:
    """It does not come."""
    reason = require_reason(reason)
    with unit_of_work():
        notice = lock(notice, version=version)
        notice.transition_to(Status.CANCELLED)
        return update_all([notice], "status", by=by, reason=reason)[0]


def receive_notice(
    notice: ShippingNotice,
    *,
    date: Date,
    location: Location,
    by: User,
    lines: Sequence[Found] = (),
    version: int | None = None,
) -> list[Receipt]:
    """Take in what was announced, a receipt for each order; ``lines`` say what is other.

    Raises what a receipt raises; the row is then the place among all lines of the notice.
    """
    with unit_of_work():
        notice = lock(notice, version=version)
        notice.transition_to(Status.RECEIVED)
        announced = list(
            notice.lines.select_related("order_line__order", "order_line__item").order_by("pk")
        )
        other = _others(lines, announced)
        came = [
            (row, _delivered(line, other.get(line.pk), location))
            for row, line in enumerate(announced)
        ]
        came = [(row, one) for row, one in came if one.quantity or one.quantity_rejected]
        if not came:
            raise InvalidInput(
                "nothing_came",
                _("Nothing came of it: cancel the notice instead."),
                field="lines",
            )
        receipts = _receive(notice, came, date, by)
        update_all([notice], "status", by=by)
    return receipts


def _receive(
    notice: ShippingNotice, came: Sequence[tuple[int, Delivered]], date: Date, by: User
) -> list[Receipt]:
    groups: dict[int, list[tuple[int, Delivered]]] = {}
    for row, one in came:
        groups.setdefault(one.order_line.order_id, []).append((row, one))
    receipts = []
    for _order_id, group in sorted(groups.items()):
        try:
            receipts.append(
                receive(
                    group[0][1].order_line.order,
                    lines=[one for _row, one in group],
                    date=date,
                    delivery_note=notice.reference,
                    by=by,
                )
            )
        except BusinessError as error:
            error.row = group[error.row][0] if error.row is not None else group[0][0]
            raise
    return receipts


def _others(lines: Sequence[Found], announced: Sequence[ShippingNoticeLine]) -> dict[int, Found]:
    known = {line.pk for line in announced}
    other: dict[int, Found] = {}
    for row, one in enumerate(lines):
        if one.line.pk not in known or one.line.pk in other:
            raise InvalidInput(
                "wrong_line", _("Name each line of the notice once."), field="line", row=row
            )
        other[one.line.pk] = one
    return other


def _delivered(line: ShippingNoticeLine, found: Found | None, location: Location) -> Delivered:
    found = found or Found(line)
    return Delivered(
        line.order_line,
        line.quantity if found.quantity is None else found.quantity,
        location,
        lot_code=line.lot_code if found.lot_code is None else found.lot_code,
        supplier_lot=line.supplier_lot if found.supplier_lot is None else found.supplier_lot,
        expires_on=found.expires_on or line.expires_on,
        quantity_rejected=found.quantity_rejected,
        notice_line=line,
    )


def _orders(lines: Sequence[Announced]) -> dict[int, PurchaseOrder]:
    keys = {line.order_line.order_id for line in lines}
    return {order.pk: order for order in PurchaseOrder.objects.filter(pk__in=keys)}


def _check_line(
    company: Company,
    partner: Partner,
    line: Announced,
    orders: dict[int, PurchaseOrder],
    row: int,
) -> None:
    require_company(company, row=row, order_line=line.order_line)
    require_decimal(line.quantity, field="quantity", row=row)
    order = orders[line.order_line.order_id]
    if order.partner_id != partner.pk or order.status != PurchaseOrder.Status.CONFIRMED:
        raise InvalidInput(
            "not_ordered",
            _("{order} is not on order from {partner}.").format(order=order, partner=partner.code),
            field="order_line",
            row=row,
        )
    sscc = line.sscc.strip()
    if sscc and (len(sscc) != SSCC_LENGTH or not is_checked(sscc)):
        raise InvalidInput(
            "bad_sscc",
            _("{sscc} is no SSCC: eighteen digits, the last checks the others.").format(sscc=sscc),
            field="sscc",
            row=row,
        )


def _require_new(notice: ShippingNotice) -> None:
    same = ShippingNotice.objects.filter(
        partner=notice.partner, reference=notice.reference
    ).exclude(status=Status.CANCELLED)
    if same.exists():
        raise BusinessError(
            "already_exists",
            _("{partner} has announced {reference} already.").format(
                partner=notice.partner.code, reference=notice.reference
            ),
            field="reference",
        )
