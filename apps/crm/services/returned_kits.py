"""Kits that come back: by their parts, each with its own lot, credited when they are whole."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.money import ZERO, round_quantity
from apps.crm.models import ReturnLine, SalesOrderLine, SalesOrderLinePart
from apps.crm.queries.sales_orders import line_type_id, part_type_id
from apps.masterdata.models import Item

#: The parts of each order line that is of a kit.
Parts = dict[int, list[SalesOrderLinePart]]


def parts_of_lines(order_line_ids: Iterable[int]) -> Parts:
    result: Parts = {}
    rows = SalesOrderLinePart.objects.filter(line__in=set(order_line_ids))
    for part in rows.select_related("item").order_by("pk"):
        result.setdefault(part.line_id, []).append(part)
    return result


def returned_item(ordered: SalesOrderLine, named: Item | None, parts: Parts, row: int) -> Item:
    """What comes back of an order line: its item, or the part that is ``named``.

    Raises ``InvalidInput`` where a kit has several parts and none is named, or for another item.
    """
    own = [part.item for part in parts.get(ordered.pk, ())] or [ordered.item]
    if named is None and len(own) > 1:
        raise InvalidInput(
            "part_required",
            _("{item} is a kit: say which part of it comes back.").format(item=ordered.item.code),
            field="item",
            row=row,
        )
    if named is not None and named not in own:
        raise InvalidInput(
            "not_in_line",
            _("{item} is no part of {line}.").format(item=named.code, line=ordered.item.code),
            field="item",
            row=row,
        )
    return named or own[0]


def promise_of(line: ReturnLine, parts: Parts) -> tuple[int, int]:
    """Content type and key of what had promised the goods: the order line, or a part of it."""
    for part in parts.get(line.order_line_id, ()):
        if part.item_id == line.item_id:
            return part_type_id(), part.pk
    return line_type_id(), line.order_line_id


def whole_kits(lines: Sequence[ReturnLine], parts: Sequence[SalesOrderLinePart]) -> Decimal:
    """How many kits of one order line ``lines`` make up.

    Raises ``BusinessError`` where something is missing or left over: a kit has a price, its parts
    have none.
    """
    back: dict[int, Decimal] = {}
    for line in lines:
        back[line.item_id] = back.get(line.item_id, ZERO) + line.quantity
    kits = min(back.get(part.item_id, ZERO) // part.per_kit for part in parts)
    wrong = [
        part.item.code
        for part in parts
        if back.get(part.item_id, ZERO) != round_quantity(kits * part.per_kit)
    ]
    if wrong or not kits:
        raise BusinessError(
            "not_whole",
            _("Only whole kits are credited. Too few or too many of: {items}.").format(
                items=", ".join(wrong or [part.item.code for part in parts])
            ),
            field="lines",
        )
    return kits
