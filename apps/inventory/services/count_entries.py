"""What was counted: entered beside the books of that moment, and posted as differences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal

from django.contrib.contenttypes.models import ContentType
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import User
from apps.core.money import ZERO, require_decimal
from apps.core.services.documents import (
    lock,
    require_company,
    require_reason,
    require_status,
)
from apps.core.transactions import unit_of_work
from apps.inventory.models import Location, Lot, StockCount, StockCountLine, StockMove
from apps.inventory.queries.counts import Tolerance, tolerances_of, unit_costs
from apps.inventory.queries.locations import virtual_location
from apps.inventory.services.counts import check_lot, release_places, require_all_of_site
from apps.inventory.services.locking import BalanceKey, LockedBalance, lock_balances
from apps.inventory.services.lots import NewLot, create_lots
from apps.inventory.services.moves import Move, post_moves, reverse_moves
from apps.masterdata.models import Item, ReasonCode

JOURNAL = "INV"
Status = StockCount.Status
#: Counted so often, a difference is believed.
ENOUGH = 2


@dataclass(frozen=True, slots=True)
class Counted:
    """``quantity`` in stock units was found. A lot that nobody knew is made when it is posted."""

    item: Item
    location: Location
    quantity: Decimal
    lot_code: str = ""
    reason: ReasonCode | None = None


def enter_counted(
    count: StockCount, entries: Sequence[Counted], *, by: User, version: int | None = None
) -> StockCount:
    """Write down what was found, beside what the books have at this moment.

    What is not on the list is added to it. A difference above the tolerances of the item's class
    must be counted again; the second count stands. Raises ``InvalidInput`` naming the row;
    nothing is written then. The number of statements does not depend on the number of entries.
    """
    with unit_of_work():
        count = lock(count, version=version)
        require_status(count, Status.COUNTING)
        _check(count, entries)
        lots = _lots(count, entries, by)
        keys = [_key(entry, lots) for entry in entries]
        _require_once(keys)
        books = lock_balances(list(dict.fromkeys(keys)))
        lines = _lines(count, keys)
        costs = unit_costs({item_id for item_id, _location, _lot in keys})
        tolerances = tolerances_of({item_id for item_id, _location, _lot in keys})
        now = timezone.now()
        for entry, key in zip(entries, keys, strict=True):
            line = lines[key]
            line.counted_quantity = entry.quantity
            line.book_quantity = _book(books.get(key))
            line.unit_cost = costs.get(key[0], ZERO)
            line.counted_at, line.counted_by = now, by
            line.times_counted += 1
            line.reason = entry.reason
            line.must_recount = line.times_counted < ENOUGH and _is_beyond(
                line, tolerances.get(key[0])
            )
        _write([lines[key] for key in keys])
        return count.save_by(by)


def post_stock_count(count: StockCount, *, by: User, version: int | None = None) -> StockCount:
    """Approve a reviewed count and post its differences, each with its reason.

    Raises ``BusinessError``: ``own_count`` for who counted himself, ``insufficient_stock`` when a
    shortage has been used in the meantime. Without differences nothing is posted.
    """
    with unit_of_work():
        count = lock(count, version=version)
        count.transition_to(Status.POSTED)
        lines = list(count.lines.select_related("item", "location", "lot", "reason"))
        if any(line.counted_by_id == by.pk for line in lines):
            raise BusinessError(
                "own_count", _("Who counted does not approve the count."), field="status"
            )
        different = [line for line in lines if line.difference]
        for row, line in enumerate(lines):
            if line.difference and (line.reason or count.reason) is None:
                raise InvalidInput("reason_required", _("Say why."), field="reason", row=row)
        if different:
            post_moves(
                count.company,
                _moves(count, different),
                source=count,
                date=count.date,
                journal=JOURNAL,
                by=by,
                description=_("Count {number}").format(number=count.number),
            )
        release_places(count, by=by)
        return count.save_by(by)


def reverse_stock_count(
    count: StockCount, *, date: Date, reason: str, by: User, version: int | None = None
) -> StockCount:
    """Move the differences of a posted count the other way, at their own value.

    Raises ``BusinessError`` when what it found has been used since.
    """
    reason = require_reason(reason)
    with unit_of_work():
        count = lock(count, version=version)
        count.transition_to(Status.REVERSED)
        moves = list(
            StockMove.objects.filter(
                company=count.company,
                source_type=ContentType.objects.get_for_model(count),
                source_id=count.pk,
                reverses__isnull=True,
            )
            .select_related("from_location", "to_location", "lot", "item")
            .order_by("pk")
        )
        if moves:
            reverse_moves(
                count.company,
                moves,
                source=count,
                date=date,
                journal=JOURNAL,
                by=by,
                description=_("Reversal of {document}: {reason}").format(
                    document=count.number, reason=reason
                ),
                reverses_entry_id=next((one.entry_id for one in moves if one.entry_id), None),
            )
        return count.save_by(by, reason=reason)


def _moves(count: StockCount, lines: Sequence[StockCountLine]) -> list[Move]:
    elsewhere = virtual_location(count.company, Location.Kind.ADJUSTMENT)
    moves = []
    for line in lines:
        difference = line.difference or ZERO
        ends = (elsewhere, line.location) if difference > 0 else (line.location, elsewhere)
        moves.append(
            Move(
                item_id=line.item_id,
                quantity=abs(difference),
                from_location=ends[0],
                to_location=ends[1],
                lot=line.lot,
                reason_id=line.reason_id or count.reason_id,
                memo=count.note,
                is_count=True,
            )
        )
    return moves


def _check(count: StockCount, entries: Sequence[Counted]) -> None:
    if not entries:
        raise InvalidInput("no_lines", _("Nothing was counted."), field="lines")
    require_all_of_site(count.company, [entry.location for entry in entries], count.site)
    for row, entry in enumerate(entries):
        require_company(count.company, row=row, item=entry.item, reason=entry.reason)
        require_decimal(entry.quantity, field="quantity", row=row, positive=False)
        if entry.quantity < 0:
            raise InvalidInput(
                "not_positive", _("A quantity can't be negative."), field="quantity", row=row
            )
        if entry.item.tracking == Item.Tracking.SERIAL and entry.quantity not in (0, 1):
            raise InvalidInput(
                "serial_quantity", _("A serial number is one piece."), field="quantity", row=row
            )
        if entry.reason is not None and entry.reason.kind != ReasonCode.Kind.ADJUSTMENT:
            raise InvalidInput(
                "wrong_reason",
                _("{reason} is no reason of the kind “{kind}”.").format(
                    reason=entry.reason.code, kind=ReasonCode.Kind.ADJUSTMENT.label
                ),
                field="reason",
                row=row,
            )


def _lots(count: StockCount, entries: Sequence[Counted], by: User) -> dict[tuple[int, str], Lot]:
    """The lots named, by item and code; new ones are made, so that they can be counted."""
    coded = {(e.item.pk, e.lot_code.strip()): row for row, e in enumerate(entries) if e.lot_code}
    found = Lot.objects.filter(
        company=count.company,
        item__in={item_id for item_id, _code in coded},
        code__in={code for _item_id, code in coded},
    )
    lots = {(lot.item_id, lot.code): lot for lot in found}
    new = [row for key, row in coded.items() if key not in lots]
    made = create_lots(
        count.company,
        [NewLot(entries[row].item, entries[row].lot_code.strip()) for row in new],
        by=by,
    )
    lots.update({(lot.item_id, lot.code): lot for lot in made})
    for row, entry in enumerate(entries):
        check_lot(entry.item, lots.get((entry.item.pk, entry.lot_code.strip())), row)
    return lots


def _key(entry: Counted, lots: dict[tuple[int, str], Lot]) -> BalanceKey:
    lot = lots.get((entry.item.pk, entry.lot_code.strip())) if entry.lot_code else None
    return entry.item.pk, entry.location.pk, lot.pk if lot else None


def _require_once(keys: Sequence[BalanceKey]) -> None:
    seen: set[BalanceKey] = set()
    for row, key in enumerate(keys):
        if key in seen:
            raise InvalidInput("twice", _("This is here twice."), field="item", row=row)
        seen.add(key)


def _lines(count: StockCount, keys: Sequence[BalanceKey]) -> dict[BalanceKey, StockCountLine]:
    lines = {
        (line.item_id, line.location_id, line.lot_id): line
        for line in StockCountLine.objects.filter(count=count).select_for_update().order_by("pk")
    }
    for item_id, location_id, lot_id in keys:
        lines.setdefault(
            (item_id, location_id, lot_id),
            StockCountLine(
                company_id=count.company_id,
                count=count,
                item_id=item_id,
                location_id=location_id,
                lot_id=lot_id,
            ),
        )
    return lines


def _book(balance: LockedBalance | None) -> Decimal:
    return balance.quantity if balance else ZERO


def _is_beyond(line: StockCountLine, tolerance: Tolerance | None) -> bool:
    difference = abs(line.difference or ZERO)
    if not difference or tolerance is None:
        return bool(difference)
    book = line.book_quantity or ZERO
    share = difference / book * 100 if book else Decimal(100)
    value = difference * (line.unit_cost or ZERO)
    return share > tolerance.percent and value > tolerance.value


_WRITTEN = (
    "counted_quantity",
    "book_quantity",
    "unit_cost",
    "counted_at",
    "counted_by",
    "times_counted",
    "must_recount",
    "reason",
)


def _write(lines: Sequence[StockCountLine]) -> None:
    known = [line for line in lines if line.pk is not None]
    StockCountLine.objects.bulk_create([line for line in lines if line.pk is None])
    if known:
        StockCountLine.objects.bulk_update(known, _WRITTEN)
