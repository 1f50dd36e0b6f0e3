"""Assets from their first cost to their first day of use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date as Date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, User
from apps.core.money import ZERO, require_decimal, round_money
from apps.core.services.documents import (
    insert_all,
    lock,
    require_company,
    require_status,
    update_all,
)
from apps.core.services.numbering import next_number
from apps.core.transactions import unit_of_work
from apps.finance.models import AssetBook, AssetClass, AssetClassBook, DepreciationBook, FixedAsset
from apps.finance.queries.assets import standings
from apps.finance.services.asset_terms import check_terms

Status = FixedAsset.Status
SERIES, PREFIX = "finance_fixedasset_series", "FA"
TERMS = ("method", "convention", "life_months", "rate", "factor")


@dataclass(frozen=True, slots=True)
class BookTerms:
    """How an asset is depreciated in ``book``. ``residual`` None: by its class, when in service."""

    book: DepreciationBook
    method: str
    convention: str = "full_month"
    life_months: int | None = None
    rate: Decimal | None = None
    factor: Decimal | None = None
    residual: Decimal | None = None
    units_total: Decimal | None = None


def register_asset(
    company: Company,
    *,
    name: str,
    asset_class: AssetClass,
    by: User,
    books: Sequence[BookTerms] = (),
    residual: Decimal | None = None,
    life_months: int | None = None,
    units_total: Decimal | None = None,
    reason: str = "",
    **details: Any,
) -> FixedAsset:
    """Write an asset down before it has cost: in the books of its class, or those of ``books``.

    ``residual``, ``life_months`` and ``units_total`` go before what the class says. ``details``:
    component_of, supplier, serial_number, site, location, cost_object.
    """
    require_company(company, asset_class=asset_class, **_references(details))
    wanted = list(books) or _terms_of_class(asset_class, life_months)
    given: dict[str, Any] = {"residual": residual, "units_total": units_total}
    fixed = {name: value for name, value in given.items() if value is not None}
    wanted = [replace(terms, **fixed) for terms in wanted]
    _check_books(company, wanted)
    with unit_of_work():
        asset = FixedAsset(
            company=company,
            number=next_number(SERIES, PREFIX),
            name=name,
            asset_class=asset_class,
            created_by=by,
            **details,
        )
        _check_place(asset)
        asset.save_by(by, reason=reason)
        insert_all([book_row(asset, terms) for terms in wanted], by=by, reason=reason)
    return asset


def book_row(asset: FixedAsset, terms: BookTerms) -> AssetBook:
    return AssetBook(
        company=asset.company,
        asset=asset,
        book=terms.book,
        residual=terms.residual,
        units_total=terms.units_total,
        **{name: getattr(terms, name) for name in TERMS},
    )


def change_asset(
    asset: FixedAsset, *, by: User, version: int | None = None, reason: str = "", **values: Any
) -> FixedAsset:
    """Change what is said of an asset; its class stays once it has moved."""
    with unit_of_work():
        current = lock(asset, version=version)
        require_company(current.company, **_references(values))
        wanted = values.get("asset_class", current.asset_class)
        if wanted.pk != current.asset_class_id and current.movements.exists():
            raise BusinessError(
                "has_movements",
                _("{asset} has moved; its class stays.").format(asset=current),
                field="asset_class",
            )
        for name, value in values.items():
            setattr(current, name, value)
        _check_place(current)
        return current.save_by(by, reason=reason)


def cancel_asset(
    asset: FixedAsset, *, by: User, reason: str = "", version: int | None = None
) -> FixedAsset:
    """Give up an asset that bears no cost."""
    with unit_of_work():
        current = lock(asset, version=version, related=("company__currency",))
        current.transition_to(Status.CANCELLED)
        found = standings(current.company, at=Date.max, asset_ids=[current.pk])
        if any(standing.cost for standing in found):
            raise BusinessError(
                "has_cost", _("{asset} bears cost; reverse that first.").format(asset=current)
            )
        return current.save_by(by, reason=reason)


def put_asset_in_service(
    asset: FixedAsset, *, date: Date, by: User, version: int | None = None
) -> FixedAsset:
    """The asset begins to lose value on ``date``, by the convention of each book.

    A residual that was left open becomes the class's part of the cost. Raises ``InvalidInput``
    for a date before its acquisition, and for terms that don't fit the cost.
    """
    with unit_of_work():
        current = lock(asset, version=version, related=("company__currency", "asset_class"))
        require_status(current, Status.ORDERED)
        found = standings(current.company, at=date, asset_ids=[current.pk])
        if current.acquired_on is None or not any(standing.cost > 0 for standing in found):
            raise BusinessError(
                "no_cost", _("{asset} bears no cost yet.").format(asset=current), field="asset"
            )
        if date < current.acquired_on:
            raise InvalidInput(
                "before_acquisition",
                _("It was acquired on {date} only.").format(date=current.acquired_on),
                field="date",
            )
        settle_residuals(current, {standing.id: standing.cost for standing in found}, by=by)
        current.in_service_on = date
        current.transition_to(Status.IN_USE)
        return current.save_by(by)


def settle_residuals(asset: FixedAsset, costs: dict[int, Decimal], *, by: User) -> None:
    """Fix the residuals left open, and hold the terms of every book against its cost."""
    parts = dict(
        AssetClassBook.objects.filter(asset_class=asset.asset_class_id).values_list(
            "book_id", "residual_percent"
        )
    )
    open_ones = []
    places = asset.company.currency.decimal_places
    for row in asset.books.order_by("pk"):
        cost = costs.get(row.pk, ZERO)
        if row.residual is None:
            share = parts.get(row.book_id, ZERO)
            row.residual = round_money(cost * share / 100, places)
            open_ones.append(row)
        check_terms(row, cost=cost)
    update_all(open_ones, "residual", by=by)


def _terms_of_class(asset_class: AssetClass, life_months: int | None) -> list[BookTerms]:
    rows = AssetClassBook.objects.filter(asset_class=asset_class, book__is_active=True)
    return [
        BookTerms(
            book=row.book,
            method=row.method,
            convention=row.convention,
            life_months=row.life_months if life_months is None else life_months,
            rate=row.rate,
            factor=row.factor,
        )
        for row in rows.select_related("book").order_by("book_id")
    ]


def _check_books(company: Company, books: Sequence[BookTerms]) -> None:
    for place, terms in enumerate(books):
        require_company(company, row=place, book=terms.book)
        check_terms(terms)
    if sum(terms.book.posts_to_ledger for terms in books) != 1:
        raise InvalidInput(
            "no_ledger_book",
            _("Say how it is depreciated in the book that posts to the ledger."),
            field="books",
        )
    if len({terms.book.pk for terms in books}) != len(books):
        raise InvalidInput("duplicate", _("A book stands there twice."), field="books")


def _references(values: dict[str, Any]) -> dict[str, Any]:
    names = ("asset_class", "component_of", "supplier", "site", "cost_object")
    return {name: values[name] for name in names if name in values}


def _check_place(asset: FixedAsset) -> None:
    """A component belongs to a thing that is there, and nothing to itself."""
    if asset.component_of is not None and asset.component_of.status in (
        Status.DISPOSED,
        Status.CANCELLED,
    ):
        raise BusinessError(
            "not_in_use",
            _("{asset} is {status}.").format(
                asset=asset.component_of, status=asset.component_of.get_status_display()
            ),
            field="component_of",
        )
    above, seen = asset.component_of, set()
    while above is not None and above.pk not in seen:
        if above.pk == asset.pk and asset.pk is not None:
            raise InvalidInput(
                "circular", _("It would be a component of itself."), field="component_of"
            )
        seen.add(above.pk)
        above = above.component_of


def require_amount(amount: Decimal, *, field: str, places: int, row: int | None = None) -> Decimal:
    """An amount above zero in the company's money."""
    return require_decimal(amount, field=field, row=row, decimal_places=places)
