"""A pivot as a report: the same rows and totals on the page, in CSV, XLSX, PDF and the API."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.links import link_to
from apps.core.report_files import to_csv, to_pdf, to_xlsx
from apps.core.reports import Column, Kind, Report, Row
from apps.reporting.datasets import DIMENSIONS, Value
from apps.reporting.measures.registry import Unit
from apps.reporting.pivot_request import PivotRequest, read_request, refused
from apps.reporting.queries.pivots import (
    Key,
    Lines,
    Pivot,
    read_lines,
    read_pivot,
)
from apps.reporting.queries.scope import Asked

FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}
KINDS = {Unit.MONEY: Kind.MONEY, Unit.COUNT: Kind.INTEGER}
MOST_SHOWN = 500
MOST_IN_FILE = 20_000
MOST_ON_PAPER = 14
#: (view, words of a request) to an address; the view is ``pivot`` or ``lines``.
Address = Callable[[str, Mapping[str, Any]], str]


@dataclass(frozen=True, slots=True)
class Shown:
    """A report, and how many rows it left out (their figures are in the totals)."""

    report: Report
    left_out: int


def pivot_report(
    pivot: Pivot, address: Address | None = None, *, most: int = MOST_IN_FILE
) -> Shown:
    """At most ``most`` rows and the total. ``address`` makes each figure a link to its lines."""
    request = pivot.request
    shown = pivot.rows[: most - 1] + pivot.rows[-1:] if len(pivot.rows) > most else pivot.rows
    across: list[Key] = [*pivot.columns, ()] if request.cols else [()]
    columns = [
        *(Column(name, str(DIMENSIONS[name].title)) for name in request.rows),
        *([] if request.rows else [Column("all", _("All"))]),
        *(
            Column(_column_key(n, value), _heading(key, value, request), _kind(value))
            for n, key in enumerate(across)
            for value in request.values
        ),
    ]
    rows = [_row(pivot, key, across, address) for key in shown]
    report = Report(
        title=str(request.dataset.title),
        subtitles=subtitles(request),
        columns=tuple(columns),
        rows=rows,
        decimal_places=request.company.currency.decimal_places,
    )
    return Shown(report, len(pivot.rows) - len(shown))


def lines_report(request: PivotRequest, found: Lines) -> Report:
    """The documents behind a cell; the last row is their total, and the cell's."""
    columns = [
        *([Column("date", _("Date"), Kind.DATE)] if request.dataset.is_dated else []),
        Column("document", _("Document")),
        Column("source", _("Source")),
        *(Column(value.code, str(value.title), _kind(value)) for value in request.values),
    ]
    rows = []
    for line in found.lines:
        link = link_to(line.source_type_id, line.source_id)
        url = link.url or link.api
        day = [line.date] if request.dataset.is_dated else []
        rows.append(
            Row(
                (*day, line.label, link.label, *_figures(line.values, request.values)),
                links={"document": url, "source": url},
            )
        )
    blank = [""] * (2 if request.dataset.is_dated else 1)
    rows.append(Row((_("Total"), *blank, *_figures(found.total, request.values)), is_total=True))
    return Report(
        title=_("{title}: documents").format(title=request.dataset.title),
        subtitles=subtitles(request),
        columns=tuple(columns),
        rows=rows,
        decimal_places=request.company.currency.decimal_places,
    )


def build_file(
    code: str, given: Mapping[str, Sequence[str]], asked: Asked, *, is_lines: bool = False
) -> tuple[bytes, str, str]:
    """Content, content type and file name. Raises ``InvalidInput`` as ``read_request`` does."""
    wanted = (given.get("as") or [""])[0]
    paper = (given.get("paper") or ["A4"])[0]
    if wanted not in FORMATS:
        raise refused(
            "as",
            "invalid_choice",
            _("Choose one of: {names}.").format(names=", ".join(FORMATS)),
        )
    request = read_request(code, given, asked)
    if is_lines:
        found = read_lines(request)
        if found.is_cut:
            raise _too_long("filter")
        report = lines_report(request, found)
    else:
        report = whole_report(request)
    return render(report, request, wanted, paper)


