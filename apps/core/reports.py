"""A report as plain data; screen, CSV, XLSX, PDF and API are made from the same rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date as Date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.utils.formats import get_format

_SIGNS = {ord("-"): "\u2212"}


class Kind(StrEnum):
    """What a column holds; tells how it is aligned and formatted."""

    TEXT = "text"
    DATE = "date"
    MONEY = "money"
    QUANTITY = "quantity"
    INTEGER = "integer"

    @property
    def is_number(self) -> bool:
        return self in (Kind.MONEY, Kind.QUANTITY, Kind.INTEGER)


@dataclass(frozen=True, slots=True)
class Column:
    """``formula`` over other columns of the row, for spreadsheets: ``{2}`` is the column there."""

    key: str
    label: str
    kind: Kind = Kind.TEXT
    formula: str = ""


@dataclass(frozen=True, slots=True)
class Drill:
    """What stands behind a row: another report and its parameters."""

    report: str
    parameters: dict[str, str]


@dataclass(frozen=True, slots=True)
class Row:
    """``cells`` in the order of the columns. ``links``: column key to the page behind that cell.

    ``formula`` of its money columns over other rows, for spreadsheets: ``{3}`` is the row at place
    3 of the report.
    """

    cells: tuple[Any, ...]
    level: int = 0
    is_total: bool = False
    drill: Drill | None = None
    links: dict[str, str] = field(default_factory=dict)
    formula: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """``subtitles`` say what the figures are about: company, dates, filters, currency.

    ``following`` is the cursor of the next page of a long list.
    """

    title: str
    subtitles: tuple[str, ...]
    columns: tuple[Column, ...]
    rows: Sequence[Row]
    decimal_places: int = 2
    following: str = ""

    def file_name(self, ending: str) -> str:
        words = [self.title, *self.subtitles[:1]]
        plain = "-".join("".join(c if c.isalnum() else " " for c in w).lower() for w in words)
        return f"{'-'.join(plain.split())[:80]}.{ending}"

    def text(self, column: Column, value: Any) -> str:
        """A cell for people: grouped digits, a minus sign that lines up, ISO dates."""
        if value is None or value == "":
            return ""
        if column.kind == Kind.MONEY:
            return localized(f"{value:,.{self.decimal_places}f}")
        if column.kind == Kind.QUANTITY:
            return localized(f"{Decimal(value).normalize():,f}")
        if isinstance(value, Date):
            return value.isoformat()
        return str(value)

    def plain(self, column: Column, value: Any) -> Any:
        """A cell for machines: exact digits."""
        if value is None:
            return ""
        if column.kind == Kind.MONEY:
            places = max(self.decimal_places, -_exponent(value))
            return f"{value:.{places}f}"
        if column.kind == Kind.QUANTITY:
            return f"{Decimal(value).normalize():f}"
        if isinstance(value, Date):
            return value.isoformat()
        return value if isinstance(value, int) else str(value)


def localized(text: str) -> str:
    """``-1,234.50`` with the reader's separators, and a minus sign as wide as a digit.

    Far cheaper than formatting each cell: a report has thousands.
    """
    separators = (get_format("THOUSAND_SEPARATOR"), get_format("DECIMAL_SEPARATOR"))
    return text.translate(_SIGNS | {ord(","): separators[0], ord("."): separators[1]})


def _exponent(value: Decimal) -> int:
    exponent = Decimal(value).normalize().as_tuple().exponent
    return min(exponent, 0) if isinstance(exponent, int) else 0
