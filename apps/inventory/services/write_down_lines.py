"""The lines of write-downs: what may be looked at, and what should be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company
from apps.core.money import ZERO, require_decimal
from apps.core.services.documents import require_company
from apps.inventory.costing import SPECIFIC, STANDARD
from apps.inventory.models import Lot, WriteDown, WriteDownLine
from apps.inventory.queries.write_downs import write_down_candidates
from apps.masterdata.models import Item

HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Assessed:
    """What a stock unit of an item brings, in company currency: price less cost to sell it.

    With ``lot`` only that lot is looked at, where the item is valued lot by lot.
    """

    item: Item
    net_value: Decimal
    lot: Lot | None = None


def proposed_lines(company: Company, selling_cost_percent: Decimal) -> list[Assessed]:
    """Items carried above their sales price less ``selling_cost_percent``, or that were before.

    Raises ``InvalidInput`` for a percentage out of range, ``BusinessError`` (``nothing_found``).
    """
    percent = require_decimal(
        selling_cost_percent, field="selling_cost_percent", decimal_places=2, positive=False
    )
    if not ZERO <= percent < HUNDRED:
        raise InvalidInput("out_of_range", _("Between 0 and 100 %."), field="selling_cost_percent")
    found = dict(write_down_candidates(company, percent))
    if not found:
        raise BusinessError("nothing_found", _("No stock is carried above its sales price."))
    items = Item.objects.select_related("category").in_bulk(list(found))
    return [Assessed(items[item_id], net_value) for item_id, net_value in found.items()]


def write_lines(write_down: WriteDown, lines: Sequence[Assessed]) -> None:
    """Give a draft these lines. Raises ``InvalidInput`` naming the row at fault."""
    seen: set[tuple[int, int | None]] = set()
    for row, line in enumerate(lines):
        require_company(write_down.company, row=row, item=line.item, lot=line.lot)
        require_decimal(line.net_value, field="net_value", row=row, positive=False)
        if line.net_value < 0:
            raise InvalidInput("negative", _("May not be negative."), field="net_value", row=row)
        if line.lot is not None and line.lot.item_id != line.item.pk:
            raise InvalidInput("wrong_lot", _("The lot is of another item."), field="lot", row=row)
        check_costing(line.item.category.costing, line.item, line.lot, row)
        lot_id = line.lot.pk if line.lot else None
        others = {(line.item.pk, lot_id), (line.item.pk, None)}
        is_whole = lot_id is None and any(item_id == line.item.pk for item_id, _lot in seen)
        if is_whole or seen & others:
            raise InvalidInput(
                "line_twice", _("{item} is here twice.").format(item=line.item.code),
                field="item", row=row,
            )  # fmt: skip
        seen.add((line.item.pk, lot_id))
    WriteDownLine.objects.bulk_create(
        [
            WriteDownLine(
                company_id=write_down.company_id,
                write_down=write_down,
                item=line.item,
                lot=line.lot,
                net_value=line.net_value,
            )
            for line in lines
        ]
    )


def check_costing(costing: str, item: Item, lot: Lot | None, row: int) -> None:
    """Raise ``InvalidInput`` for what can't be written down as it is costed."""
    if costing == STANDARD:
        raise InvalidInput(
            "standard_cost",
            _("{item} is carried at standard cost: a new standard revalues it.").format(
                item=item.code
            ),
            field="item",
            row=row,
        )
    if lot is not None and costing != SPECIFIC:
        raise InvalidInput(
            "lot_not_valued",
            _("{item} is not valued lot by lot.").format(item=item.code),
            field="lot",
            row=row,
        )
