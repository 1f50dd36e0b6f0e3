"""Kits sold as one and picked as parts: the parts of an order's lines, promised each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date as Date
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.crm.models import SalesOrder, SalesOrderLine, SalesOrderLinePart
from apps.engineering.queries.requirements import Kit, kit_parts
from apps.masterdata.models import Item

Row = tuple[int, SalesOrderLine]


def is_kit(item: Item) -> bool:
    return item.kind == Item.Kind.PHANTOM


def snapshot_parts(lines: Sequence[Row], *, on: Date) -> list[tuple[int, SalesOrderLinePart]]:
    """Write down the parts of each kit by the bills in force ``on``; with the row of its line.

    Three statements however many kits, none without any. Raises ``BusinessError`` naming the row
    for a kit without a released bill, or one that contains itself.
    """
    kits = [(row, line) for row, line in lines if is_kit(line.item)]
    if not kits:
        return []
    found = kit_parts(sorted({line.item_id for _row, line in kits}), on=on)
    for row, line in kits:
        _require_parts(line, found[line.item_id], row)
    items = Item.objects.in_bulk({key for kit in found.values() for key in kit.parts})
    rows = [
        (
            row,
            SalesOrderLinePart(
                company_id=line.company_id, line=line, item=items[key], per_kit=per_kit
            ),
        )
        for row, line in kits
        for key, per_kit in found[line.item_id].parts.items()
    ]
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


def _require_parts(line: SalesOrderLine, kit: Kit, row: int) -> None:
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
