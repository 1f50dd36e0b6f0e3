"""Sales orders: written, confirmed, closed. What is shipped and invoiced is in the registers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from datetime import timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, Currency, Site, User
from apps.core.money import require_decimal, round_quantity
from apps.core.services.documents import (
    insert_all,
    lock,
    require_company,
    require_reason,
    require_status,
    update_all,
)
from apps.core.services.numbering import next_number
from apps.core.transactions import unit_of_work
from apps.crm.models import Quotation, SalesOrder, SalesOrderLine, SalesOrderLinePart
from apps.crm.pricing import Priced
from apps.crm.queries.prices import prices_for
from apps.crm.queries.sales_orders import line_quantities
from apps.crm.services.kit_lines import is_kit, parts_of, require_whole, snapshot_parts
from apps.finance.models import TaxCode
from apps.inventory.models import ExpectedMove
from apps.inventory.services.expected import (
    Expected,
    close_expected,
    expect_moves,
    reopen_expected,
)
from apps.inventory.services.reservations import Wanted, release_reservations, reserve
from apps.masterdata.models import Item, Partner, Unit
from apps.masterdata.services.units import to_stock_quantities

SERIES = "crm_salesorder_series"
PREFIX = "SO"
POSITION_STEP = 10
CHANGEABLE = frozenset(
    {"partner", "site", "order_date", "due_date", "customer_reference", "currency"}
)
Status = SalesOrder.Status


@dataclass(frozen=True, slots=True)
class OrderLine:
    """What is sold, in ``unit`` (else the stock unit), at a net price per unit.

    Without a price that of the price lists applies, else the item's own; without a day that of
    the order.
    """

    item: Item
    quantity: Decimal
    unit_price: Decimal | None = None
    unit: Unit | None = None
    tax_code: TaxCode | None = None
    due_date: Date | None = None
    position: int | None = None


class Stocked(NamedTuple):
    """What a row of an order promises of stock: its line, or a part of its kit."""

    row: int
    source: SalesOrderLine | SalesOrderLinePart
    item: Item
    quantity: Decimal
    due_date: Date


def create_sales_order(
    company: Company,
    *,
    partner: Partner,
    site: Site,
    lines: Sequence[OrderLine],
    by: User,
    order_date: Date | None = None,
    due_date: Date | None = None,
    currency: Currency | None = None,
    customer_reference: str = "",
    quotation: Quotation | None = None,
) -> SalesOrder:
    """Write an order down as a draft; it is numbered at once. Three statements for stock units.

    Lines without a price are priced by the price lists: one more. Without a due date the longest
    lead time among the items applies. Raises ``InvalidInput`` naming field and row.
    """
    order_date = order_date or timezone.now().astimezone(site.zone).date()
    lead_time = max((line.item.lead_time_days for line in lines), default=0)
    order = SalesOrder(
        company=company,
        partner=partner,
        site=site,
        order_date=order_date,
        due_date=due_date or order_date + timedelta(days=lead_time),
        currency_id=currency.pk if currency else partner.currency_id,
        customer_reference=customer_reference,
        quotation=quotation,
        created_by=by,
    )
    _check_order(order)
    rows = _order_lines(order, lines)
    with unit_of_work():
        order.number = next_number(SERIES, PREFIX)
        insert_all([order], by=by)
        SalesOrderLine.objects.bulk_create(rows)
    return order


def update_sales_order(
    order: SalesOrder,
    *,
    by: User,
    lines: Sequence[OrderLine] | None = None,
    version: int | None = None,
    **values: Any,
) -> SalesOrder:
    """Change a draft; ``lines``, when given, replace all of its lines."""
    unknown = set(values) - CHANGEABLE
    if unknown:
        raise TypeError(f"no such field of an order: {sorted(unknown)}")
    with unit_of_work():
        order = lock(order, version=version)
        require_status(order, Status.DRAFT)
        for name, value in values.items():
            setattr(order, name, value)
        _check_order(order)
        if lines is not None:
            rows = _order_lines(order, lines)
            order.lines.all().delete()
            SalesOrderLine.objects.bulk_create(rows)
        update_all([order], *sorted(values), by=by)
    return order


def confirm_sales_order(
    order: SalesOrder, *, by: User, is_reserved: bool = False, version: int | None = None
) -> SalesOrder:
    """Promise it: from now on its lines are expected to go out.

    ``is_reserved`` sets stock aside for all of it; raises ``BusinessError`` naming the row when
    there is not enough. Services are promised to nobody's stock. Four statements, four more to
    reserve, however many lines.
    """
    with unit_of_work():
        order = lock(order, version=version)
        order.transition_to(Status.CONFIRMED)
        lines = list(order.lines.select_related("item"))
        parts = snapshot_parts(order, list(enumerate(lines)))
        stocked: list[Stocked] = [
            Stocked(row, line, line.item, line.stock_quantity, line.due_date)
            for row, line in enumerate(lines)
            if line.item.is_stocked
        ]
        stocked += [
            Stocked(row, part, part.item, part.quantity, part.line.due_date) for row, part in parts
        ]
        expect_moves(
            order.company,
            [
                Expected(
                    one.source,
                    ExpectedMove.Direction.OUT,
                    one.item,
                    order.site,
                    order.partner,
                    one.quantity,
                    one.due_date,
                )
                for one in stocked
            ],
            by=by,
        )
        if is_reserved:
            _reserve(order, stocked, by)
        return update_all([order], "status", by=by)[0]


def cancel_sales_order(
    order: SalesOrder, *, reason: str, by: User, version: int | None = None
) -> SalesOrder:
    """Give up an order that nothing was shipped of. Raises ``BusinessError`` when something was."""
    reason = require_reason(reason)
    with unit_of_work():
        order = lock(order, version=version)
        was_confirmed = order.status == Status.CONFIRMED
        order.transition_to(Status.CANCELLED)
        if was_confirmed:
            _expect_no_more(order, by)
            quantities = line_quantities([order.pk])
            if any(line.shipped or line.invoiced for line in quantities):
                raise BusinessError(
                    "has_shipments",
                    _("Goods of {order} went out. Close it instead.").format(order=order),
                    field="status",
                )
        return update_all([order], "status", by=by, reason=reason)[0]


def close_sales_order(
    order: SalesOrder, *, by: User, reason: str = "", version: int | None = None
) -> SalesOrder:
    """Ship nothing more of it. What went out can still be invoiced."""
    with unit_of_work():
        order = lock(order, version=version)
        order.transition_to(Status.CLOSED)
        _expect_no_more(order, by)
        return update_all([order], "status", by=by, reason=reason)[0]


def reopen_sales_order(
    order: SalesOrder, *, reason: str, by: User, version: int | None = None
) -> SalesOrder:
    """Promise again what a closed order still lacks."""
    reason = require_reason(reason)
    with unit_of_work():
        order = lock(order, version=version)
        require_status(order, Status.CLOSED)
        order.transition_to(Status.CONFIRMED)
        reopen_expected(order.company, _promising(order), by=by)
        return update_all([order], "status", by=by, reason=reason)[0]


def _expect_no_more(order: SalesOrder, by: User) -> None:
    sources = _promising(order)
    close_expected(order.company, sources, by=by)
    release_reservations(order.company, sources, by=by)


def _promising(order: SalesOrder) -> list[Model]:
    """What promises: lines of goods and, for kits, their parts."""
    lines = list(order.lines.select_related("item"))
    parts = parts_of(order) if any(is_kit(line.item) for line in lines) else []
    return [*lines, *parts]


def _reserve(order: SalesOrder, lines: Sequence[Stocked], by: User) -> None:
    wanted = [
        Wanted(item=one.item, quantity=one.quantity, site=order.site, source=one.source)
        for one in lines
    ]
    try:
        reserve(order.company, wanted, by=by)
    except BusinessError as error:
        error.row = None if error.row is None else lines[error.row].row
        raise


def _check_order(order: SalesOrder) -> None:
    require_company(order.company, partner=order.partner, site=order.site)
    if not order.partner.is_customer or not order.partner.is_active:
        raise InvalidInput(
            "wrong_partner",
            _("{partner} is no active customer.").format(partner=order.partner),
            field="partner",
        )
    if order.due_date < order.order_date:
        raise InvalidInput(
            "due_before_order", _("It can't be due before it is ordered."), field="due_date"
        )


def _order_lines(order: SalesOrder, lines: Sequence[OrderLine]) -> list[SalesOrderLine]:
    """Rows for ``lines``, in stock units too. Raises ``InvalidInput`` naming the row."""
    if not lines:
        raise InvalidInput("no_lines", _("An order has at least one line."), field="lines")
    for row, line in enumerate(lines):
        _check_line(order, line, row)
    quantities = to_stock_quantities([(line.item, line.quantity, line.unit) for line in lines])
    for row, (line, quantity) in enumerate(zip(lines, quantities, strict=True)):
        require_whole(line.item, quantity, row)
    positions = _positions(lines)
    prices = _prices(order, lines, quantities)
    return [
        SalesOrderLine(
            company_id=order.company_id,
            order=order,
            position=position,
            item=line.item,
            quantity=line.quantity,
            unit_id=line.unit.pk if line.unit else line.item.unit_id,
            stock_quantity=require_decimal(stock_quantity, field="quantity", row=row),
            unit_price=price,
            tax_code=line.tax_code,
            due_date=line.due_date or order.due_date,
        )
        for row, (line, stock_quantity, position, price) in enumerate(
            zip(lines, quantities, positions, prices, strict=True)
        )
    ]


def _check_line(order: SalesOrder, line: OrderLine, row: int) -> None:
    require_company(order.company, row=row, item=line.item, unit=line.unit, tax_code=line.tax_code)
    require_decimal(line.quantity, field="quantity", row=row)
    if not line.item.is_active:
        raise InvalidInput(
            "not_sold",
            _("{item} is not for sale.").format(item=line.item.code),
            field="item",
            row=row,
        )
    if line.due_date and line.due_date < order.order_date:
        raise InvalidInput(
            "due_before_order",
            _("It can't be due before it is ordered."),
            field="due_date",
            row=row,
        )


def _prices(
    order: SalesOrder, lines: Sequence[OrderLine], quantities: Sequence[Decimal]
) -> list[Decimal]:
    """The price of each line per its unit; the price lists are read when one has none."""
    open_ones = [row for row, line in enumerate(lines) if line.unit_price is None]
    found: dict[int, Priced | None] = {}
    if open_ones:
        for row in open_ones:
            require_decimal(quantities[row], field="quantity", row=row)
        wanted = [(lines[row].item, quantities[row]) for row in open_ones]
        priced = prices_for(
            order.company,
            partner=order.partner,
            currency_id=order.currency_id,
            date=order.order_date,
            wanted=wanted,
        )
        found = dict(zip(open_ones, priced, strict=True))
    return [
        _price(order, line, quantities[row], found.get(row), row) for row, line in enumerate(lines)
    ]


def _price(
    order: SalesOrder, line: OrderLine, stock_quantity: Decimal, found: Priced | None, row: int
) -> Decimal:
    if line.unit_price is not None:
        price = require_decimal(line.unit_price, field="unit_price", row=row, positive=False)
        if price < 0:
            raise InvalidInput("negative", _("May not be negative."), field="unit_price", row=row)
        return price
    if found is None:
        raise InvalidInput(
            "price_required",
            _("Give the price: the item's own is in {currency}.").format(
                currency=order.company.currency_id
            ),
            field="unit_price",
            row=row,
        )
    return round_quantity(found.unit_price * stock_quantity / line.quantity)


def _positions(lines: Sequence[OrderLine]) -> list[int]:
    """The positions given, and steps of ten behind the last for the rest."""
    positions: list[int] = []
    for row, line in enumerate(lines):
        last = max(positions, default=0)
        position = line.position or (last // POSITION_STEP + 1) * POSITION_STEP
        if position in positions:
            raise InvalidInput(
                "duplicate_position",
                _("Position {position} is there twice.").format(position=position),
                field="position",
                row=row,
            )
        positions.append(position)
    return positions
