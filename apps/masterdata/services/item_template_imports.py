"""Variant attributes and item templates from tables: rows of one code are one noun's parts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from apps.core.errors import InvalidInput
from apps.core.models import Company, User
from apps.core.transactions import unit_of_work
from apps.masterdata.models import ItemTemplate, VariantAttribute
from apps.masterdata.services.item_templates import (
    NewValue,
    create_item_template,
    create_variant_attribute,
)

T = TypeVar("T")
Row = dict[str, Any]


def import_variant_attributes(
    company: Company, rows: Sequence[Row], *, by: User, reason: str = ""
) -> list[VariantAttribute]:
    """New attributes from rows that each hold one value.

    Raises ``InvalidInput`` with the place of the first row of the attribute at fault.
    """

    def make(header: Row, parts: list[Row]) -> VariantAttribute:
        values = [
            NewValue(part["value"], part["value_name"], part.get("position") or 10 * place)
            for place, part in enumerate(parts, start=1)
        ]
        return create_variant_attribute(
            company=company, values=values, by=by, reason=reason, **header
        )

    return _each(rows, ("value", "value_name", "position"), make)


def import_item_templates(
    company: Company, rows: Sequence[Row], *, by: User, reason: str = ""
) -> list[ItemTemplate]:
    """New templates from rows that each name one attribute.

    Raises ``InvalidInput`` with the place of the first row of the template at fault.
    """

    def make(header: Row, parts: list[Row]) -> ItemTemplate:
        attributes = [part["attribute"] for part in parts]
        return create_item_template(
            company=company, attributes=attributes, by=by, reason=reason, **header
        )

    return _each(rows, ("attribute",), make)


def _each(
    rows: Sequence[Row], part_names: Sequence[str], make: Callable[[Row, list[Row]], T]
) -> list[T]:
    """``make`` of each code: what its first row says, and the parts of all of its rows."""
    headers: dict[str, Row] = {}
    parts: dict[str, list[Row]] = {}
    places: dict[str, int] = {}
    for place, row in enumerate(rows):
        code = row["code"]
        headers.setdefault(code, {n: v for n, v in row.items() if n not in part_names})
        parts.setdefault(code, []).append({n: v for n, v in row.items() if n in part_names})
        places.setdefault(code, place)
    made = []
    with unit_of_work():
        for code, header in headers.items():
            try:
                made.append(make(header, parts[code]))
            except InvalidInput as error:
                raise InvalidInput(
                    error.code, error.message, field=error.field, row=places[code]
                ) from error
    return made
