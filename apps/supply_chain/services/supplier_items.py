"""Supplier items and their price breaks: one at a time of a supplier and item, one preferred."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date as Date
from decimal import Decimal
from typing import Any

from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, User
from apps.core.money import ZERO, require_decimal
from apps.core.services.documents import insert_all, lock, require_company, update_all
from apps.core.services.master_data import create_row, update_row
from apps.core.transactions import unit_of_work
from apps.masterdata.models import Partner
from apps.masterdata.services.units import to_stock_quantities
from apps.supply_chain.models import SupplierItem, SupplierPrice

QUANTITIES = ("minimum_quantity", "order_multiple")
PERCENTS = ("over_receipt_percent", "under_receipt_percent")
HUNDRED = Decimal(100)
#: What a file may change of a supplier item that is there.
COLUMNS = (
    "supplier_code",
    "unit",
    "currency",
    *QUANTITIES,
    "lead_time_days",
    *PERCENTS,
    "is_preferred",
    "is_subcontracted",
    "valid_until",
)


def create_supplier_items(
    company: Company, rows: Sequence[dict[str, Any]], *, by: User, reason: str = ""
) -> list[SupplierItem]:
    """Write values of ``SupplierItem``, all or none; without unit, currency and day those of the
    item, the supplier and today apply.

    Raises ``InvalidInput`` or ``BusinessError`` naming the row: no supplier, a unit that does not
    measure the item, a time that overlaps with another of the two, two preferred at once.
    """
    with unit_of_work():
        _lock(company)
        made = [SupplierItem(company=company, **_filled(values)) for values in rows]
        check_supplier_items(company, made)
        return insert_all(made, by=by, reason=reason)


def create_supplier_item(
    company: Company, *, by: User, reason: str = "", **values: Any
) -> SupplierItem:
    """One; see ``create_supplier_items``."""
    try:
        return create_supplier_items(company, [values], by=by, reason=reason)[0]
    except BusinessError as error:
        error.row = None
        raise


def update_supplier_item(
    row: SupplierItem, *, by: User, version: int | None = None, reason: str = "", **values: Any
) -> SupplierItem:
    """Change terms from now on; the same refusals as for new ones. Orders keep what they say."""
    with unit_of_work():
        _lock(row.company)
        wanted = lock(row, version=version)
        for name, value in values.items():
            setattr(wanted, name, value)
        try:
            check_supplier_items(wanted.company, [wanted])
        except BusinessError as error:
            error.row = None
            raise
        return update_row(row, values=values, by=by, reason=reason)


def save_supplier_items(
    company: Company, rows: Sequence[dict[str, Any]], *, by: User, reason: str = ""
) -> list[SupplierItem]:
    """Write values of supplier items, and with ``unit_price`` a price break (``from_quantity``)
    of each: several rows may name the same item, supplier and first day.

    One that is there is changed in what a row names; without a day the one of today is meant. All
    or none, in a few statements. Raises ``InvalidInput`` or ``BusinessError`` naming the row.
    """
    today = timezone.localdate()
    with unit_of_work():
        _lock(company)
        there = _known(company, rows)
        places: list[int] = []
        wanted: dict[tuple[int, int, Date], SupplierItem] = {}
        changed: dict[int, SupplierItem] = {}
        prices = []
        for place, given in enumerate(rows):
            values = {name: value for name, value in given.items() if value is not None}
            price = (values.pop("from_quantity", ZERO), values.pop("unit_price", None))
            pair = (values["item"].pk, values["partner"].pk)
            day = values.get("valid_from") or _day_of(there.get(pair, ()), today)
            row = wanted.get((*pair, day))
            if row is None:
                row = next((one for one in there.get(pair, ()) if one.valid_from == day), None)
                if row is None:
                    row = SupplierItem(company=company, **_filled({**values, "valid_from": day}))
                wanted[*pair, day] = row
                places.append(place)
            if assign(row, values) and not row._state.adding:
                changed[row.pk] = row
            if price[1] is not None:
                prices.append((place, row, *price))
        made = list(wanted.values())
        try:
            check_supplier_items(company, made)
        except BusinessError as error:
            error.row = places[error.row or 0]
            raise
        insert_all([row for row in made if row._state.adding], by=by, reason=reason)
        update_all(list(changed.values()), *COLUMNS, by=by, reason=reason)
        _set_prices(company, prices, by, reason)
    return made


def assign(row: Any, values: dict[str, Any]) -> bool:
    """Set ``values`` on ``row``; whether that changed it."""
    is_changed = False
    for name, value in values.items():
        attname = row._meta.get_field(name).attname
        if getattr(row, attname) != (value.pk if isinstance(value, Model) else value):
            setattr(row, name, value)
            is_changed = True
    return is_changed


def _known(
    company: Company, rows: Sequence[dict[str, Any]]
) -> dict[tuple[int, int], list[SupplierItem]]:
    found: dict[tuple[int, int], list[SupplierItem]] = {}
    for row in (
        SupplierItem.objects.select_for_update(of=("self",))
        .select_related("item", "partner", "unit")
        .filter(company=company, item__in={row["item"].pk for row in rows})
        .order_by("pk")
    ):
        found.setdefault((row.item_id, row.partner_id), []).append(row)
    return found


def _day_of(rows: Sequence[SupplierItem], today: Date) -> Date:
    """The first day of the terms that hold today; today where there are none."""
    return next(
        (
            row.valid_from
            for row in rows
            if row.valid_from <= today <= (row.valid_until or Date.max)
        ),
        today,
    )


def _set_prices(
    company: Company,
    prices: Sequence[tuple[int, SupplierItem, Decimal, Decimal]],
    by: User,
    reason: str,
) -> None:
    try:
        set_supplier_prices(company, [price[1:] for price in prices], by=by, reason=reason)
    except BusinessError as error:
        error.row = prices[error.row or 0][0]
        raise


def create_supplier_price(
    company: Company, *, by: User, reason: str = "", **values: Any
) -> SupplierPrice:
    """A price from a quantity on. Raises ``InvalidInput`` for one below zero."""
    _check_price(company, values)
    return create_row(SupplierPrice, values={"company": company, **values}, by=by, reason=reason)


def update_supplier_price(
    row: SupplierPrice, *, by: User, version: int | None = None, reason: str = "", **values: Any
) -> SupplierPrice:
    """Change a price from now on."""
    _check_price(row.company, values)
    return update_row(row, values=values, by=by, version=version, reason=reason)


def set_supplier_prices(
    company: Company,
    prices: Sequence[tuple[SupplierItem, Decimal, Decimal]],
    *,
    by: User,
    reason: str = "",
) -> list[SupplierPrice]:
    """Set (supplier item, from quantity, price), anew or again; three statements for many.

    Raises ``InvalidInput`` naming the row.
    """
    for place, (row, least, price) in enumerate(prices):
        require_company(company, row=place, supplier_item=row)
        _check_price(company, {"from_quantity": least, "unit_price": price}, place)
    with unit_of_work():
        there = {
            (one.supplier_item_id, one.from_quantity): one
            for one in SupplierPrice.objects.select_for_update().filter(
                company=company, supplier_item__in={row.pk for row, _least, _price in prices}
            )
        }
        new: dict[tuple[int, Decimal], SupplierPrice] = {}
        changed: dict[int, SupplierPrice] = {}
        for row, least, price in prices:
            one = there.get((row.pk, least)) or new.get((row.pk, least))
            if one is None:
                new[row.pk, least] = SupplierPrice(
                    company=company, supplier_item=row, from_quantity=least, unit_price=price
                )
            elif one.unit_price != price:
                one.unit_price = price
                if one.pk:
                    changed[one.pk] = one
        update_all(list(changed.values()), "unit_price", by=by, reason=reason)
        return insert_all(list(new.values()), by=by, reason=reason) + list(changed.values())


def check_supplier_items(company: Company, rows: Sequence[SupplierItem]) -> None:
    """Raise ``InvalidInput`` or ``BusinessError`` naming the first row that can't be."""
    for place, row in enumerate(rows):
        _check(company, row, place)
    to_stock_quantities([(row.item, Decimal(1), row.unit) for row in rows])
    _require_no_overlap(company, rows)