def whole_report(request: PivotRequest) -> Report:
    """All rows of a pivot. Raises ``InvalidInput`` when they are more than a file should hold."""
    made = pivot_report(read_pivot(request))
    if made.left_out:
        raise _too_long("rows")
    return made.report


def render(
    report: Report, request: PivotRequest, wanted: str, paper: str = "A4"
) -> tuple[bytes, str, str]:
    """Content, content type and file name of ``report``."""
    if wanted == "pdf":
        if len(report.columns) > MOST_ON_PAPER:
            raise refused(
                "cols",
                "too_many_columns",
                _("{found} columns; a page holds {n}. Take XLSX, or filter.").format(
                    found=len(report.columns), n=MOST_ON_PAPER
                ),
            )
        content = to_pdf(report, company=request.company, paper=paper)
    else:
        content = (to_csv if wanted == "csv" else to_xlsx)(report)
    return content, FORMATS[wanted], report.file_name(wanted)


def subtitles(request: PivotRequest) -> tuple[str, ...]:
    company = request.company
    about = [f"{company.code} {company.name} · {company.currency_id}"]
    if request.dataset.is_dated:
        about.append(f"{request.date_from.isoformat()} – {request.date_to.isoformat()}")
    return (*about, *request.labels)


def cell_words(request: PivotRequest, row: Key, column: Key) -> dict[str, Any]:
    """The words that ask for the facts of one cell, whatever its level."""
    keys = {name: label.key for name, label in zip(request.rows, row, strict=False)}
    keys |= {name: label.key for name, label in zip(request.cols, column, strict=False)}
    return request.narrowed(keys)


def next_level(request: PivotRequest, row: Key) -> dict[str, Any] | None:
    """The words that split one row by what the path has next; None at its end."""
    keys = {name: label.key for name, label in zip(request.rows, row, strict=False)}
    used = {*request.rows, *request.cols, *request.filters}
    following = next((name for name in request.dataset.path if name not in used), None)
    return None if following is None else request.narrowed(keys, rows=following)


def _row(pivot: Pivot, key: Key, across: Sequence[Key], address: Address | None) -> Row:
    request = pivot.request
    depth = len(request.rows)
    names = [label.text for label in key]
    if len(key) < depth or not depth:
        names.append(_("Total"))
    cells: list[Any] = [*names, *[""] * (max(depth, 1) - len(names))]
    links: dict[str, str] = {}
    for n, column in enumerate(across):
        values = pivot.cells.get((key, column), (None,) * len(request.values))
        cells += _figures(values, request.values)
        if address is not None and any(value is not None for value in values):
            url = address("lines", cell_words(request, key, column))
            links |= {_column_key(n, value): url for value in request.values}
    if address is not None and key and (words := next_level(request, key)) is not None:
        links[request.rows[len(key) - 1]] = address("pivot", words)
    return Row(tuple(cells), is_total=len(key) < depth or not depth, links=links)


def _figures(values: Sequence[Decimal | None], meanings: Sequence[Value]) -> list[Any]:
    return [
        int(figure) if figure is not None and value.unit == Unit.COUNT else figure
        for figure, value in zip(values, meanings, strict=True)
    ]


def _kind(value: Value) -> Kind:
    return KINDS.get(value.unit, Kind.QUANTITY)


def _column_key(place: int, value: Value) -> str:
    return value.code if not place else f"{value.code}_{place + 1}"


def _heading(key: Key, value: Value, request: PivotRequest) -> str:
    if not request.cols:
        return str(value.title)
    name = " · ".join(label.text for label in key) or _("Total")
    return name if len(request.values) == 1 else f"{name} · {value.title}"


def _too_long(field: str) -> InvalidInput:
    return refused(
        field,
        "too_many_groups",
        _("A file holds {n} rows at most. Filter, or split by less.").format(n=MOST_IN_FILE),
    )
