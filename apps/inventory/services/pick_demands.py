"""What pick lists may take of promises, and the stock set aside for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.contrib.contenttypes.models import ContentType
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, Site, User
from apps.core.money import ZERO, require_decimal
from apps.core.sql import fetch_all
from apps.inventory.models import ExpectedMove, PickLine, PickList
from apps.inventory.services.reservations import Wanted, reallocate

if TYPE_CHECKING:
    from apps.inventory.services.pick_lists import ToPick

# In the order of their sources, as every posting locks them.
_PROMISES = """
SELECT e.id, e.company_id, e.direction, e.site_id, e.partner_id, i.id, i.code, i.kind,
       CASE WHEN e.is_open THEN e.quantity - e.quantity_done ELSE 0 END,
       e.source_type_id, e.source_id
  FROM inventory_expectedmove e JOIN masterdata_item i ON i.id = e.item_id
 WHERE e.id = ANY(%s) ORDER BY e.source_type_id, e.source_id FOR UPDATE OF e
"""
# What other lists already take of it, written down or on their way.
_TAKEN = """
SELECT l.expected_move_id, sum(l.quantity - l.short_quantity)
  FROM inventory_pickline l JOIN inventory_picklist k ON k.id = l.pick_list_id
 WHERE l.expected_move_id = ANY(%s) AND k.id <> %s
   AND k.status IN ('draft', 'released', 'picking', 'picked', 'packed')
 GROUP BY l.expected_move_id
"""


@dataclass(frozen=True, slots=True)
class Promise:
    id: int
    company_id: int
    direction: str
    site_id: int
    partner_id: int | None
    item_id: int
    item_code: str
    item_kind: str
    open: Decimal
    source_type_id: int
    source_id: int


def locked_demands(
    company: Company, site: Site, lines: Sequence[ToPick], *, pick_list: PickList | None = None
) -> list[tuple[Promise, Decimal]]:
    """The promise of each line, locked, and how much is wanted of it."""
    keys = sorted({line.expected_move.pk for line in lines})
    found = {row[0]: Promise(*row) for row in fetch_all(_PROMISES, [keys])}
    taken = dict(fetch_all(_TAKEN, [keys, pick_list.pk if pick_list else 0]))
    left = {key: one.open - taken.get(key, ZERO) for key, one in found.items()}
    wanted = []
    for row, line in enumerate(lines):
        promise = found.get(line.expected_move.pk)
        is_ours = promise is not None and promise.company_id == company.pk
        if promise is None or not is_ours or promise.direction != ExpectedMove.Direction.OUT:
            raise InvalidInput(
                "not_promised", _("Nobody was promised this."), field="expected_move", row=row
            )
        if promise.partner_id is None:
            raise InvalidInput(
                "not_promised", _("Nobody was promised this."), field="expected_move", row=row
            )
        if promise.site_id != site.pk:
            raise InvalidInput(
                "other_site",
                _("{item} was promised from another site.").format(item=promise.item_code),
                field="expected_move",
                row=row,
            )
        quantity = left[promise.id] if line.quantity is None else line.quantity
        if line.quantity is not None:
            require_decimal(line.quantity, field="quantity", row=row)
        if quantity <= 0 or quantity > left[promise.id]:
            raise BusinessError(
                "over_pick",
                _("{item}: {open} open and on no other list, {quantity} to pick.").format(
                    item=promise.item_code,
                    open=f"{max(left[promise.id], ZERO).normalize():f}",
                    quantity=f"{quantity.normalize():f}",
                ),
                field="quantity",
                row=row,
                details={"open": str(left[promise.id])},
            )
        left[promise.id] -= quantity
        wanted.append((promise, quantity))
    return wanted


def allocate_lines(
    pick_list: PickList, lines: Sequence[PickLine], by: User, today: Date | None
) -> list[tuple[PickLine, int]]:
    """New lines, each with the key of its reservation; what promises keep is reserved again."""
    keys = [(line.expected_move.source_type_id, line.expected_move.source_id) for line in lines]
    sources = {key: _row_of(*key) for key in keys}
    wanted = [
        Wanted(
            line.item,
            line.quantity,
            site=pick_list.site,
            source=line,
            priority=pick_list.priority,
        )
        for line in lines
    ]
    held = _held_by(list(sources))
    left, items = {key: one.quantity for key, one in held.items()}, {}
    for key, line in zip(keys, lines, strict=True):
        left[key] = left.get(key, ZERO) - line.quantity
        items[key] = line.item
    wanted += [
        Wanted(
            items[key],
            quantity,
            site=pick_list.site,
            source=sources[key],
            priority=held[key].priority,
            held_until=held[key].held_until,
        )
        for key, quantity in left.items()
        if quantity > 0
    ]
    made = reallocate(
        pick_list.company, wanted, instead_of=list(sources.values()), by=by, today=today
    )
    return [
        (
            PickLine(
                company_id=pick_list.company_id,
                pick_list=pick_list,
                expected_move_id=lines[one.row].expected_move_id,
                item_id=one.item_id,
                quantity=one.quantity,
                location_id=one.location_id,
                lot_id=one.lot_id,
            ),
            one.id,
        )
        for one in made
        if one.row < len(lines)
    ]


def _row_of(type_id: int, key: int) -> Any:
    """The row behind a promise, to be named by its key only."""
    model: Any = ContentType.objects.get_for_id(type_id).model_class()
    return model(pk=key)


@dataclass(frozen=True, slots=True)
class _Held:
    quantity: Decimal
    priority: int
    held_until: datetime | None


def _held_by(keys: Sequence[tuple[int, int]]) -> dict[tuple[int, int], _Held]:
    """What sources hold, at the best of its terms."""
    rows = fetch_all(
        "SELECT r.source_type_id, r.source_id, sum(r.quantity), min(r.priority),"
        "       CASE WHEN count(*) = count(r.held_until) THEN max(r.held_until) END"
        "  FROM inventory_reservation r"
        "  JOIN unnest(%s::int[], %s::bigint[]) AS d(source_type_id, source_id)"
        "    ON r.source_type_id = d.source_type_id AND r.source_id = d.source_id GROUP BY 1, 2",
        [[key[0] for key in keys], [key[1] for key in keys]],
    )
    return {(type_id, source_id): _Held(*terms) for type_id, source_id, *terms in rows}
