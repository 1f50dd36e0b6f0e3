"""Fixed assets for tests: registered, capitalised and in service in one line."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from apps.finance.models import (
    AssetClass,
    DepreciationBook,
    DepreciationRun,
    FixedAsset,
    Period,
)
from apps.finance.queries.assets import Standing, standings
from apps.finance.services.asset_costs import capitalise_asset
from apps.finance.services.assets import BookTerms, put_asset_in_service, register_asset
from apps.finance.services.depreciation_runs import post_depreciation
from tests.factories import Books

START = date(2026, 1, 1)


def book_of(books: Books, code: str = "BOOKS") -> DepreciationBook:
    return DepreciationBook.objects.get(company=books.company, code=code)


def class_of(books: Books, code: str = "MACHINERY") -> AssetClass:
    return AssetClass.objects.get(company=books.company, code=code)


def terms_of(books: Books, method: str = "straight_line", **values: Any) -> BookTerms:
    values.setdefault("life_months", 60)
    return BookTerms(book_of(books, values.pop("book", "BOOKS")), method, **values)


def registered(books: Books, *terms: BookTerms, **values: Any) -> FixedAsset:
    values.setdefault("name", "Lathe")
    values.setdefault("asset_class", class_of(books))
    return register_asset(books.company, books=terms, by=books.by, **values)


def in_service(
    books: Books, cost: str = "12000", *terms: BookTerms, on: date = START, **values: Any
) -> FixedAsset:
    """By default 60 months straight line without a residual: 200.00 a month."""
    asset = registered(books, *(terms or (terms_of(books),)), **values)
    asset = capitalise_asset(
        asset, date=on, amount=Decimal(cost), account=books.account("1510"), by=books.by
    )
    return put_asset_in_service(asset, date=on, by=books.by)


def period_of(books: Books, month: int) -> Period:
    return Period.objects.get(
        company=books.company, starts_on=date(2026, month, 1), is_closing=False
    )


def run(books: Books, month: int, book: str = "BOOKS") -> DepreciationRun:
    period = period_of(books, month)
    return post_depreciation(books.company, period=period, book=book_of(books, book), by=books.by)


def standing(asset: FixedAsset, at: date = date(2026, 12, 31), book: str = "BOOKS") -> Standing:
    found = standings(asset.company, at=at, asset_ids=[asset.pk])
    ids = dict(asset.books.values_list("book__code", "pk"))
    return next(row for row in found if row.id == ids[book])
