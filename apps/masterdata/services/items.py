"""Items and their own units."""

from __future__ import annotations

from math import gcd
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company
from apps.core.services.master_data import create_row, update_row
from apps.core.transactions import unit_of_work
from apps.masterdata.models import Item, ItemUnit
from apps.masterdata.queries.catch_weights import catch_weights
from apps.masterdata.services.barcodes import normal_gtin

HUNDRED = 100


def create_item(*, by: Any, reason: str = "", **values: Any) -> Item:
    """A new item. Raises ``InvalidInput`` for a combination that can't be."""
    with unit_of_work():
        item = create_row(Item, values=values, by=by, reason=reason)
        check_items([item], company=item.company)
    return item


def update_item(
    item: Item, *, by: Any, version: int | None = None, reason: str = "", **values: Any
) -> Item:
    """Change an item. Its stock unit stays while other units are defined by it."""
    with unit_of_work():
        unit = values.get("unit")
        if unit is not None and unit.pk != item.unit_id and item.units.exists():
            raise BusinessError(
                "unit_in_use",
                _("Other units of {item} are defined by its stock unit.").format(item=item.code),
                field="unit",
            )
        changed = update_row(item, values=values, by=by, version=version, reason=reason)
        check_items([changed], company=changed.company)
    return changed


def check_items(items: list[Item], *, company: Company) -> None:
    """Raise ``InvalidInput`` for an item that is tracked but never stocked, or whose pieces are
    weighed but have no numbers."""
    keys = [item.pk for item in items if item.pk and item.tracking != Item.Tracking.SERIAL]
    weighed = catch_weights(keys) if keys else {}
    for place, item in enumerate(items):
        if not item.is_stocked and item.tracking != Item.Tracking.NONE:
            raise InvalidInput(
                "not_tracked",
                _("{item} is never in stock, so it has no lots.").format(item=item.code),
                field="tracking",
                row=place,
            )
        if item.pk in weighed:
            raise _needs_serials(item, "tracking", place)


def create_item_unit(*, by: Any, reason: str = "", **values: Any) -> ItemUnit:
    """Another unit of an item; the ratio is kept in lowest terms, so that it stays exact.

    A catch weight is of an item tracked by serial number: each piece has its own.
    """
    item = values["item"]
    if values.get("is_catch_weight") and item.tracking != Item.Tracking.SERIAL:
        raise _needs_serials(item, "is_catch_weight")
    with unit_of_work():
        return create_row(ItemUnit, values=_checked(values), by=by, reason=reason)


def update_item_unit(
    row: ItemUnit, *, by: Any, version: int | None = None, reason: str = "", **values: Any
) -> ItemUnit:
    """Change the ratio, the GTIN or the tolerance; item, unit and catch weight stay."""
    if values.get("is_catch_weight", row.is_catch_weight) != row.is_catch_weight:
        raise InvalidInput("read_only", _("This field can't be set."), field="is_catch_weight")
    merged = {
        "item": row.item,
        "unit": row.unit,
        "numerator": row.numerator,
        "denominator": row.denominator,
        "is_catch_weight": row.is_catch_weight,
        "catch_tolerance": row.catch_tolerance,
        **values,
    }
    with unit_of_work():
        return update_row(row, values=_checked(merged), by=by, version=version, reason=reason)


def _needs_serials(item: Item, field: str, row: int | None = None) -> InvalidInput:
    return InvalidInput(
        "needs_serials",
        _("{item} has a catch weight: track it by serial number, each piece has its own.").format(
            item=item.code
        ),
        field=field,
        row=row,
    )


def _checked(values: dict[str, Any]) -> dict[str, Any]:
    tolerance = values.get("catch_tolerance") or 0
    if not 0 <= tolerance < HUNDRED or (tolerance and not values.get("is_catch_weight")):
        raise InvalidInput(
            "out_of_range",
            _("A tolerance is of a catch weight, and below {most} percent.").format(most=HUNDRED),
            field="catch_tolerance",
        )
    if values["item"].unit_id == values["unit"].pk:
        raise InvalidInput(
            "stock_unit", _("This is the stock unit of the item already."), field="unit"
        )
    if values.get("gtin"):
        values = {**values, "gtin": normal_gtin(values["gtin"], field="gtin")}
    numerator, denominator = values.get("numerator", 1), values.get("denominator", 1)
    common = gcd(numerator, denominator) or 1
    return {**values, "numerator": numerator // common, "denominator": denominator // common}
