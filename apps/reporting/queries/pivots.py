"""A pivot: facts of a dataset grouped by rows and columns, with every subtotal, in one statement.

Totals are not sums of what is shown: the database aggregates each level from the facts, so ratios
are right everywhere and a cut table has its whole total.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.apps import apps
from django.utils.translation import gettext as _

from apps.core.sql import fetch_all
from apps.reporting.datasets import DIMENSIONS, Value
from apps.reporting.measures.registry import Unit
from apps.reporting.measures.scope import with_tables
from apps.reporting.pivot_request import PivotRequest, refused

MOST_COLUMNS = 100
MOST_CELLS = 200_000
MOST_LINES = 20_000
_DIGITS = {Unit.PERCENT: 2, Unit.QUANTITY: 6, Unit.COUNT: 0}


@dataclass(frozen=True, slots=True)
class Label:
    """A group of a dimension: its key (None: facts without one) and what it is called."""

    key: Any
    code: str
    name: str

    @property
    def text(self) -> str:
        if self.key is None:
            return _("(none)")
        return self.code if self.code == self.name else f"{self.code} {self.name}".strip()


Key = tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class Pivot:
    """``cells``: (row, column) to values, None where there is nothing. A shorter row key is the
    subtotal of what begins with it; the empty one is the total. Rows come after their parts."""

    request: PivotRequest
    rows: list[Key]
    columns: list[Key]
    cells: dict[tuple[Key, Key], tuple[Decimal | None, ...]]

    @property
    def total(self) -> tuple[Decimal | None, ...]:
        return self.cells[(), ()]


@dataclass(frozen=True, slots=True)
class Line:
    """A document behind a cell and what it adds to each value."""

    date: Date | None
    label: str
    source_type_id: int
    source_id: int
    values: tuple[Decimal | None, ...]


@dataclass(frozen=True, slots=True)
class Lines:
    """At most ``limit`` documents, the newest first; the total is that of all of them."""

    lines: list[Line]
    total: tuple[Decimal | None, ...]
    is_cut: bool


#: What datasets read without a statement, by dataset, company and days: shared by the reports of
#: one page.
Kept = dict[tuple[Any, ...], dict[str, Any]]


def read_pivot(request: PivotRequest, *, kept: Kept | None = None) -> Pivot:
    """One statement. Raises ``InvalidInput`` for more columns or cells than anybody can read."""
    names = (*request.rows, *request.cols)
    shape = _shape(request)
    marks = f"GROUPING({', '.join(f'k{n}' for n in range(len(names)))})" if names else "0"
    keys = "".join(f", k{n}" for n in range(len(names)))
    labels = "".join(f", {', '.join(_label(name, n))}" for n, name in enumerate(names))
    values = ", ".join(f"g.v{n}" for n in range(len(request.values)))
    statement = (
        f"{_facts(request, names)}, grouped AS MATERIALIZED ("  # noqa: S608 - declared in code
        f"SELECT {marks} AS marks{keys}, {_aggregates(request)} FROM keyed f {shape}"
        f" LIMIT {MOST_CELLS + 1})"
        f" SELECT g.marks{labels}, {values} FROM grouped g{_joins(names)}"
    )
    found = fetch_all(statement, _parameters(request, kept))
    if len(found) > MOST_CELLS:
        raise refused(
            "rows",
            "too_many_groups",
            _("More than {n} figures: filter, or split by less.").format(n=MOST_CELLS),
        )
    return _pivot(request, found)


def read_total(request: PivotRequest) -> tuple[Decimal | None, ...]:
    """The values of all facts that the request leaves, without groups. One statement."""
    statement = f"{_facts(request, ())} SELECT {_aggregates(request)} FROM keyed f"  # noqa: S608
    [row] = fetch_all(statement, _parameters(request))
    return _rounded(request, row)


def read_lines(request: PivotRequest, *, limit: int = MOST_LINES) -> Lines:
    """The documents behind what the request leaves, and their total. One statement."""
    day = "f.date" if request.dataset.is_dated else "NULL::date"
    document = "f.day, f.label, f.source_type_id, f.source_id"
    statement = (
        f"{_facts(request, ())} SELECT * FROM (SELECT GROUPING(f.source_id) AS is_total, "  # noqa: S608
        f"{document}, {_aggregates(request)} FROM (SELECT f.*, {day} AS day FROM keyed f) f"
        f" GROUP BY GROUPING SETS (({document}), ())) g"
        " ORDER BY is_total DESC, day DESC NULLS LAST, source_id DESC, label"
        f" LIMIT {limit + 2}"
    )
    rows = fetch_all(statement, _parameters(request))
    (_mark, _day, _label, _kind, _key, *sums), *found = rows
    total = _rounded(request, sums)
    lines = [
        Line(day, label or "", kind, key, _rounded(request, values))
        for _total, day, label, kind, key, *values in found[:limit]
    ]
    return Lines(lines, total, len(found) > limit)


def _facts(request: PivotRequest, names: Sequence[str]) -> str:
    """The WITH clause: the dataset's facts, those that filters and sites leave, their keys."""
    dataset = request.dataset
    keys = "".join(f", {DIMENSIONS[name].expression} AS k{n}" for n, name in enumerate(names))
    conditions = "".join(
        f" AND {_condition(name, list(chosen))}" for name, chosen in request.filters.items()
    )
    return (
        f"{with_tables(set(dataset.needs))}, facts AS ({dataset.statement}),"  # noqa: S608
        f" keyed AS (SELECT f.*{keys} FROM facts f"
        " WHERE (%(sites)s::bigint[] IS NULL OR f.site_id IS NULL"
        f" OR f.site_id = ANY(%(sites)s::bigint[])){conditions})"
    )


