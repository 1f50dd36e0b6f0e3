"""Lines of purchase orders: their units, prices and days, checked and made into rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date as Date
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.money import require_decimal, round_quantity
from apps.core.services.documents import require_company
from apps.finance.models import CostObject
from apps.finance.services.cost_objects import require_open
from apps.inventory.models import ExpectedMove
from apps.masterdata.models import Item, Unit
from apps.masterdata.services.units import to_stock_quantities
from apps.supply_chain.models import (
    BidLine,
    PurchaseContractLine,
    PurchaseOrder,
    PurchaseOrderLine,
    RequisitionLine,
)
from apps.supply_chain.services.contract_releases import agreed_lines, contract_price
from apps.supply_chain.services.order_terms import OrderTerms

POSITION_STEP = 10
#: What a line names that a change of the order keeps.
KEPT = (
    "item__unit",
    "unit",
    "cost_object",
    "requisition_line",
    "bid_line",
    "contract_line",
    "ships_for",
)


@dataclass(frozen=True, slots=True)
class OrderLine:
    """What is ordered, in ``unit`` (else the supplier's, else the stock unit), at a net price.

    Without a price the supplier's for that quantity applies, else the item's own; without a day
    the order's. With a ``cost_object`` the goods are its cost as they come.
    """

    item: Item
    quantity: Decimal
    unit_price: Decimal | None = None
    unit: Unit | None = None
    due_date: Date | None = None
    position: int | None = None
    cost_object: CostObject | None = None
    requisition_line: RequisitionLine | None = None
    bid_line: BidLine | None = None
    ships_for: ExpectedMove | None = None


def order_lines(
    order: PurchaseOrder,
    lines: Sequence[OrderLine],
    terms: OrderTerms,
    *,
    taken: Iterable[int] = (),
) -> list[PurchaseOrderLine]:
    """Rows for ``lines``, in stock units too, with what they leave out taken from ``terms``;
    ``taken`` are positions the order has already.

    Raises ``InvalidInput`` naming the row.
    """
    if not lines:
        raise InvalidInput("no_lines", _("An order has at least one line."), field="lines")
    for row, line in enumerate(lines):
        _check_line(order, line, row)
    terms.prepare(line.item for line in lines)
    agreed = agreed_lines(order, lines)
    lines = [replace(line, unit=line.unit or _unit(line, agreed, terms)) for line in lines]
    quantities = to_stock_quantities([(line.item, line.quantity, line.unit) for line in lines])
    positions = positions_of([line.position for line in lines], taken)
    rows = []
    for row, (line, stock_quantity, position) in enumerate(
        zip(lines, quantities, positions, strict=True)
    ):
        require_decimal(stock_quantity, field="quantity", row=row)
        terms.check_quantity(line.item, stock_quantity, row)
        known = terms.of(line.item)
        rows.append(
            PurchaseOrderLine(
                company_id=order.company_id,
                order=order,
                position=position,
                item=line.item,
                quantity=line.quantity,
                unit_id=line.unit.pk if line.unit else line.item.unit_id,
                stock_quantity=stock_quantity,
                unit_price=_price(order, line, terms, agreed, stock_quantity, row),
                due_date=line.due_date or order.due_date,
                cost_object=line.cost_object,
                supplier_item=known.row if known else None,
                requisition_line=line.requisition_line,
                bid_line=line.bid_line,
                contract_line=agreed.get(line.item.pk),
                ships_for=line.ships_for,
            )
        )
    return rows


def _unit(
    line: OrderLine, agreed: Mapping[int, PurchaseContractLine], terms: OrderTerms
) -> Unit | None:
    contracted = agreed.get(line.item.pk)
    return contracted.unit if contracted else terms.unit(line.item)


def as_ordered(rows: Sequence[PurchaseOrderLine], *, keep_prices: bool) -> list[OrderLine]:
    """Lines that are there, to be written anew; without their prices where others apply."""
    return [
        OrderLine(
            row.item,
            row.quantity,
            row.unit_price if keep_prices else None,
            unit=row.unit,
            due_date=row.due_date,
            position=row.position,
            cost_object=row.cost_object,
        )
        for row in rows
    ]


def sourced(lines: Sequence[OrderLine], there: Sequence[PurchaseOrderLine]) -> list[OrderLine]:
    """``lines`` with the sources of the rows they replace: of their position, else their item."""
    left = list(there)
    made = []
    for line in lines:
        same = [row for row in left if row.item_id == line.item.pk]
        at_position = [row for row in same if row.position == line.position]
        found = next(iter(at_position or same), None)
        if found is None or line.requisition_line or line.bid_line:
            made.append(line)
            continue
        left.remove(found)
        made.append(
            replace(
                line,
                requisition_line=found.requisition_line,
                bid_line=found.bid_line,
                ships_for=found.ships_for,
            )
        )
    return made


def dated(lines: Sequence[OrderLine], terms: OrderTerms) -> list[OrderLine]:
    """The lines, those that the supplier has terms for with the day on which they come."""
    longest = max((terms.due_date(line.item) for line in lines), default=terms.day)
    return [
        line
        if line.due_date
        else replace(line, due_date=terms.due_date(line.item) if terms.of(line.item) else longest)
        for line in lines
    ]


def _check_line(order: PurchaseOrder, line: OrderLine, row: int) -> None:
    require_company(
        order.company, row=row, item=line.item, unit=line.unit, cost_object=line.cost_object
    )
    require_open(line.cost_object, row=row)
    require_decimal(line.quantity, field="quantity", row=row)
    if not line.item.is_stocked or not line.item.is_active:
        raise InvalidInput(
            "not_stocked",
            _("{item} is not kept in stock. Bill it without an order.").format(item=line.item.code)
            if line.item.is_active
            else _("{item} is no longer in use.").format(item=line.item.code),
            field="item",
            row=row,
        )


def _price(
    order: PurchaseOrder,
    line: OrderLine,
    terms: OrderTerms,
    agreed: Mapping[int, PurchaseContractLine],
    stock_quantity: Decimal,
    row: int,
) -> Decimal:
    if line.unit_price is not None:
        price = require_decimal(line.unit_price, field="unit_price", row=row, positive=False)
        if price < 0:
            raise InvalidInput("negative", _("May not be negative."), field="unit_price", row=row)
        return price
    contracted = agreed.get(line.item.pk)
    if contracted is not None:
        return contract_price(contracted, line.item, line.unit)
    offered = terms.price(line.item, line.unit, stock_quantity, order.currency_id, row)
    if offered is not None:
        return offered
    if order.currency_id != order.company.currency_id:
        raise InvalidInput(
            "price_required",
            _("Give the price: the item's own is in {currency}.").format(
                currency=order.company.currency_id
            ),
            field="unit_price",
            row=row,
        )
    return round_quantity(line.item.purchase_price * stock_quantity / line.quantity)


def positions_of(given: Sequence[int | None], taken: Iterable[int] = ()) -> list[int]:
    """The positions given, and steps of ten behind the last for the rest."""
    seen = set(taken)
    positions = []
    for row, wanted in enumerate(given):
        last = max(seen, default=0)
        position = wanted or (last // POSITION_STEP + 1) * POSITION_STEP
        if position in seen:
            raise InvalidInput(
                "duplicate_position",
                _("Position {position} is there twice.").format(position=position),
                field="position",
                row=row,
            )
        seen.add(position)
        positions.append(position)
    return positions
