"""A company's first books of depreciation and asset classes, from its chart's file."""

from __future__ import annotations

from collections.abc import Mapping
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
    books = insert_all(
        [
            DepreciationBook(company=company, code=code, name=name, posts_to_ledger=posts)
            for code, name, posts in content["depreciation_books"]
        ],
        by=by,
    )
    ledger = next(book for book in books if book.posts_to_ledger)
    results = {name: accounts[code] for name, code in content["asset_results"].items()}
    rows = content["asset_classes"]
    classes = [
        AssetClass(
            company=company,
            code=code,
            name=name,
            asset_account=accounts[asset],
            depreciation_account=accounts[depreciation],
            **results,
        )
        for code, name, asset, depreciation, *_terms in rows
    ]
    check_classes(classes)
    insert_all(
        [
            AssetClassBook(
                company=company,
                asset_class=made,
                book=ledger,
                method=method,
                convention=convention,
                life_months=life or None,
                residual_percent=Decimal(residual),
            )
            for made, (*_names, method, convention, life, residual) in zip(
                insert_all(classes, by=by), rows, strict=True
            )
        ],
        by=by,
    )
