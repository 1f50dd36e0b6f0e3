"""Assets leave, in whole or in part, and what happened by mistake is taken back."""

from __future__ import annotations

from datetime import date as Date
from decimal import Decimal

from django.contrib.contenttypes.models import ContentType
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import User
from apps.core.money import ZERO, require_decimal, round_money
from apps.core.services.documents import lock, require_company, require_reason, update_all
from apps.core.sql import insert_rows
from apps.core.transactions import unit_of_work
from apps.finance.models import (
    Account,
    AssetMovement,
    FixedAsset,
    Invoice,
    InvoiceLine,
    PostingRole,
)
from apps.finance.queries.assets import Standing
from apps.finance.queries.posting_rules import AccountResolver
from apps.finance.services.asset_events import (
    Kind,
    Move,
    after,
    catch_up,
    depreciation_lines,
    ledger_standing,
    line_of,
    lock_asset,
    require_active,
    write_event,
)
from apps.finance.services.assets import require_amount
from apps.finance.services.journal import Line, reverse_entry

Status = FixedAsset.Status


def dispose_asset(
    asset: FixedAsset,
    *,
    date: Date,
    reason: str,
    by: User,
    proceeds: Decimal = ZERO,
    cost: Decimal | None = None,
    account: Account | None = None,
    version: int | None = None,
) -> FixedAsset:
    """Sell or scrap the asset, or the part of it that had ``cost`` in the ledger's book.

    It is depreciated up to the day by the convention of each book; the gain is ``proceeds`` less
    what is carried then. Proceeds are debited to ``account``, or to the account that a customer's
    invoice for it credits (role ``asset_sale``). What is left of the revaluation surplus goes to
    retained earnings (IAS 16.41). A part goes by its share of the cost in every book.
    """
    require_reason(reason)
    with unit_of_work():
        current, found = lock_asset(asset, at=date, version=version)
        require_active(current)
        require_company(current.company, account=account)
        places = current.company.currency.decimal_places
        require_decimal(proceeds, field="proceeds", decimal_places=places, positive=False)
        if proceeds < 0:
            raise InvalidInput("negative", _("Proceeds are not below zero."), field="proceeds")
        ledger = ledger_standing(found)
        share = _share(cost, ledger.cost, places)
        is_whole = share == 1
        if is_whole:
            _require_no_components(current)
        moves = catch_up(found, is_leaving=is_whole)
        lines = [
            line for m in moves if m.standing.posts_to_ledger for line in depreciation_lines(m)
        ]
        for standing in found:
            leaving = _leaving(
                standing, *after(standing, moves), share=share, proceeds=proceeds, places=places
            )
            moves.append(leaving)
            if standing.posts_to_ledger:
                lines += _leaving_lines(leaving, account, AccountResolver(current.company))
        if is_whole:
            current.transition_to(Status.DISPOSED)
            current.disposed_on = date
        else:
            _shrink_residuals(current, share, places, by)
        return write_event(
            current, moves, date=date, kind=Kind.DISPOSAL, lines=lines, by=by,
            description=str(Kind.DISPOSAL.label), reason=reason,
        )  # fmt: skip


def _share(cost: Decimal | None, whole: Decimal, places: int) -> Decimal:
    if cost is None:
        return Decimal(1)
    require_amount(cost, field="cost", places=places)
    if cost > whole:
        raise InvalidInput(
            "more_than_its_cost",
            _("Its cost is {cost} in all.").format(cost=whole),
            field="cost",
        )
    return cost / whole


def _require_no_components(asset: FixedAsset) -> None:
    left = asset.components.exclude(status__in=(Status.DISPOSED, Status.CANCELLED)).first()
    if left is not None:
        raise BusinessError(
            "has_components",
            _("{component} is a component of it and still there.").format(component=left),
            field="asset",
        )


def _shrink_residuals(asset: FixedAsset, share: Decimal, places: int, by: User) -> None:
    """A part takes its share of the residual along."""
    rows = [row for row in asset.books.order_by("pk") if row.residual]
    for row in rows:
        whole = row.residual or ZERO
        row.residual = whole - round_money(whole * share, places)
    update_all(rows, "residual", by=by)


def _restore_residuals(asset: FixedAsset, by: User) -> None:
    """What a part had taken along: what stood there before the last change."""
    rows = [row for row in asset.books.order_by("pk") if row.residual]
    for row in rows:
        row.residual = row.history.order_by("-history_id")[1].residual
    update_all(rows, "residual", by=by)


def _leaving(
    standing: Standing,
    cost: Decimal,
    depreciation: Decimal,
    *,
    share: Decimal,
    proceeds: Decimal,
    places: int,
) -> Move:
    """The share that leaves a book, with the gain or the loss it leaves behind."""

    def part(amount: Decimal) -> Decimal:
        return amount if share == 1 else round_money(amount * share, places)

    gone, worn, surplus = part(cost), part(depreciation), part(standing.surplus)
    return Move(
        standing,
        Kind.DISPOSAL,
        cost=-gone,
        depreciation=-worn,
        surplus=-surplus,
        result=proceeds - (gone - worn),
        proceeds=proceeds,
    )


