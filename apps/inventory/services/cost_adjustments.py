"""Cost that comes late, and new standard costs: value changes, no move ever does.

Late cost (a bill, freight, a wage) is posted on the caller's date and split by where the units
are *now*: in stock, in WIP, sold, scrapped, at any depth of production (accounting rule 14).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date as Date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, User
from apps.core.money import ZERO, require_decimal, round_money
from apps.core.queries.currencies import decimal_places
from apps.core.sql import columns, execute, fetch_all
from apps.core.transactions import unit_of_work
from apps.finance.models import PostingRole
from apps.finance.queries.posting_rules import AccountResolver
from apps.finance.services.journal import Entry, Line, post_entry
from apps.inventory.late_cost import (
    Parts,
    Place,
    bearable,
    split_productions,
    split_receipts,
    stop_in_wip,
)
from apps.inventory.models import Location, StockMove, ValuationAdjustment
from apps.inventory.queries.late_cost import outputs_now, receipts_now
from apps.inventory.services.layers import write_pools
from apps.inventory.services.locking import LockedItem, lock_items
from apps.inventory.services.value_changes import (
    ValueChange,
    add_to_layers,
    adjustment_line,
    write_adjustments,
)
from apps.masterdata.models import Item

DEEPEST = 40
MOST_TRIES = 5
_LAYER_VALUES = "SELECT id, value_left FROM inventory_costlayer WHERE id = ANY(%s)"
_STANDARDS = """
UPDATE inventory_itemvaluation v SET standard_cost = d.cost
  FROM unnest(%s::bigint[], %s::numeric[]) AS d(item_id, cost) WHERE v.item_id = d.item_id
