"""Reports as files: CSV, XLSX with real numbers, PDF."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from typing import IO, Any

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.printouts import PAPERS, render_pdf, require_paper
from apps.core.reports import Column, Kind, Report, Row
from apps.core.tables import neutral

#: Above this many rows a laid-out page costs twenty times a drawn one.
MOST_LAID_OUT = 300
#: With more columns the page is turned, or the last ones would be cut off.
MOST_UPRIGHT = 7
#: With more columns of figures the print is small and leaves codes out: months side by side.
MOST_PLAIN = 9
EXCEL_DIGITS = 15
#: Of one sheet, by the format.
SHEET_ROWS = 1_048_576
#: What is longer may break, or its column would push the others out.
LONGEST_WORD = 24
_PLACE = re.compile(r"\{(\d+)\}", re.ASCII)


def to_csv(report: Report) -> bytes:
    """UTF-8 with a BOM; a header line, then the rows; figures with a point and no grouping."""
    out = io.BytesIO()
    write_csv([report], out)
    return out.getvalue()


def write_csv(pages: Iterable[Report], out: IO[bytes]) -> None:
    """The rows of a report that comes in pages, to a file: only one page stands in memory."""
    out.write(b"\xef\xbb\xbf")
    text = io.TextIOWrapper(out, encoding="utf-8", newline="")
    writer = csv.writer(text)
    for number, page in enumerate(pages):
        if not number:
            writer.writerow([neutral(column.label) for column in page.columns])
        for row in page.rows:
            writer.writerow([
                cell if column.kind.is_number else neutral(str(cell))
                for column, cell in _plain_cells(page, row)
            ])  # fmt: skip
    text.flush()
    text.detach()


def to_xlsx(report: Report) -> bytes:
    """One sheet with title, frozen header, indents and totals; figures are numbers, and totals
    that know what they are made of are formulas."""
    out = io.BytesIO()
    write_xlsx([report], out)
    return out.getvalue()


def write_xlsx(pages: Iterable[Report], out: IO[bytes], *, is_streamed: bool = False) -> None:
    """The same for a report that comes in pages; ``is_streamed`` keeps no row in memory.

    Raises ``InvalidInput`` for more rows than a sheet has.
    """
    import xlsxwriter

    options = {"constant_memory": True} if is_streamed else {"in_memory": True}
    with xlsxwriter.Workbook(out, options) as book:
        sheet = book.add_worksheet()
        top = following = 0
        for number, page in enumerate(pages):
            if not number:
                formats = _Formats(book, page.decimal_places)
                top = _head(sheet, page, formats)
                following = top + 1
            if following + len(page.rows) > SHEET_ROWS:
                raise InvalidInput(
                    "too_long", _("A sheet has {most} rows.").format(most=SHEET_ROWS), field="as"
                )
            for at, row in enumerate(page.rows, start=following):
                for place, (column, cell) in enumerate(zip(page.columns, row.cells, strict=True)):
                    style = formats.cell(column, row, place)
                    formula = _formula(column, row, at, place, top + 1)
                    _write(sheet, at, place, column, page.plain(column, cell), style, formula)
            following += len(page.rows)


def _head(sheet: Any, report: Report, formats: _Formats) -> int:
    """Title, subtitles and the header that is frozen; the number of its row."""
    sheet.write_string(0, 0, neutral(report.title), formats.title)
    for number, text in enumerate(report.subtitles, start=1):
        sheet.write_string(number, 0, neutral(text))
    top = len(report.subtitles) + 2
    for place, column in enumerate(report.columns):
        sheet.write_string(top, place, neutral(column.label), formats.header(column))
        sheet.set_column(place, place, 16 if column.kind.is_number else 24)
    sheet.freeze_panes(top + 1, 0)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(top)
    return top


def to_pdf(report: Report, *, company: Any, paper: str = "A4") -> bytes:
    """Laid out by HTML and CSS, or drawn row by row when it is long.

    Raises ``InvalidInput`` for a paper we don't print on.
    """
    require_paper(paper)
    if len(report.rows) > MOST_LAID_OUT:
        from apps.core.long_tables import draw_report

        return draw_report(report, paper=paper)
    context = {"company": company, "report": report, "rows": text_rows(report)}
    figures = sum(column.kind.is_number for column in report.columns)
    context["is_dense"] = figures > MOST_PLAIN
    if len(report.columns) > MOST_UPRIGHT:
        context["paper_size"] = " ".join(reversed(PAPERS[paper].split()))
    return render_pdf("core/printouts/report.html", context, paper=paper, title=report.title)


def text_rows(report: Report) -> list[dict[str, Any]]:
    """Rows ready for a template: each cell with its text, kind and link."""
    return [
        {
            "level": row.level,
            "is_total": row.is_total,
            "cells": [
                {
                    "key": column.key,
                    "text": text,
                    "is_number": column.kind.is_number,
                    "is_word": _is_word(text),
                    "is_negative": column.kind.is_number and bool(cell) and cell < 0,
                    "url": row.links.get(column.key, ""),
                }
                for column, cell in zip(report.columns, row.cells, strict=True)
                for text in (report.text(column, cell),)
            ],
        }
        for row in report.rows
    ]


def _is_word(text: str) -> bool:
    """A date, a code or a number of a document: it does not break at its hyphens."""
    return len(text) <= LONGEST_WORD and not any(letter.isspace() for letter in text)


def _plain_cells(report: Report, row: Row) -> list[tuple[Column, Any]]:
    return [
        (column, report.plain(column, cell))
        for column, cell in zip(report.columns, row.cells, strict=True)
    ]


class _Formats:
    """The few cell formats of a workbook, made once each."""

    def __init__(self, book: Any, decimal_places: int) -> None:
        self._book = book
        self._made: dict[tuple[Any, ...], Any] = {}
        decimals = "." + "0" * decimal_places if decimal_places else ""
        self._number = {Kind.MONEY: f"#,##0{decimals}", Kind.QUANTITY: "#,##0.######"}
        self.title = book.add_format({"bold": True, "font_size": 14})

    def header(self, column: Column) -> Any:
        align = "right" if column.kind.is_number else "left"
        return self._make(bold=True, bottom=1, align=align)

    def cell(self, column: Column, row: Row, place: int) -> Any:
        options: dict[str, Any] = {"bold": True, "top": 1} if row.is_total else {}
        if column.kind in self._number:
            options["num_format"] = self._number[column.kind]
        elif row.level and not place:
            options["indent"] = row.level
        return self._make(**options)

    def _make(self, **options: Any) -> Any:
        key = tuple(sorted(options.items()))
        if key not in self._made:
            self._made[key] = self._book.add_format(options)
        return self._made[key]


def _formula(column: Column, row: Row, number: int, place: int, top: int) -> str:
    """What a cell is computed from, with the addresses of this sheet."""
    from xlsxwriter.utility import xl_rowcol_to_cell

    if column.formula:
        return _PLACE.sub(lambda m: xl_rowcol_to_cell(number, int(m[1])), column.formula)
    if row.formula and column.kind == Kind.MONEY:
        return _PLACE.sub(lambda m: xl_rowcol_to_cell(top + int(m[1]), place), row.formula)
    return ""


def _write(
    sheet: Any, row: int, place: int, column: Column, cell: Any, style: Any, formula: str
) -> None:
    if cell == "":
        sheet.write_blank(row, place, None, style)
    elif formula:
        sheet.write_formula(row, place, f"={formula}", style, float(cell))
    elif column.kind.is_number and len(str(cell).strip("-").replace(".", "")) <= EXCEL_DIGITS:
        sheet.write_number(row, place, float(cell), style)
    else:
        sheet.write_string(row, place, neutral(str(cell)), style)
