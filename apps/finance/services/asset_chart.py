"""A company's first books of depreciation and asset classes, from its chart's file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from apps.core.models import Company, User
from apps.core.services.documents import insert_all
from apps.finance.models import Account, AssetClass, AssetClassBook, DepreciationBook
from apps.finance.services.asset_classes import check_classes


def load_asset_classes(
    company: Company, content: Mapping[str, Any], accounts: Mapping[str, Account], *, by: User
) -> None:
    """Write what the chart says of assets: three statements. A chart may say nothing."""
    if not content.get("depreciation_books"):
        return
    books = write_depreciation_books(company, content["depreciation_books"], by)
    ledger = next(book for book in books if book.posts_to_ledger)
    rows, results = content["asset_classes"], content["asset_results"]
    write_classes(company, rows, results, ledger, accounts, by=by)


def write_depreciation_books(
    company: Company, rows: Sequence[list[Any]], by: User
) -> list[DepreciationBook]:
    return insert_all(
        [
            DepreciationBook(company=company, code=code, name=name, posts_to_ledger=posts)
            for code, name, posts in rows
        ],
        by=by,
    )


def write_classes(
    company: Company,
    rows: Sequence[list[Any]],
    results: Mapping[str, str],
    ledger: DepreciationBook,
    accounts: Mapping[str, Account],
    *,
    by: User,
) -> list[AssetClass]:
    """Classes with their terms in the ``ledger``'s book; ``results``: codes of result accounts."""
    result_accounts = {name: accounts[code] for name, code in results.items()} if rows else {}
    classes = [
        AssetClass(
            company=company,
            code=code,
            name=name,
            asset_account=accounts[asset],
            depreciation_account=accounts[depreciation],
            **result_accounts,
        )
        for code, name, asset, depreciation, *_terms in rows
    ]
    check_classes(classes)
    made = insert_all(classes, by=by)
    insert_all(
        [
            AssetClassBook(
                company=company,
                asset_class=one,
                book=ledger,
                method=method,
                convention=convention,
                life_months=life or None,
                residual_percent=Decimal(residual),
            )
            for one, (*_names, method, convention, life, residual) in zip(made, rows, strict=True)
        ],
        by=by,
    )
    return made
