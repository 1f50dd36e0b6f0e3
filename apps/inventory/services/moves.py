"""Posting stock moves: quantity, value and books in one transaction. The only writer of moves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date as Date
from decimal import Decimal
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError
from apps.core.models import Company, User
from apps.core.money import ZERO, round_money
from apps.core.sql import execute_together, insert_rows
from apps.core.transactions import unit_of_work
from apps.finance.queries.posting_rules import AccountResolver
from apps.finance.services.journal import Entry, Line, post_entry
from apps.inventory.models import Location, Lot, StockMove
from apps.inventory.services import balances, layers
from apps.inventory.services.locking import LockedItem, lock_items
from apps.inventory.services.move_checks import check_move, check_tracking, limited_places
from apps.inventory.services.move_entries import move_lines
from apps.inventory.services.returned_units import write_returned_units
from apps.inventory.services.room import require_room
from apps.inventory.services.transit import Transit
from apps.inventory.signals import moves_reversed

Value = Decimal | Callable[[Sequence["PostedMove"]], Decimal] | None


@dataclass(frozen=True, slots=True)
class Move:
    """One move to post, in stock units.

    ``value`` is the whole cost that the virtual side bears, rounded to the company's currency:
    needed for what comes in, ignored for what goes out, which is worth what it is carried at. It
    may be a function of the moves already valued in the same posting. Without it, what comes in
    is worth the present carrying cost. What goes back to a supplier clears ``value`` where it is
    given, the difference is a price variance. ``expected_move_id`` is what the move does; a
    reversal takes it back. ``brings_back``: the source (content type and key) of the promise that
    what a customer sends back had gone out for. ``is_disposition``: quality has decided on it, so a
    block does not
    stop it. ``is_count``: a count that froze the place posts what it found. ``is_package``: a
    closed package goes whole.
    """

    item_id: int
    quantity: Decimal
    from_location: Location
    to_location: Location
    lot: Lot | None = None
    value: Value = None
    reservation_id: int | None = None
    expected_move_id: int | None = None
    cost_object_id: int | None = None
    partner_id: int | None = None
    reason_id: int | None = None
    work_centre_id: int | None = None
    machine_id: int | None = None
    shift_id: int | None = None
    memo: str = ""
    reverses: StockMove | None = None
    brings_back: tuple[int, int] | None = None
    is_disposition: bool = False
    is_count: bool = False
    is_package: bool = False

    @property
    def arrives(self) -> bool:
        """Whether it brings goods here, ours or not."""
        return self.to_location.has_balances and not self.from_location.has_balances

    @property
    def is_foreign(self) -> bool:
        """Whether it moves goods of a supplier that stay his."""
        kinds = (self.from_location.kind, self.to_location.kind)
        return Location.Kind.FOREIGN in kinds and not (self.is_receipt or self.is_issue)

    @property
    def is_receipt(self) -> bool:
        return self.to_location.is_physical and not self.from_location.is_physical

    @property
    def is_issue(self) -> bool:
        return self.from_location.is_physical and not self.to_location.is_physical


@dataclass(slots=True)
class PostedMove:
    """A move with its worth: ``value`` to stock, ``counter_value`` to the virtual side.

    ``carried`` is what a place in transit gives, where the item as a whole loses another value.
    """

    move: Move
    item: LockedItem
    value: Decimal
    counter_value: Decimal
    takes: list[Any] = field(default_factory=list)
    id: int = 0
    carried: Decimal | None = None


ExtraLines = Callable[[AccountResolver, Sequence[PostedMove]], Sequence[Line]]


@dataclass(frozen=True, slots=True)
class Posting:
    """What was posted: the moves in order, and the entry behind them (None when worth nothing)."""

    moves: list[PostedMove]
    entry_id: int | None


def post_moves(
    company: Company,
    moves: Sequence[Move],
    *,
    source: Any,
    date: Date,
    journal: str,
    by: User,
    description: str = "",
    purpose: str = "",
    extra_lines: ExtraLines | None = None,
    reverses_entry_id: int | None = None,
    items: dict[int, LockedItem] | None = None,
) -> Posting:
    """Move stock, value it and post it, all in the caller's transaction.

    The number of statements does not depend on the number of moves. A caller that had to lock the
    items before (``lock_items``) hands them in as ``items``. ``extra_lines`` adds lines
    (labour, taxes) to the same journal entry. Raises ``InvalidInput`` for bad input and
    ``BusinessError`` for what stock does not allow, each naming the row; nothing is written.
    """
    with unit_of_work():
        for row, move in enumerate(moves):
            check_move(move, row)
        if items is None:
            items = lock_items(company, [move.item_id for move in moves]) if moves else {}
        check_tracking(moves, items)
        change = balances.prepare_change(moves, items)
        taken = layers.open_layers(moves, items)
        transit = Transit(change)
        posted: list[PostedMove] = []
        for row, move in enumerate(moves):
            posted.append(_value(move, items[move.item_id], taken, transit, posted, row))
        moved = {move.item_id: items[move.item_id] for move in moves}
        execute_together(
            [
                *balances.written(company, change),
                *layers.written_pools(moved.values()),
                *layers.written_taken(taken),
            ]
        )
        require_room(limited_places(moves))
        entry_id = _post_entry(
            company,
            posted,
            extra_lines,
            Entry(
                journal=journal,
                date=date,
                source=source,
                lines=(),
                description=description,
                purpose=purpose,
                reverses_id=reverses_entry_id,
            ),
            by,
        )
        _write_moves(company, posted, source, date, entry_id, by)
        layers.write_received(company, posted)
        layers.write_consumptions(company, posted)
        write_returned_units(company, posted)
    return Posting(posted, entry_id)


def _value(
    move: Move,
    item: LockedItem,
    taken: layers.OpenLayers,
    transit: Transit,
    posted: Sequence[PostedMove],
    row: int,
) -> PostedMove:
    pool = item.pool
    own = None if move.reverses is None else move.reverses.value
    given = move.value(posted) if callable(move.value) else move.value
    if given is not None:
        given = round_money(given, pool.decimal_places)
    if move.is_receipt:
        if own is not None:
            given = own
        gained = pool.receive(
            move.quantity, pool.value_of(move.quantity) if given is None else given
        )
        transit.enter(move, item, gained)
        if move.reverses is not None:
            given = move.reverses.counter_value
        return PostedMove(move, item, gained, gained if given is None else given)
    if move.is_issue:
        takes = taken.take(move, pool, row) if pool.keeps_layers else []
        if move.reverses is not None and not pool.layers_hold_value:
            lost = pool.issue_at(move.quantity, move.reverses.value)
        else:
            lost = pool.issue(move.quantity, takes)
        carried = transit.leave(move, item, row, own=own)
        return PostedMove(
            move, item, lost, _counter_value(move, lost, given), takes, carried=carried
        )
    if move.is_foreign:
        return PostedMove(move, item, ZERO, ZERO)
    value = transit.leave(move, item, row, own=own)
    if value is None:
        value = pool.value_of(move.quantity) if given is None else given
    transit.enter(move, item, value)
    return PostedMove(move, item, value, value)


def _counter_value(move: Move, lost: Decimal, given: Decimal | None) -> Decimal:
    """What the virtual side bears of an issue: what stock loses, but at a supplier his price."""
    if move.reverses is not None:
        return move.reverses.counter_value
    is_return = move.to_location.kind == Location.Kind.SUPPLIER
    return given if is_return and given is not None else lost


def _post_entry(
    company: Company,
    posted: Sequence[PostedMove],
    extra_lines: ExtraLines | None,
    entry: Entry,
    by: User,
) -> int | None:
    resolver = AccountResolver(company)
    lines = move_lines(posted, resolver)
    if extra_lines is not None:
        lines.extend(extra_lines(resolver, posted))
    if not lines:
        return None
    complete = Entry(
        journal=entry.journal,
        date=entry.date,
        source=entry.source,
        lines=lines,
        description=entry.description,
        purpose=entry.purpose,
        reverses_id=entry.reverses_id,
    )
    return post_entry(company, complete, by=by)


def _write_moves(
    company: Company,
    posted: Sequence[PostedMove],
    source: Any,
    date: Date,
    entry_id: int | None,
    by: User,
) -> None:
    now = timezone.now()
    source_type_id = ContentType.objects.get_for_model(source).pk
    rows = [
        {
            "company_id": company.pk,
            "source_type_id": source_type_id,
            "source_id": source.pk,
            "created_at": now,
            "created_by_id": by.pk,
            "date": date,
            "item_id": one.move.item_id,
            "lot_id": one.move.lot.pk if one.move.lot else None,
            "from_location_id": one.move.from_location.pk,
            "to_location_id": one.move.to_location.pk,
            "quantity": one.move.quantity,
            "catch_weight": _weight(one.move),
            "value": one.value,
            "counter_value": one.counter_value,
            "cost_object_id": one.move.cost_object_id,
            "partner_id": one.move.partner_id,
            "reason_id": one.move.reason_id,
            "entry_id": entry_id,
            "reverses_id": one.move.reverses.pk if one.move.reverses else None,
            "expected_move_id": one.move.expected_move_id,
        }
        for one in posted
    ]
    for one, (move_id,) in zip(posted, insert_rows(StockMove, rows, returning="id"), strict=True):
        one.id = move_id


def _weight(move: Move) -> Decimal | None:
    """What a weighed piece weighs now; on its way back what it weighed as it moved."""
    if move.reverses is not None:
        return move.reverses.catch_weight
    return None if move.lot is None else move.lot.catch_weight


def reverse_moves(
    company: Company,
    moves: Sequence[StockMove],
    *,
    source: Any,
    date: Date,
    journal: str,
    by: User,
    description: str = "",
    purpose: str = "reversal",
    reverses_entry_id: int | None = None,
    extra_lines: ExtraLines | None = None,
) -> Posting:
    """Post the way back of ``moves`` at their own value, linked to them.

    Raises ``BusinessError`` when one is reversed already, what it brought has been used, or it is
    itself the reversal of a move that had been promised.
    """
    with unit_of_work():
        done = set(
            StockMove.objects.filter(reverses__in=moves).values_list("reverses_id", flat=True)
        )
        if done:
            raise BusinessError("already_reversed", _("This has been reversed already."))
        back = [
            Move(
                item_id=move.item_id,
                quantity=move.quantity,
                from_location=move.to_location,
                to_location=move.from_location,
                lot=move.lot,
                value=move.counter_value,
                cost_object_id=move.cost_object_id,
                partner_id=move.partner_id,
                reason_id=move.reason_id,
                reverses=move,
                expected_move_id=move.expected_move_id,
            )
            for move in reversed(moves)
        ]
        posting = post_moves(
            company,
            back,
            source=source,
            date=date,
            journal=journal,
            by=by,
            description=description,
            purpose=purpose,
            reverses_entry_id=reverses_entry_id,
            extra_lines=extra_lines,
        )
        moves_reversed.send(StockMove, company=company, moves=moves, by=by)
        return posting
