"""Classes and books: the accounts that the register of assets is kept on."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import User
from apps.core.services.documents import lock
from apps.core.services.master_data import create_row, update_row
from apps.core.transactions import unit_of_work
from apps.finance.models import Account, AssetClass, AssetClassBook, AssetMovement, DepreciationBook
from apps.finance.services.asset_terms import check_terms

REGISTERED = ("asset_account", "depreciation_account")
RESULT = ("expense_account", "gain_account", "loss_account")


def create_class(*, by: User, reason: str = "", **values: Any) -> AssetClass:
    """A new class. Raises ``InvalidInput`` for an account that can't play its part."""
    with unit_of_work():
        check_classes([AssetClass(**values)])
        return create_row(AssetClass, values=values, by=by, reason=reason)


def update_class(
    row: AssetClass, *, by: User, version: int | None = None, reason: str = "", **values: Any
) -> AssetClass:
    """Change a class; the accounts that its assets are kept on stay once something is."""
    with unit_of_work():
        wanted = lock(row, version=version)
        for name, value in values.items():
            setattr(wanted, name, value)
        check_classes([wanted])
        return update_row(row, values=values, by=by, reason=reason)


def check_classes(rows: list[AssetClass]) -> None:
    """Raise naming the row: what the register keeps are control accounts, results are not."""
    used = AssetMovement.objects.filter(asset__asset_class__in=[r.pk for r in rows if r.pk])
    stored = {
        row.pk: row
        for row in AssetClass.objects.filter(
            pk__in=set(used.values_list("asset__asset_class_id", flat=True))
        )
    }
    for place, row in enumerate(rows):
        for field in REGISTERED:
            if getattr(row, field).control != Account.Control.FIXED_ASSET:
                raise InvalidInput(
                    "not_an_asset_account",
                    _("{account} is not a control account for fixed assets.").format(
                        account=getattr(row, field)
                    ),
                    field=field,
                    row=place,
                )
            kept = stored.get(row.pk)
            if kept and getattr(kept, f"{field}_id") != getattr(row, f"{field}_id"):
                raise BusinessError(
                    "has_movements",
                    _("Assets of this class are kept on it; it stays."),
                    field=field,
                    row=place,
                )
        for field in RESULT:
            account = getattr(row, field)
            if account.kind not in (Account.Kind.INCOME, Account.Kind.EXPENSE):
                raise InvalidInput(
                    "not_a_result_account",
                    _("{account} is not an account of income or expense.").format(account=account),
                    field=field,
                    row=place,
                )


def update_book(
    row: DepreciationBook, *, by: User, version: int | None = None, reason: str = "", **values: Any
) -> DepreciationBook:
    """Change a book; whether it posts to the ledger stays once something moved in it."""
    with unit_of_work():
        wanted = lock(row, version=version)
        for name, value in values.items():
            setattr(wanted, name, value)
        check_books([wanted])
        return update_row(row, values=values, by=by, reason=reason)


def check_books(rows: list[DepreciationBook]) -> None:
    """Raise ``BusinessError`` naming the row: a book that has moved stays where it posts."""
    keys = [row.pk for row in rows if row.pk]
    moved = set(
        AssetMovement.objects.filter(book__in=keys).values_list("book_id", flat=True).distinct()
    )
    stored = DepreciationBook.objects.in_bulk(moved)
    for place, row in enumerate(rows):
        if row.pk in stored and stored[row.pk].posts_to_ledger != row.posts_to_ledger:
            raise BusinessError(
                "has_movements",
                _("Assets have moved in this book; it stays what it is."),
                field="posts_to_ledger",
                row=place,
            )


def create_class_book(*, by: User, reason: str = "", **values: Any) -> AssetClassBook:
    """What assets of a class get in a book. Raises ``InvalidInput`` for terms that can't be."""
    check_terms(AssetClassBook(**values))
    return create_row(AssetClassBook, values=values, by=by, reason=reason)


def update_class_book(
    row: AssetClassBook, *, by: User, version: int | None = None, reason: str = "", **values: Any
) -> AssetClassBook:
    """Change what new assets of the class get; those there are keep their terms."""
    with unit_of_work():
        changed = update_row(row, values=values, by=by, version=version, reason=reason)
        check_terms(changed)
        return changed