"""
_ROLES = {str(kind): str(role) for kind, role in Location.ROLES.items()}
STOCK, WIP, VARIANCE = (
    str(PostingRole.INVENTORY),
    str(PostingRole.WIP),
    str(PostingRole.PRICE_VARIANCE),
)


@dataclass(frozen=True, slots=True)
class Adjustment:
    """What was posted: the entry (None when there was nothing to post) and where cost went."""

    entry_id: int | None
    parts: dict[Place, Decimal] = field(default_factory=dict)

    def total(self, role: str) -> Decimal:
        """What went to ``role``: stock, WIP, cost of goods sold and so on."""
        return sum((amount for place, amount in self.parts.items() if place.role == role), ZERO)


def adjust_receipts(
    company: Company,
    deltas: Sequence[tuple[StockMove, Decimal]],
    *,
    source: Any,
    date: Date,
    journal: str,
    by: User,
    counter_account_id: int | None = None,
    counter_lines: Callable[[Decimal], Sequence[Line]] | None = None,
    purpose: str = "late_cost",
    description: str = "",
) -> Adjustment:
    """Add ``deltas`` to the cost of receipts, where their units are now, in one entry.

    The other side is ``counter_account_id``, or what ``counter_lines`` makes of the total. What
    stock can't bear (value never falls below zero) and what standard-cost items don't take goes
    to the price variance. Raises ``InvalidInput`` for a move that is no receipt.
    """
    places = decimal_places(company.currency_id)
    amounts: dict[int, Decimal] = {}
    for row, (move, delta) in enumerate(deltas):
        _check_delta(company, move, delta, places, row)
        amounts[move.pk] = amounts.get(move.pk, ZERO) + delta
    with unit_of_work():
        parts, items = _traced_and_locked(company, amounts, places)
        resolver = AccountResolver(company)
        arrived = _bear(parts, items)
        total = sum(arrived.values(), ZERO)
        lines = [
            adjustment_line(place, amount, items, resolver) for place, amount in arrived.items()
        ]
        if total and counter_lines is not None:
            lines.extend(counter_lines(total))
        elif total and counter_account_id is not None:
            lines.append(Line(counter_account_id, -total))
        if not lines:
            return Adjustment(None)
        _write_values(items, arrived)
        entry = Entry(
            journal=journal,
            date=date,
            source=source,
            lines=lines,
            description=description or _("Late cost"),
            purpose=purpose,
        )
        entry_id = post_entry(company, entry, by=by)
        in_stock = [
            ValueChange(place.item_id, place.layer_id, amount)
            for place, amount in arrived.items()
            if place.role == STOCK
        ]
        kind = ValuationAdjustment.Kind.LATE_COST
        write_adjustments(company, kind, in_stock, source, date, entry_id, by)
    return Adjustment(entry_id, arrived)


def change_standard_costs(
    company: Company,
    costs: Mapping[Item, Decimal],
    *,
    source: Any,
    date: Date,
    by: User,
    journal: str = "INV",
    purpose: str = "revaluation",
) -> Adjustment:
    """Give items a new standard cost per stock unit; stock at standard is revalued (rule 28).

    Items under another costing keep their value: the standard is only what they are planned at.
    """
    for row, (item, cost) in enumerate(costs.items()):
        require_decimal(cost, field="standard_cost", row=row, positive=False)
        if cost < 0 or item.company_id != company.pk:
            raise InvalidInput(
                "bad_cost", _("Cost can't be negative."), field="standard_cost", row=row
            )
    if not costs:
        return Adjustment(None)
    new = {item.pk: cost for item, cost in costs.items()}
    with unit_of_work():
        items = lock_items(company, new)
        changes: dict[Place, Decimal] = {}
        for item_id, cost in new.items():
            pool = items[item_id].pool
            if pool.costing != "standard":
                continue
            value = round_money(pool.quantity * cost, pool.decimal_places)
            if value != pool.value:
                changes[Place(STOCK, item_id)] = value - pool.value
                pool.value = value
        execute(_STANDARDS, columns(sorted(new.items()), 2))
        write_pools(items[place.item_id] for place in changes)
        if not changes:
            return Adjustment(None)
        entry_id = _post_revaluation(company, changes, items, source, date, journal, purpose, by)
        rows = [ValueChange(place.item_id, None, amount) for place, amount in changes.items()]
        kind = ValuationAdjustment.Kind.REVALUATION
        write_adjustments(company, kind, rows, source, date, entry_id, by)
    return Adjustment(entry_id, changes)


def _post_revaluation(
    company: Company,
    changes: Mapping[Place, Decimal],
    items: Mapping[int, LockedItem],
    source: Any,
    date: Date,
    journal: str,
    purpose: str,
    by: User,
) -> int:
    resolver = AccountResolver(company)
    lines = []
    for place, amount in changes.items():
        lines.append(adjustment_line(place, amount, items, resolver))
        against = Place(str(PostingRole.REVALUATION), place.item_id)
        lines.append(adjustment_line(against, -amount, items, resolver))
    entry = Entry(
        journal=journal,
        date=date,
        source=source,
        lines=lines,
        description=_("New standard costs"),
        purpose=purpose,
    )
    return post_entry(company, entry, by=by)


def _check_delta(company: Company, move: StockMove, delta: Decimal, places: int, row: int) -> None:
    require_decimal(delta, field="amount", row=row, decimal_places=places, positive=False)
    is_receipt = move.to_location.is_physical and not move.from_location.is_physical
    if move.company_id != company.pk or not is_receipt:
        raise InvalidInput("not_a_receipt", _("This is no receipt."), field="move", row=row)


class _MoreItems(Exception):
    pass


def _traced_and_locked(
    company: Company, amounts: Mapping[int, Decimal], places: int
) -> tuple[Parts, dict[int, LockedItem]]:
    """Follow the units, lock all items on the way in sorted order, and follow them again.

    Others may have moved the units between; if now more items are on the way, the locks are
    given back with the savepoint, so that they are always taken in order.
    """
    _parts, wanted = _trace(company, amounts, places)
    for _try in range(MOST_TRIES):
        try:
            with transaction.atomic():
                items = lock_items(company, wanted) if wanted else {}
                parts, found = _trace(company, amounts, places)
                if found - wanted:
                    wanted |= found
                    raise _MoreItems
                return parts, items
        except _MoreItems:
            continue
    raise BusinessError("busy", _("These goods are moving right now. Try again."))


def _trace(company: Company, amounts: Mapping[int, Decimal], places: int) -> tuple[Parts, set[int]]:
    """Where ``amounts`` (by receipt) belong, and every item on the way."""
    parts = Parts()
    items: set[int] = set()
    for move_id, amount in amounts.items():
        parts.follow_receipt(move_id, amount)
    for _level in range(DEEPEST):
        if not parts.receipts and not parts.productions:
            break
        receipts = receipts_now(company, parts.receipts)
        items.update(receipt.item_id for receipt in receipts.values())
        split_receipts(
            parts,
            receipts,
            _ROLES,
            stock_role=STOCK,
            variance_role=VARIANCE,
            decimal_places=places,
        )
        outputs = outputs_now(company, {one.cost_object_id for one in parts.productions})
        split_productions(parts, outputs, wip_role=WIP, decimal_places=places)
    for move_id, amount in parts.receipts.items():
        [receipt] = receipts_now(company, [move_id]).values()
        parts.arrive(Place(VARIANCE, receipt.item_id), amount)
        items.add(receipt.item_id)
    stop_in_wip(parts, wip_role=WIP)
    return parts, items


def _bear(parts: Parts, items: Mapping[int, LockedItem]) -> dict[Place, Decimal]:
    """Put into stock what it can bear, the rest to the price variance; pools follow."""
    layer_ids = sorted(p.layer_id for p in parts.arrived if p.role == STOCK and p.layer_id)
    worth = dict(fetch_all(_LAYER_VALUES, [layer_ids])) if layer_ids else {}
    result: dict[Place, Decimal] = {}
    for place, amount in parts.arrived.items():
        taken = amount
        if place.role == STOCK:
            pool = items[place.item_id].pool
            of_layer = worth[place.layer_id] if pool.layers_hold_value else pool.value
            taken = bearable(amount, min(of_layer, pool.value))
            pool.value += taken
        for target, part in ((place, taken), (Place(VARIANCE, place.item_id), amount - taken)):
            if part:
                result[target] = result.get(target, ZERO) + part
    return {place: amount for place, amount in result.items() if amount}


def _write_values(items: Mapping[int, LockedItem], arrived: Mapping[Place, Decimal]) -> None:
    changed = [place for place in arrived if place.role == STOCK]
    write_pools(items[item_id] for item_id in sorted({place.item_id for place in changed}))
    rows = [
        (place.layer_id, arrived[place])
        for place in changed
        if items[place.item_id].pool.layers_hold_value
    ]
    add_to_layers(rows)
