"""Goods of suppliers that lie with us: taken over, ordered and received in one step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, Site, User
from apps.core.money import ZERO, require_decimal
from apps.core.services.documents import require_company
from apps.core.transactions import unit_of_work
from apps.inventory.models import Location, StockBalance
from apps.masterdata.models import Item, Partner
from apps.supply_chain.models import Receipt
from apps.supply_chain.services.order_lines import OrderLine
from apps.supply_chain.services.purchase_orders import (
    confirm_purchase_order,
    create_purchase_order,
)
from apps.supply_chain.services.receipts import Delivered, receive


@dataclass(frozen=True, slots=True)
class TakenOver:
    """``quantity`` (stock units) of what lies at a supplier's place here; ``location`` is ours."""

    balance: StockBalance
    quantity: Decimal
    location: Location


def take_over(
    company: Company,
    lines: Sequence[TakenOver],
    *,
    date: Date,
    by: User,
    unit_price: dict[int, Decimal] | None = None,
) -> Receipt:
    """Make goods of one supplier, at one site, ours: an order at his terms and its receipt.

    ``unit_price`` by item, per stock unit, else what he asks for that quantity. Raises
    ``InvalidInput`` or ``BusinessError`` naming the row: goods that are ours already, of two
    suppliers or sites, more than lies there, a place that is not ours.
    """
    owner, site = _check(company, lines)
    with unit_of_work():
        wanted: dict[Item, Decimal] = {}
        for line in lines:
            item = line.balance.item
            wanted[item] = wanted.get(item, ZERO) + line.quantity
        prices = unit_price or {}
        order = create_purchase_order(
            company,
            partner=owner,
            site=site,
            order_date=date,
            due_date=date,
            lines=[
                OrderLine(item, quantity, prices.get(item.pk), unit=item.unit)
                for item, quantity in wanted.items()
            ],
            by=by,
        )
        order = confirm_purchase_order(order, by=by)
        rows = {row.item_id: row for row in order.lines.all()}
        return receive(
            order,
            lines=[
                Delivered(
                    rows[line.balance.item_id],
                    line.quantity,
                    line.location,
                    lot_code=line.balance.lot.code if line.balance.lot else "",
                    supplier_lot=line.balance.lot.supplier_lot if line.balance.lot else "",
                    taken_from=line.balance.location,
                )
                for line in lines
            ],
            date=date,
            by=by,
        )


def _check(company: Company, lines: Sequence[TakenOver]) -> tuple[Partner, Site]:
    """The one supplier and site that all ``lines`` are of."""
    if not lines:
        raise InvalidInput("no_lines", _("Say what is taken over."), field="lines")
    one = _owner_of(lines[0].balance.location, 0)
    for row, line in enumerate(lines):
        place = line.balance.location
        require_company(company, row=row, balance=line.balance, location=line.location)
        require_decimal(line.quantity, field="quantity", row=row)
        if _owner_of(place, row) != one:
            raise InvalidInput(
                "two_owners",
                _("Take over goods of one supplier at one site at a time."),
                field="balance",
                row=row,
            )
        if line.quantity > line.balance.quantity:
            raise BusinessError(
                "insufficient_stock",
                _("{item} at {location}: {available} available, {wanted} wanted.").format(
                    item=line.balance.item.code,
                    location=place.code,
                    available=f"{line.balance.quantity.normalize():f}",
                    wanted=f"{line.quantity.normalize():f}",
                ),
                field="quantity",
                row=row,
            )
    return one


def _owner_of(place: Location, row: int) -> tuple[Partner, Site]:
    if place.owner is None or place.site is None:
        raise InvalidInput(
            "ours",
            _("What lies at {place} is ours.").format(place=place.code),
            field="balance",
            row=row,
        )
    return place.owner, place.site
