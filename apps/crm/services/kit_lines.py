"""Kits sold as one and picked as parts: the parts of an order's lines, promised each."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.money import round_quantity
from apps.crm.models import SalesOrder, SalesOrderLine, SalesOrderLinePart
from apps.crm.queries.prices import prices_for
from apps.engineering.queries.requirements import Parts, kit_parts
from apps.masterdata.models import Item

#: The place of a line in what was asked, and the line.
Row = tuple[int, SalesOrderLine]


def is_kit(item: Item) -> bool:
    return item.kind == Item.Kind.PHANTOM


def is_of_line(item: Item, line: SalesOrderLine) -> bool:
    """Whether ``item`` is what ``line`` is of, or a part of its kit."""
    return line.item_id == item.pk or line.parts.filter(item=item).exists()


def snapshot_parts(order: SalesOrder, lines: Sequence[Row]) -> list[tuple[int, SalesOrderLinePart]]:
    """Write down the parts of each kit by the bills in force when it was ordered, with the row.

    Four statements however many kits, none without any. Raises ``BusinessError`` naming the row
    for a kit without a released bill, or one that contains itself.
    """
    kits = [(row, line) for row, line in lines if is_kit(line.item)]
    if not kits:
        return []
    found = kit_parts(sorted({line.item_id for _row, line in kits}), on=order.order_date)
    for row, line in kits:
        _require_parts(line, found[line.item_id], row)
    items = Item.objects.in_bulk({key for kit in found.values() for key in kit.parts})
    rows = [
        (
            row,
            SalesOrderLinePart(
                company_id=line.company_id,
                line=line,
                item=items[key],
                per_kit=per_kit,
                quantity=round_quantity(line.stock_quantity * per_kit),
            ),
        )
        for row, line in kits
        for key, per_kit in found[line.item_id].parts.items()
    ]
    _share_prices(order, [part for _row, part in rows])
    SalesOrderLinePart.objects.bulk_create([part for _row, part in rows])
    return rows


def parts_of(order: SalesOrder) -> list[SalesOrderLinePart]:
    return list(SalesOrderLinePart.objects.filter(line__order=order))


def require_whole(item: Item, stock_quantity: Decimal, row: int) -> None:
    """Raise ``InvalidInput`` for a fraction of a kit."""
    if is_kit(item) and stock_quantity != stock_quantity.to_integral_value():
        raise InvalidInput(
            "part_of_kit",
            _("{item} is sold as a whole kit only.").format(item=item.code),
            field="quantity",
            row=row,
        )


def _share_prices(order: SalesOrder, parts: Sequence[SalesOrderLinePart]) -> None:
    """Each part's share of its kit's price, as their own prices are to each other (IFRS 15.76).

    Where nobody knows what one of them costs alone, they share by number.
    """
    alone = prices_for(
        order.company,
        partner=order.partner,
        currency_id=order.currency_id,
        date=order.order_date,
        wanted=[(part.item, part.quantity) for part in parts],
    )
    own: dict[int, list[tuple[SalesOrderLinePart, Decimal | None]]] = {}
    for part, price in zip(parts, alone, strict=True):
        worth = price.unit_price * part.per_kit if price else None
        own.setdefault(part.line_id, []).append((part, worth))
    for rows in own.values():
        known = [worth for _part, worth in rows if worth]
        total = sum(known) if len(known) == len(rows) else Decimal(len(rows))
        line = rows[0][0].line
        kit_price = line.quantity * line.unit_price / line.stock_quantity
        for part, worth in rows:
            share = worth if len(known) == len(rows) and worth else Decimal(1)
            part.unit_price = round_quantity(kit_price * share / total / part.per_kit)


def _require_parts(line: SalesOrderLine, kit: Parts, row: int) -> None:
    if kit.fault == "loop":
        raise BusinessError(
            "kit_in_itself",
            _("{item} contains itself: correct its bill of materials.").format(item=line.item.code),
            field="item",
            row=row,
        )
    if kit.fault:
        raise BusinessError(
            "kit_without_bom",
            _("{item} or a kit in it has no released bill of materials.").format(
                item=line.item.code
            ),
            field="item",
            row=row,
        )
