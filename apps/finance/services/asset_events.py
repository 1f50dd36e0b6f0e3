"""What happens to an asset, written at once: its movements in every book, and one entry."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import User
from apps.core.money import ZERO
from apps.core.services.documents import lock
from apps.core.sql import insert_rows
from apps.finance.models import AssetMovement, FixedAsset
from apps.finance.queries.assets import Standing, standings
from apps.finance.services.journal import Entry, Line, post_entry

JOURNAL = "GEN"
Kind = AssetMovement.Kind


@dataclass(frozen=True, slots=True)
class Move:
    """One change of an asset in one book, to be written."""

    standing: Standing
    kind: str
    cost: Decimal = ZERO
    depreciation: Decimal = ZERO
    surplus: Decimal = ZERO
    result: Decimal = ZERO
    proceeds: Decimal = ZERO


def lock_asset(
    asset: FixedAsset, *, at: Date, version: int | None = None
) -> tuple[FixedAsset, list[Standing]]:
    """The asset, locked, and how it stands in its books on ``at``.

    Raises ``BusinessError`` when something has happened to it after ``at``.
    """
    current = lock(asset, version=version, related=("company__currency", "asset_class"))
    found = standings(current.company, at=at, asset_ids=[current.pk])
    for standing in found:
        if standing.last_date and standing.last_date > at:
            raise BusinessError(
                "later_movement",
                _("{asset} has moved on {date}, after this day.").format(
                    asset=current, date=standing.last_date
                ),
                field="date",
            )
    return current, found


def require_active(asset: FixedAsset) -> None:
    """Raise ``BusinessError`` unless the asset is in use."""
    if asset.status not in FixedAsset.ACTIVE:
        raise BusinessError(
            "not_in_use",
            _("{asset} is {status}.").format(asset=asset, status=asset.get_status_display()),
            field="asset",
        )


def catch_up(found: Iterable[Standing], *, is_leaving: bool = False) -> list[Move]:
    """Depreciation that is due in each book."""
    dues = [(standing, standing.due(is_leaving=is_leaving)) for standing in found]
    return [Move(s, Kind.DEPRECIATION, depreciation=due) for s, due in dues if due]


def depreciation_lines(move: Move) -> list[Line]:
    """Expense against accumulated depreciation."""
    standing = move.standing
    return [
        line_of(standing, standing.expense_account_id, move.depreciation),
        line_of(standing, standing.depreciation_account_id, -move.depreciation),
    ]


def line_of(standing: Standing, account_id: int, amount: Decimal) -> Line:
    return Line(
        account_id=account_id,
        amount=amount,
        memo=f"{standing.number} {standing.name}",
        site_id=standing.site_id,
        cost_object_id=standing.cost_object_id,
    )


def after(standing: Standing, moves: Iterable[Move]) -> tuple[Decimal, Decimal]:
    """Cost and accumulated depreciation once ``moves`` are written."""
    own = [move for move in moves if move.standing.id == standing.id]
    return (
        standing.cost + sum((move.cost for move in own), ZERO),
        standing.depreciation + sum((move.depreciation for move in own), ZERO),
    )


def write_event(
    asset: FixedAsset,
    moves: Sequence[Move],
    *,
    date: Date,
    kind: str,
    lines: Sequence[Line],
    by: User,
    description: str,
    source: Any = None,
    reason: str = "",
) -> FixedAsset:
    """Post ``lines`` and write ``moves``, then the asset itself with its next version."""
    event = asset.version
    entry_id = None
    wanted = [line for line in lines if line.amount]
    if wanted:
        entry = Entry(
            journal=JOURNAL,
            date=date,
            source=asset,
            purpose=f"{kind}-{event}",
            description=f"{description}: {asset}",
            lines=wanted,
        )
        entry_id = post_entry(asset.company, entry, by=by)
    insert_movements(asset.company_id, moves, date, event, entry_id, source or asset, by)
    return asset.save_by(by, reason=reason)


def insert_movements(
    company_id: int,
    moves: Sequence[Move],
    date: Date,
    event: int,
    entry_id: int | None,
    source: Any,
    by: User,
) -> None:
    """Rows of the register; only what the ledger's book says has an entry."""
    kind = ContentType.objects.get_for_model(source)
    now = timezone.now()
    insert_rows(
        AssetMovement,
        [
            {
                "company_id": company_id,
                "source_type_id": kind.pk,
                "source_id": source.pk,
                "created_at": now,
                "created_by_id": by.pk,
                "asset_id": move.standing.asset_id,
                "asset_book_id": move.standing.id,
                "book_id": move.standing.book_id,
                "kind": str(move.kind),
                "event": event,
                "date": date,
                "cost": move.cost,
                "depreciation": move.depreciation,
                "surplus": move.surplus,
                "result": move.result,
                "proceeds": move.proceeds,
                "entry_id": entry_id if move.standing.posts_to_ledger else None,
                "reverses_id": None,
            }
            for move in moves
        ],
    )


def ledger_standing(found: Iterable[Standing]) -> Standing:
    """The asset in the book that posts. Raises ``InvalidInput`` when it is in none."""
    for standing in found:
        if standing.posts_to_ledger:
            return standing
    raise InvalidInput(
        "no_ledger_book", _("The asset is not in the book that posts."), field="books"
    )