def _leaving_lines(move: Move, account: Account | None, accounts: AccountResolver) -> list[Line]:
    standing = move.standing
    if account is not None and not account.takes_manual_lines:
        raise BusinessError(
            "control_account",
            _("{account} is kept by its own documents and takes no manual line.").format(
                account=account
            ),
            field="account",
        )
    result = standing.gain_account_id if move.result > 0 else standing.loss_account_id
    parts = [
        (standing.depreciation_account_id, -move.depreciation),
        (standing.asset_account_id, move.cost),
        (result, -move.result),
    ]
    if move.proceeds:
        sale = account.pk if account else accounts.account_id(PostingRole.ASSET_SALE)
        parts.append((sale, move.proceeds))
    if move.surplus:
        parts += [
            (accounts.account_id(PostingRole.ASSET_SURPLUS), -move.surplus),
            (accounts.account_id(PostingRole.RETAINED_EARNINGS), move.surplus),
        ]
    return [line_of(standing, account_id, amount) for account_id, amount in parts if amount]


def reverse_last_event(
    asset: FixedAsset, *, date: Date, reason: str, by: User, version: int | None = None
) -> FixedAsset:
    """Take back what happened to the asset last: its movements in every book, and its entry.

    Depreciation of a run is reversed with the run. Raises ``BusinessError`` when there is nothing
    to take back, or a run has come since.
    """
    require_reason(reason)
    with unit_of_work():
        current = lock(asset, version=version, related=("company__currency",))
        rows = _last_event(current)
        _require_no_credit(rows)
        if date < rows[0].date:
            raise InvalidInput(
                "before_event",
                _("It happened on {date} only.").format(date=rows[0].date),
                field="date",
            )
        return _undo(current, rows, date=date, reason=reason, by=by)


def undo_event(asset: FixedAsset, event: int, *, date: Date, reason: str, by: User) -> bool:
    """Take ``event`` back if it was the asset's last, and not after ``date``; whether it was."""
    current = lock(asset, related=("company__currency",))
    live = AssetMovement.objects.filter(asset=current, reverses=None, reversals=None)
    rows = list(live.filter(event=event).select_related("entry").order_by("id"))
    if not rows or live.filter(id__gt=rows[-1].pk).exists() or date < rows[0].date:
        return False
    _undo(current, rows, date=date, reason=reason, by=by)
    return True


def _undo(
    current: FixedAsset, rows: list[AssetMovement], *, date: Date, reason: str, by: User
) -> FixedAsset:
    event = current.version
    entry = next((row.entry for row in rows if row.entry_id), None)
    entry_id = None
    if entry is not None:
        entry_id = reverse_entry(
            entry, date=date, by=by, source=current, purpose=f"reversal-{event}", reason=reason
        )
    mirror_movements(rows, date=date, event=event, entry_id=entry_id, by=by)
    if rows[-1].kind == Kind.DISPOSAL and current.status != Status.DISPOSED:
        _restore_residuals(current, by)
    _put_back(current, rows)
    return current.save_by(by, reason=reason)


def _require_no_credit(rows: list[AssetMovement]) -> None:
    """What followed a credit note goes back with the note only."""
    line_type = ContentType.objects.get_for_model(InvoiceLine)
    line = rows[-1].source if rows[-1].source_type_id == line_type.pk else None
    if line is not None and line.invoice.kind == Invoice.Kind.BILL_CREDIT:
        raise BusinessError(
            "follows_credit_note",
            _("It follows {note}. Reverse that instead.").format(note=line.invoice),
            field="asset",
        )


def _last_event(asset: FixedAsset) -> list[AssetMovement]:
    live = AssetMovement.objects.filter(asset=asset, reverses=None, reversals=None)
    last = live.order_by("-id").first()
    if last is None:
        raise BusinessError("nothing_to_reverse", _("Nothing has happened to it."), field="asset")
    if last.event == 0:
        raise BusinessError(
            "depreciated_since",
            _("A depreciation run has come since; reverse that first."),
            field="asset",
        )
    if last.kind == Kind.ESTIMATE:
        raise BusinessError(
            "estimate_stays", _("Change the estimate again instead."), field="asset"
        )
    return list(live.filter(event=last.event).select_related("entry").order_by("id"))


def _put_back(asset: FixedAsset, rows: list[AssetMovement]) -> None:
    """The status that the asset had before ``rows``."""
    kinds = {row.kind for row in rows}
    left = AssetMovement.objects.filter(asset=asset, reverses=None, reversals=None)
    if Kind.OPENING in kinds or (Kind.ACQUISITION in kinds and not left.exists()):
        if asset.status != Status.ORDERED:
            asset.transition_to(Status.ORDERED)
        asset.acquired_on = asset.in_service_on = None
        return
    impaired = left.filter(kind=Kind.IMPAIRMENT).exists()
    wanted = Status.IMPAIRED if impaired else Status.IN_USE
    if asset.status == Status.ORDERED or (
        asset.status == Status.DISPOSED and Kind.DISPOSAL not in kinds
    ):
        return
    asset.disposed_on = None
    if asset.status != wanted:
        asset.transition_to(wanted)


def mirror_movements(
    rows: list[AssetMovement], *, date: Date, event: int, entry_id: int | None, by: User
) -> None:
    """The opposite of ``rows``, linked to them, with the sources they had."""
    now = timezone.now()
    amounts = ("cost", "depreciation", "surplus", "result", "proceeds")
    kept = ("company_id", "source_type_id", "source_id", "asset_id", "asset_book_id", "book_id",
            "kind")  # fmt: skip
    insert_rows(
        AssetMovement,
        [
            {
                **{name: getattr(row, name) for name in kept},
                **{name: -getattr(row, name) for name in amounts},
                "created_at": now,
                "created_by_id": by.pk,
                "event": event,
                "date": date,
                "entry_id": entry_id if row.entry_id else None,
                "reverses_id": row.pk,
            }
            for row in rows
        ],
    )
