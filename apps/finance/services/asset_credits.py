"""Credit notes over bills whose cost assets bear: the assets bear less (ADR 0039).

Cost goes down by the asset's share as a later addition below zero, in every book, and depreciation
goes on from what is carried then. What an asset can't bear, because it is depreciated already or
gone, is a gain.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal
from operator import attrgetter
from typing import cast

from django.contrib.contenttypes.models import ContentType
from django.utils.translation import gettext as _

from apps.core.models import User
from apps.core.money import ZERO
from apps.finance.models import AssetMovement, FixedAsset, Invoice, InvoiceLine
from apps.finance.queries.assets import Standing, borne_by_assets, standings
from apps.finance.services.asset_disposals import undo_event
from apps.finance.services.asset_events import (
    Kind,
    Move,
    after,
    catch_up,
    depreciation_lines,
    ledger_standing,
    line_of,
    lock_asset,
    write_event,
)
from apps.finance.services.credit_shares import CreditShare, credit_shares
from apps.finance.services.journal import Line

Status = FixedAsset.Status


@dataclass(frozen=True, slots=True)
class Credited:
    """An asset, and what a credit note takes back of its cost, in company currency."""

    asset: FixedAsset
    share: CreditShare
    amount: Decimal


def lock_credited(note: Invoice, lines: Sequence[InvoiceLine]) -> list[Credited]:
    """The assets whose cost ``note`` takes back, locked: no number is taken yet."""
    if note.kind != Invoice.Kind.BILL_CREDIT:
        return []
    shares = credit_shares(note, lines)
    borne = borne_by_assets(list(shares))
    assets = _locked(one.asset_id for one in borne)
    places = note.company.currency.decimal_places
    return [
        Credited(
            assets[one.asset_id],
            shares[one.line_id],
            shares[one.line_id].of_rest(one.amount, places),
        )
        for one in borne
    ]


def credit_assets(note: Invoice, credited: Iterable[Credited], *, by: User) -> None:
    """Take the share of each asset off its cost, with an entry of its own.

    An asset that has moved since the note's day bears less from the day of its last movement on.
    """
    for one in credited:
        if one.amount:
            _credit(note, one, by)


def lock_restored(note: Invoice) -> list[AssetMovement]:
    """What ``note`` took off assets and is not given back yet, the assets locked."""
    if note.kind != Invoice.Kind.BILL_CREDIT:
        return []
    line_type = ContentType.objects.get_for_model(InvoiceLine)
    rows = AssetMovement.objects.filter(
        source_type=line_type, source_id__in=list(note.lines.values_list("pk", flat=True)),
        kind__in=(Kind.ACQUISITION, Kind.ADDITION), reverses=None, reversals=None,
    )  # fmt: skip
    found = list(rows.select_related("entry").order_by("asset_id", "id"))
    _locked(row.asset_id for row in found)
    return found


def restore_assets(
    note: Invoice, rows: Sequence[AssetMovement], *, date: Date, reason: str, by: User
) -> None:
    """Assets bear again what ``note``, now reversed, took off them."""
    by_event: dict[tuple[int, int], list[AssetMovement]] = {}
    for row in rows:
        by_event.setdefault((row.asset_id, row.event), []).append(row)
    for (asset_id, event), own in by_event.items():
        asset = FixedAsset.objects.get(pk=asset_id)
        if not undo_event(asset, event, date=date, reason=reason, by=by):
            _give_back(note, asset, own, date=date, reason=reason, by=by)


def _locked(asset_ids: Iterable[int]) -> dict[int, FixedAsset]:
    rows = FixedAsset.objects.select_for_update(of=("self",)).filter(pk__in=set(asset_ids))
    return {row.pk: row for row in rows.order_by("pk")}


def _credit(note: Invoice, one: Credited, by: User) -> None:
    asset, found = _standing_on(one.asset, note.date)
    moves, lines = _caught_up(asset, found)
    kind = Kind.ACQUISITION if asset.status == Status.ORDERED else Kind.ADDITION
    for standing in found:
        cost, depreciation = after(standing, moves)
        room = cost - depreciation - (standing.residual or ZERO)
        borne = ZERO if asset.status == Status.DISPOSED else min(one.amount, max(room, ZERO))
        moves.append(Move(standing, kind, cost=-borne, result=one.amount - borne))
    _write(note, asset, moves, lines, one.share.line, by=by)


def _give_back(
    note: Invoice,
    asset: FixedAsset,
    rows: Sequence[AssetMovement],
    *,
    date: Date,
    reason: str,
    by: User,
) -> None:
    """Something has happened to the asset since: the cost comes back as a later addition."""
    current, found = _standing_on(asset, date)
    moves, lines = _caught_up(current, found)
    is_gone = current.status == Status.DISPOSED
    taken = {row.asset_book_id: row for row in rows}
    kind = Kind.ACQUISITION if current.status == Status.ORDERED else Kind.ADDITION
    for standing in found:
        if (row := taken.get(standing.id)) is None:
            continue
        cost = ZERO if is_gone else -row.cost
        moves.append(Move(standing, kind, cost=cost, result=row.cost - row.result + cost))
    credited = cast(InvoiceLine, rows[0].source)
    _write(note, current, moves, lines, credited, by=by, reason=reason)


def _standing_on(asset: FixedAsset, date: Date) -> tuple[FixedAsset, list[Standing]]:
    known = standings(asset.company, at=date, asset_ids=[asset.pk])
    last = max((row.last_date for row in known if row.last_date), default=date)
    return lock_asset(asset, at=max(date, last))


def _caught_up(asset: FixedAsset, found: Sequence[Standing]) -> tuple[list[Move], list[Line]]:
    moves = catch_up(found) if asset.status in FixedAsset.ACTIVE else []
    posting = [move for move in moves if move.standing.posts_to_ledger]
    return moves, [line for move in posting for line in depreciation_lines(move)]


def _write(
    note: Invoice,
    asset: FixedAsset,
    moves: Sequence[Move],
    lines: Sequence[Line],
    credited: InvoiceLine,
    *,
    by: User,
    reason: str = "",
) -> None:
    ledger = ledger_standing(map(attrgetter("standing"), moves))
    [change] = [
        move for move in moves if move.standing.id == ledger.id and move.kind != Kind.DEPRECIATION
    ]
    gain = ledger.gain_account_id if change.result > 0 else ledger.loss_account_id
    account_id = credited.account_id or 0
    own = [
        line_of(ledger, ledger.asset_account_id, change.cost),
        line_of(ledger, gain, -change.result),
        Line(
            account_id=account_id,
            amount=change.result - change.cost,
            memo=asset.name,
            site_id=asset.site_id,
            cost_object_id=credited.cost_object_id,
        ),
    ]
    write_event(
        asset,
        moves,
        date=ledger.at,
        kind=change.kind,
        lines=[*lines, *own],
        by=by,
        description=_("Credited by {note}").format(note=note.number),
        source=credited,
        reason=reason,
    )
