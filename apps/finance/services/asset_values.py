"""Revaluation, impairment and new estimates: what an asset is carried at, and for how long."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date as Date
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.models import User
from apps.core.money import ZERO, require_decimal
from apps.core.services.documents import require_company, require_reason
from apps.core.transactions import unit_of_work
from apps.finance.models import DepreciationBook, FixedAsset, PostingRole
from apps.finance.queries.assets import Standing
from apps.finance.queries.posting_rules import AccountResolver
from apps.finance.services.asset_events import (
    Kind,
    Move,
    after,
    catch_up,
    depreciation_lines,
    line_of,
    lock_asset,
    require_active,
    write_event,
)
from apps.finance.services.asset_terms import check_terms
from apps.finance.services.journal import Line

Status = FixedAsset.Status


def revalue_asset(
    asset: FixedAsset,
    *,
    date: Date,
    value: Decimal,
    reason: str,
    by: User,
    book: DepreciationBook | None = None,
    version: int | None = None,
) -> FixedAsset:
    """Carry the asset at ``value`` from ``date`` on, in the ledger's book or in ``book``.

    Accumulated depreciation is eliminated against cost. A rise goes to profit as far as it makes
    up for earlier losses, else to the revaluation surplus; a fall uses up the asset's surplus
    before it is a loss (IAS 16.39 and 40).
    """
    return _restate(
        asset, Kind.REVALUATION, date=date, value=value, reason=reason, by=by, book=book,
        version=version,
    )  # fmt: skip


def impair_asset(
    asset: FixedAsset,
    *,
    date: Date,
    value: Decimal,
    reason: str,
    by: User,
    book: DepreciationBook | None = None,
    version: int | None = None,
) -> FixedAsset:
    """Write the asset down to what can be recovered, ``value``; cost stays, the loss accumulates.

    Raises ``InvalidInput`` when ``value`` is not below what is carried on ``date``.
    """
    return _restate(
        asset, Kind.IMPAIRMENT, date=date, value=value, reason=reason, by=by, book=book,
        version=version,
    )  # fmt: skip


def _restate(
    asset: FixedAsset,
    kind: Kind,
    *,
    date: Date,
    value: Decimal,
    reason: str,
    by: User,
    book: DepreciationBook | None,
    version: int | None,
) -> FixedAsset:
    require_reason(reason)
    with unit_of_work():
        current, found = lock_asset(asset, at=date, version=version)
        require_active(current)
        places = current.company.currency.decimal_places
        if require_decimal(value, field="value", decimal_places=places, positive=False) < 0:
            raise InvalidInput("negative", _("A value is not below zero."), field="value")
        standing = _standing_in(current, found, book)
        moves = catch_up([standing])
        cost, depreciation = after(standing, moves)
        change = value - (cost - depreciation)
        if kind == Kind.IMPAIRMENT and change >= 0:
            raise InvalidInput(
                "not_impaired",
                _("It is carried at {amount}; an impairment goes below that.").format(
                    amount=cost - depreciation
                ),
                field="value",
            )
        if value < (standing.residual or ZERO):
            raise InvalidInput(
                "below_residual",
                _("The residual is {residual}; change it first.").format(
                    residual=standing.residual
                ),
                field="value",
            )
        if not change:
            raise InvalidInput("no_change", _("It is carried at that already."), field="value")
        move = _restated(standing, kind, change, cost, depreciation, value)
        lines = []
        if standing.posts_to_ledger:
            lines = [line for own in moves for line in depreciation_lines(own)]
            lines += _restating_lines(move, AccountResolver(current.company))
        if kind == Kind.IMPAIRMENT and current.status != Status.IMPAIRED:
            current.transition_to(Status.IMPAIRED)
        return write_event(
            current, [*moves, move], date=date, kind=kind, lines=lines, by=by,
            description=str(kind.label), reason=reason,
        )  # fmt: skip


def _restated(
    standing: Standing,
    kind: Kind,
    change: Decimal,
    cost: Decimal,
    depreciation: Decimal,
    value: Decimal,
) -> Move:
    """How ``change`` divides between the surplus and the result."""
    if change > 0:
        result = min(change, max(-standing.result, ZERO))
    else:
        result = min(change + standing.surplus, ZERO)
    shares = {"surplus": change - result, "result": result}
    if kind == Kind.IMPAIRMENT:
        return Move(standing, kind, depreciation=-change, **shares)
    return Move(standing, kind, cost=value - cost, depreciation=-depreciation, **shares)


def _restating_lines(move: Move, accounts: AccountResolver) -> list[Line]:
    standing = move.standing
    parts = [
        (standing.asset_account_id, move.cost),
        (standing.depreciation_account_id, -move.depreciation),
    ]
    if move.surplus:
        parts.append((accounts.account_id(PostingRole.ASSET_SURPLUS), -move.surplus))
    if move.result:
        parts.append((accounts.account_id(PostingRole.ASSET_IMPAIRMENT), -move.result))
    return [line_of(standing, account_id, amount) for account_id, amount in parts if amount]


def _standing_in(
    asset: FixedAsset, found: list[Standing], book: DepreciationBook | None
) -> Standing:
    require_company(asset.company, book=book)
    for standing in found:
        if standing.posts_to_ledger if book is None else standing.book_id == book.pk:
            return standing
    raise InvalidInput("not_in_book", _("The asset is not in this book."), field="book")


def change_estimate(
    asset: FixedAsset,
    *,
    date: Date,
    reason: str,
    by: User,
    book: DepreciationBook | None = None,
    life_months: int | None = None,
    residual: Decimal | None = None,
    units_total: Decimal | None = None,
    method: str | None = None,
    version: int | None = None,
) -> FixedAsset:
    """Another life, residual or method from ``date`` on; what was charged stays (IAS 8.36).

    ``life_months`` counts from the day it entered service. Raises ``InvalidInput`` for a life that
    is over before ``date`` or a residual above what is carried.
    """
    require_reason(reason)
    given = {
        "life_months": life_months,
        "residual": residual,
        "units_total": units_total,
        "method": method,
    }
    values = {name: value for name, value in given.items() if value is not None}
    if not values:
        raise InvalidInput("no_change", _("Say what changes."), field="life_months")
    with unit_of_work():
        current, found = lock_asset(asset, at=date, version=version)
        require_active(current)
        standing = _standing_in(current, found, book)
        moves = catch_up([standing])
        cost, depreciation = after(standing, moves)
        row = current.books.get(pk=standing.id)
        for name, value in values.items():
            setattr(row, name, value)
        check_terms(row, cost=cost)
        _check_estimate(standing, row.residual, cost - depreciation, values)
        row.save_by(by, reason=reason)
        lines = [
            line for m in moves if m.standing.posts_to_ledger for line in depreciation_lines(m)
        ]
        return write_event(
            current, [*moves, Move(standing, Kind.ESTIMATE)], date=date, kind=Kind.ESTIMATE,
            lines=lines, by=by, description=str(Kind.ESTIMATE.label), reason=reason,
        )  # fmt: skip


def _check_estimate(
    standing: Standing, residual: Decimal | None, carrying: Decimal, values: Mapping[str, object]
) -> None:
    if (residual or ZERO) > carrying:
        raise InvalidInput(
            "residual_above_carrying",
            _("The residual is above what is carried, {amount}.").format(amount=carrying),
            field="residual",
        )
    life = values.get("life_months")
    if isinstance(life, int):
        in_service = standing.in_service_on or standing.at
        months = (standing.at.year - in_service.year) * 12 + standing.at.month - in_service.month
        if life <= months:
            raise InvalidInput(
                "life_is_over",
                _("It has been in service for {months} months.").format(months=months),
                field="life_months",
            )