def _condition(name: str, keys: list[Any]) -> str:
    dimension = DIMENSIONS[name]
    kind = "text" if dimension.is_period else "bigint"
    named = f"{dimension.expression} = ANY(%(filter_{name})s::{kind}[])"
    return f"({named} OR {dimension.expression} IS NULL)" if None in keys else named


def _parameters(request: PivotRequest, kept: Kept | None = None) -> dict[str, Any]:
    asked = request.asked
    filters = {
        f"filter_{name}": [key for key in keys if key is not None]
        for name, keys in request.filters.items()
    }
    scope = type(asked)(asked.user, (request.company.pk,), asked.site_ids, asked.today, asked.now)
    return {
        **scope.parameters(),
        "date_from": request.date_from,
        "date_to": request.date_to,
        **filters,
        **_read(request, scope, {} if kept is None else kept),
    }


def _read(request: PivotRequest, scope: Any, kept: Kept) -> dict[str, Any]:
    read = request.dataset.read
    if read is None:
        return {}
    key = (request.dataset.code, request.company.pk, request.date_from, request.date_to)
    if key not in kept:
        kept[key] = read(scope, request.date_from, request.date_to)
    return kept[key]


def _aggregates(request: PivotRequest) -> str:
    return ", ".join(
        f"({value.expression})::numeric AS v{n}" for n, value in enumerate(request.values)
    )


def _shape(request: PivotRequest) -> str:
    rows = [f"k{n}" for n in range(len(request.rows))]
    cols = [f"k{n + len(rows)}" for n in range(len(request.cols))]
    parts = []
    if rows:
        parts.append(f"ROLLUP({', '.join(rows)})")
    if cols:
        parts.append(f"GROUPING SETS (({', '.join(cols)}), ())")
    return f"GROUP BY {', '.join(parts)}" if parts else ""


def _label(name: str, place: int) -> tuple[str, str, str]:
    dimension = DIMENSIONS[name]
    if dimension.is_period:
        return (f"g.k{place}",) * 3
    columns = (dimension.code_column, dimension.name_column)
    return f"g.k{place}", *(f"d{place}.{column}" for column in columns)  # type: ignore[return-value]


def _joins(names: Sequence[str]) -> str:
    return "".join(
        f" LEFT JOIN {apps.get_model(DIMENSIONS[name].model)._meta.db_table} d{n}"
        f" ON d{n}.id = g.k{n}"
        for n, name in enumerate(names)
        if not DIMENSIONS[name].is_period
    )


def _pivot(request: PivotRequest, found: Sequence[Sequence[Any]]) -> Pivot:
    n_rows, n_all = len(request.rows), len(request.rows) + len(request.cols)
    cells: dict[tuple[Key, Key], tuple[Decimal | None, ...]] = {}
    labels: dict[tuple[int, Any], Label] = {}
    for marks, *rest in found:
        key = []
        for place in range(n_all):
            if marks >> (n_all - 1 - place) & 1:
                continue
            pk, code, name = rest[3 * place : 3 * place + 3]
            if (place, pk) not in labels:
                labels[place, pk] = Label(pk, str(code or ""), str(name or ""))
            key.append((place, labels[place, pk]))
        row = tuple(label for place, label in key if place < n_rows)
        column = tuple(label for place, label in key if place >= n_rows)
        cells[row, column] = _rounded(request, rest[3 * n_all :])
    columns = sorted({column for _row, column in cells if column}, key=_order)
    if len(columns) > MOST_COLUMNS:
        raise refused(
            "cols",
            "too_many_columns",
            _("{found} columns; at most {n} can be read. Filter, or make it a row.").format(
                found=len(columns), n=MOST_COLUMNS
            ),
        )
    cells.setdefault(((), ()), (None,) * len(request.values))
    rows = sorted({row for row, _column in cells}, key=lambda row: _after_parts(row, n_rows))
    return Pivot(request, rows, columns, cells)


def _order(key: Key) -> tuple[Any, ...]:
    return tuple((label.key is None, label.code, str(label.key)) for label in key)


def _after_parts(row: Key, depth: int) -> tuple[Any, ...]:
    """Sorts a subtotal behind the rows it sums up."""
    return (*((0, *part) for part in _order(row)), *((1,) for _n in range(depth - len(row))))


def _rounded(request: PivotRequest, values: Sequence[Any]) -> tuple[Decimal | None, ...]:
    places = request.company.currency.decimal_places
    return tuple(
        None
        if figure is None
        else Decimal(figure).quantize(
            Decimal(1).scaleb(-_DIGITS.get(value.unit, places)), rounding=ROUND_HALF_UP
        )
        for figure, value in zip(values, request.values, strict=True)
    )


def read_value(request: PivotRequest, value: Value) -> Decimal | None:
    """One value of all facts that the request leaves."""
    return read_total(request)[request.values.index(value)]
