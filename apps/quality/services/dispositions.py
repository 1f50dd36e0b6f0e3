"""What becomes of nonconforming material: stock, lot status and value move in one transaction.

Scrap is an expense, what goes back to its supplier leaves stock at its cost and clears goods
received, not invoiced at the price it came for; rework stays in stock or goes into the work in
process of an order; what is used as it is, is free again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import User
from apps.core.money import ZERO, require_decimal
from apps.core.services.documents import (
    insert_all,
    lock,
    require_company,
    require_reason,
    require_status,
    update_all,
)
from apps.core.transactions import unit_of_work
from apps.finance.models import CostObject
from apps.inventory.models import Location, Lot, StockMove
from apps.inventory.queries.locations import virtual_locations
from apps.inventory.services.locking import lock_items
from apps.inventory.services.moves import Move, PostedMove, post_moves, reverse_moves
from apps.masterdata.models import ReasonCode
from apps.quality.models import Disposition, Nonconformance, NonconformingLot
from apps.quality.queries.returns import return_values
from apps.quality.services.holds import set_status
from apps.quality.services.nonconformances import restore_lots

JOURNAL = "INV"
Kind = Disposition.Kind
Status = Nonconformance.Status
_PLACES = {
    Kind.SCRAP: Location.Kind.SCRAP,
    Kind.RETURN: Location.Kind.SUPPLIER,
    Kind.REWORK: Location.Kind.PRODUCTION,
}


@dataclass(frozen=True, slots=True)
class Decision:
    """``quantity`` of what the nonconformance holds is scrapped, returned, reworked or used."""

    kind: str
    quantity: Decimal
    nonconforming_lot: NonconformingLot | None = None
    reason: ReasonCode | None = None
    cost_object: CostObject | None = None
    note: str = ""


def disposition_nonconformance(
    ncr: Nonconformance,
    *,
    decisions: Sequence[Decision],
    by: User,
    date: Date | None = None,
    conclusion: str = "",
    version: int | None = None,
) -> Nonconformance:
    """Decide on all or a part of what is held, and post it. One transaction.

    Where it holds nothing (a process went astray), a conclusion decides. Whoever reported it does
    not decide on it. Raises ``InvalidInput`` or ``BusinessError`` naming the row: more than is
    left, scrap without a reason, a return without a supplier.
    """
    date = date or timezone.localdate()
    with unit_of_work():
        ncr = lock(ncr, version=version)
        require_status(ncr, Status.REVIEW)
        if ncr.created_by_id == by.pk:
            raise BusinessError(
                "self_approval",
                _("Whoever reported it does not decide on it."),
                field="decided_by",
            )
        if not decisions and ncr.quantity:
            raise InvalidInput("no_lines", _("Say what becomes of it."), field="decisions")
        if not decisions and not conclusion.strip():
            raise InvalidInput("conclusion_required", _("Say what you found."), field="conclusion")
        if decisions:
            _decide(ncr, decisions, date, by)
        ncr.conclusion = conclusion.strip() or ncr.conclusion
        if not sum(_left(ncr).values(), ZERO):
            ncr.transition_to(Status.DISPOSITIONED)
        ncr.save_by(by)
    return ncr


def reopen_nonconformance(
    ncr: Nonconformance, *, reason: str, by: User, date: Date | None = None
) -> Nonconformance:
    """Take every decision back, with its stock and value, and review it anew.

    Raises ``BusinessError`` when what was freed has been used since.
    """
    reason = require_reason(reason)
    date = date or timezone.localdate()
    with unit_of_work():
        ncr = lock(ncr)
        if ncr.status == Status.REVIEW:
            require_status(ncr, Status.DISPOSITIONED, Status.CLOSED)
        ncr.transition_to(Status.REVIEW)
        ncr.save_by(by, reason=reason)
        rows = list(ncr.dispositions.filter(is_reversed=False).order_by("pk"))
        if ncr.quantity:
            lock_items(ncr.company, [ncr.item_id])
        _hold_again(ncr, reason, by)
        moves = list(
            StockMove.objects.select_related("from_location", "to_location", "lot")
            .filter(pk__in=[row.move_id for row in rows if row.move_id])
            .order_by("pk")
        )
        if moves:
            reverse_moves(
                ncr.company,
                moves,
                source=ncr,
                date=date,
                journal=JOURNAL,
                by=by,
                description=f"{ncr.number}: {reason}"[:200],
                purpose=f"reopened {ncr.version}",
                reverses_entry_id=_only_entry(moves),
            )
        for row in rows:
            row.is_reversed = True
        update_all(rows, "is_reversed", by=by, reason=reason)
    return ncr


def _only_entry(moves: Sequence[StockMove]) -> int | None:
    entries = {move.entry_id for move in moves if move.entry_id}
    return entries.pop() if len(entries) == 1 else None


def _hold_again(ncr: Nonconformance, reason: str, by: User) -> None:
    lots = [row.lot for row in ncr.lots.select_related("lot") if row.lot and row.status_before]
    set_status(lots, Lot.Status.REJECTED, authority=ncr, reason=reason, by=by)


def _left(ncr: Nonconformance) -> dict[int, Decimal]:
    left = {row.pk: row.quantity for row in ncr.lots.all()}
    for row in ncr.dispositions.filter(is_reversed=False):
        left[row.nonconforming_lot_id] -= row.quantity
    return left


def _decide(ncr: Nonconformance, decisions: Sequence[Decision], date: Date, by: User) -> None:
    held = {row.pk: row for row in ncr.lots.select_related("lot", "location", "home")}
    chosen = [_checked(ncr, one, held, row) for row, one in enumerate(decisions)]
    left = _left(ncr)
    for row, (one, part) in enumerate(chosen):
        if one.quantity > left[part.pk]:
            raise BusinessError(
                "more_than_left",
                _("{left} are left to decide on, {quantity} were given.").format(
                    left=f"{left[part.pk].normalize():f}", quantity=f"{one.quantity.normalize():f}"
                ),
                field="quantity",
                row=row,
                details={"open": str(left[part.pk])},
            )
        left[part.pk] -= one.quantity
    items = lock_items(ncr.company, [ncr.item_id])
    decided = [part for key, part in held.items() if not left[key]]
    staying = {part.pk for one, part in chosen if one.kind not in Disposition.LEAVING}
    staying |= set(
        ncr.dispositions.filter(is_reversed=False)
        .exclude(kind__in=Disposition.LEAVING)
        .values_list("nonconforming_lot_id", flat=True)
    )
    restore_lots(
        ncr,
        [part for part in decided if part.pk in staying],
        reason=_("Decided by {ncr}").format(ncr=ncr.number),
        by=by,
    )
    moves = _moves(ncr, chosen)
    posted: dict[int, PostedMove] = {}
    if moves:
        posting = post_moves(
            ncr.company,
            list(moves.values()),
            source=ncr,
            date=date,
            journal=JOURNAL,
            by=by,
            description=f"{ncr.number} {ncr.title}"[:200],
            purpose=f"disposition {ncr.version}",
            items=items,
        )
        posted = dict(zip(moves, posting.moves, strict=True))
    now = timezone.now()
    insert_all(
        [
            Disposition(
                company=ncr.company,
                nonconformance=ncr,
                nonconforming_lot=part,
                kind=one.kind,
                quantity=one.quantity,
                reason=one.reason,
                cost_object=one.cost_object,
                note=one.note,
                value=_out_of_stock(posted.get(row)),
                move_id=posted[row].id if row in posted else None,
                decided_at=now,
                decided_by=by,
            )
            for row, (one, part) in enumerate(chosen)
        ],
        by=by,
    )


def _out_of_stock(posted: PostedMove | None) -> Decimal:
    return posted.value if posted is not None and posted.move.is_issue else ZERO


def _checked(
    ncr: Nonconformance, one: Decision, held: dict[int, NonconformingLot], row: int
) -> tuple[Decision, NonconformingLot]:
    require_decimal(one.quantity, field="quantity", row=row)
    require_company(ncr.company, row=row, reason=one.reason, cost_object=one.cost_object)
    if one.kind not in Kind.values:
        raise InvalidInput("unknown_kind", _("There is no such decision."), field="kind", row=row)
    part = one.nonconforming_lot
    if part is None and len(held) == 1:
        part = next(iter(held.values()))
    if part is None or part.pk not in held:
        raise InvalidInput(
            "which_lot", _("Say which of the lots it is."), field="nonconforming_lot", row=row
        )
    if one.kind == Kind.SCRAP and (one.reason is None or one.reason.kind != ReasonCode.Kind.SCRAP):
        raise InvalidInput(
            "reason_required", _("Scrap needs a reason for scrap."), field="reason", row=row
        )
    if one.kind == Kind.RETURN and ncr.partner_id is None:
        raise InvalidInput(
            "no_supplier",
            _("Nobody is named to return it to."),
            field="kind",
            row=row,
        )
    if one.kind == Kind.USE_AS_IS and not one.note.strip():
        raise InvalidInput(
            "note_required", _("Say why it may be used as it is."), field="note", row=row
        )
    if one.cost_object is not None and one.kind != Kind.REWORK:
        raise InvalidInput(
            "not_rework", _("Only rework goes into an order."), field="cost_object", row=row
        )
    return one, held[part.pk]


def _moves(
    ncr: Nonconformance, chosen: Sequence[tuple[Decision, NonconformingLot]]
) -> dict[int, Move]:
    """The move of each decision that has one, by its row."""
    kinds = {_PLACES[Kind(one.kind)] for one, _p in chosen if _leaves(one)}
    places = virtual_locations(ncr.company, kinds) if kinds else {}
    returned = {
        row: one.quantity for row, (one, _p) in enumerate(chosen) if one.kind == Kind.RETURN
    }
    values = return_values(ncr, returned)
    moves = {}
    for row, (one, part) in enumerate(chosen):
        to_location = places[_PLACES[Kind(one.kind)]] if _leaves(one) else part.home
        if to_location is None or to_location.pk == part.location_id:
            continue
        moves[row] = Move(
            item_id=ncr.item_id,
            quantity=one.quantity,
            from_location=part.location,
            to_location=to_location,
            lot=part.lot,
            value=values.get(row),
            reason_id=one.reason.pk if one.reason and one.kind == Kind.SCRAP else None,
            partner_id=ncr.partner_id if one.kind == Kind.RETURN else None,
            cost_object_id=one.cost_object.pk if one.cost_object else None,
            memo=ncr.number,
            is_disposition=True,
        )
    return moves


def _leaves(one: Decision) -> bool:
    return one.kind in Disposition.LEAVING or one.cost_object is not None


def cost_of(ncr: Nonconformance) -> Decimal:
    """What it has cost so far: scrap, in company currency."""
    rows: Any = ncr.dispositions.filter(is_reversed=False, kind=Kind.SCRAP)
    return sum((row.value for row in rows), ZERO)