def _lock(company: Company) -> None:
    """Overlaps are between rows: who writes supplier items waits for whoever does."""
    list(Company.objects.select_for_update(no_key=True).filter(pk=company.pk))


def _filled(values: dict[str, Any]) -> dict[str, Any]:
    given = {name: value for name, value in values.items() if value is not None}
    if "unit" not in given:
        given["unit"] = given["item"].unit
    if "currency" not in given:
        given["currency_id"] = given["partner"].currency_id
    given.setdefault("valid_from", timezone.localdate())
    return given


def _check(company: Company, row: SupplierItem, place: int) -> None:
    require_company(company, row=place, item=row.item, partner=row.partner, unit=row.unit)
    partner: Partner = row.partner
    if not partner.is_supplier or not partner.is_active:
        raise InvalidInput(
            "wrong_partner",
            _("{partner} is no active supplier.").format(partner=partner),
            field="partner",
            row=place,
        )
    for name in QUANTITIES:
        if require_decimal(getattr(row, name), field=name, row=place, positive=False) < 0:
            raise InvalidInput("negative", _("May not be negative."), field=name, row=place)
    for name in PERCENTS:
        value = getattr(row, name)
        if value is not None and not 0 <= value <= HUNDRED:
            raise InvalidInput(
                "bad_percent", _("A tolerance lies between 0 and 100 %."), field=name, row=place
            )
    if row.valid_until is not None and row.valid_until < row.valid_from:
        raise InvalidInput(
            "ends_before", _("It ends before it begins."), field="valid_until", row=place
        )


def _require_no_overlap(company: Company, rows: Sequence[SupplierItem]) -> None:
    keys = [row.pk for row in rows if row.pk]
    others = SupplierItem.objects.filter(
        company=company, item__in={row.item_id for row in rows}
    ).exclude(pk__in=keys)
    seen: dict[int, list[SupplierItem]] = {}
    for other in others:
        seen.setdefault(other.item_id, []).append(other)
    for place, row in enumerate(rows):
        for other in seen.setdefault(row.item_id, []):
            if not _meet(row, other):
                continue
            if other.partner_id == row.partner_id:
                raise BusinessError(
                    "overlapping_terms",
                    _("{item} of {partner} has other terms on the same days, from {start}.").format(
                        item=row.item.code, partner=row.partner.code, start=other.valid_from
                    ),
                    field="valid_from",
                    row=place,
                )
            if other.is_preferred and row.is_preferred:
                raise BusinessError(
                    "preferred_twice",
                    _("{item} has another preferred supplier on the same days.").format(
                        item=row.item.code
                    ),
                    field="is_preferred",
                    row=place,
                )
        seen[row.item_id].append(row)


def _meet(one: SupplierItem, other: SupplierItem) -> bool:
    return one.valid_from <= (other.valid_until or Date.max) and other.valid_from <= (
        one.valid_until or Date.max
    )


def _check_price(company: Company, values: dict[str, Any], place: int | None = None) -> None:
    require_company(company, row=place, supplier_item=values.get("supplier_item"))
    for name in ("from_quantity", "unit_price"):
        value = require_decimal(values.get(name, ZERO), field=name, row=place, positive=False)
        if value < 0:
            raise InvalidInput("negative", _("May not be negative."), field=name, row=place)
