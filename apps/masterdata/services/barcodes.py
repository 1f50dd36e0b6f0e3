"""What scanners read off items."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.models import Company
from apps.core.services.master_data import create_row, update_row
from apps.core.transactions import unit_of_work
from apps.masterdata.gs1.check_digits import is_checked
from apps.masterdata.models import ItemBarcode, ItemUnit

GTIN_LENGTHS = (8, 12, 13, 14)


def create_item_barcode(*, by: Any, reason: str = "", **values: Any) -> ItemBarcode:
    """A barcode of an item. Raises ``InvalidInput`` for a wrong check digit or a foreign unit."""
    with unit_of_work():
        row = create_row(ItemBarcode, values=_normalised(values), by=by, reason=reason)
        check_barcodes([row], company=row.company)
    return row


def update_item_barcode(
    row: ItemBarcode, *, by: Any, version: int | None = None, reason: str = "", **values: Any
) -> ItemBarcode:
    """Change a barcode. Raises like ``create_item_barcode``."""
    given = {"kind": row.kind, "code": row.code, **values}
    with unit_of_work():
        changed = update_row(row, values=_normalised(given), by=by, version=version, reason=reason)
        check_barcodes([changed], company=changed.company)
    return changed


def normal_gtin(text: str, *, field: str = "code", row: int | None = None) -> str:
    """``text`` as a GTIN of 14 digits. Raises ``InvalidInput`` (``wrong_check_digit``)."""
    if len(text) not in GTIN_LENGTHS or not is_checked(text):
        raise InvalidInput(
            "wrong_check_digit",
            _("{code} is no GTIN: 8, 12, 13 or 14 digits, the last its check digit.").format(
                code=text
            ),
            field=field,
            row=row,
        )
    return text.zfill(14)


def check_barcodes(rows: list[ItemBarcode], *, company: Company) -> None:
    """Bring the codes of ``rows`` into their form. Raises ``InvalidInput`` naming the row."""
    units = set(
        ItemUnit.objects.filter(item__in={row.item_id for row in rows}).values_list(
            "item_id", "unit_id"
        )
    )
    for place, row in enumerate(rows):
        if row.kind == ItemBarcode.Kind.GTIN:
            row.code = normal_gtin(row.code, row=place)
        if row.unit_id in (None, row.item.unit_id) or (row.item_id, row.unit_id) in units:
            continue
        raise InvalidInput(
            "unit_without_conversion",
            _("{item} has no conversion to {unit}.").format(
                item=row.item.code, unit=row.unit.code if row.unit else ""
            ),
            field="unit",
            row=place,
        )


def _normalised(values: dict[str, Any]) -> dict[str, Any]:
    code = str(values["code"]).strip()
    is_gtin = values.get("kind", ItemBarcode.Kind.GTIN) == ItemBarcode.Kind.GTIN
    return {**values, "code": normal_gtin(code) if is_gtin else code}
