"""Reading tables that strangers send: CSV and XLSX, with limits before anything is parsed.

Every cell arrives as text. Raises ``InvalidInput`` (422) naming line and reason.
"""

from __future__ import annotations

import csv
import datetime
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from python_calamine import CalamineError, CalamineWorkbook

from apps.core.errors import InvalidInput

LARGEST_FILE = 10 * 1024 * 1024
MOST_ROWS = 100_000
MOST_COLUMNS = 200
LARGEST_INFLATED = 50 * 1024 * 1024
LARGEST_RATIO = 100
MOST_MEMBERS = 1000
# Spreadsheets keep 15 digits of a number; a longer one in a number cell has lost the rest.
EXACT_NUMBER = 10**15
ENCODINGS = ("utf-8", "windows-1252", "iso-8859-1")
_CHUNK = 1 << 16
_CELL = re.compile(rb"""\br\s*=\s*["']([A-Za-z]{0,8})([0-9]{1,12})["']""")


@dataclass(frozen=True, slots=True)
class Row:
    """``line`` is where the row begins in the file, counted from 1."""

    line: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """``has_commas``: saved by a spreadsheet whose decimals have commas, as semicolons tell."""

    columns: tuple[str, ...]
    rows: list[Row]
    has_commas: bool = False

    def records(self) -> list[dict[str, str]]:
        return [row.cells for row in self.rows]


def read_table(name: str, content: bytes, *, encoding: str = "utf-8") -> Table:
    """The table in ``content``: XLSX by its first bytes, CSV otherwise."""
    if len(content) > LARGEST_FILE:
        raise _refused("file_too_large", _("The file is larger than 10 MB."))
    if not content.strip():
        raise _refused("empty_file", _("The file is empty."))
    if content.startswith(b"PK\x03\x04"):
        return _table(_read_xlsx(content))
    if name.lower().endswith((".xlsx", ".xlsm", ".xls")):
        raise _refused("file_mismatch", _("This is no XLSX file. Save it as XLSX or CSV UTF-8."))
    text = _decoded(content, encoding)
    delimiter = _delimiter(text)
    return _table(_read_csv(text, delimiter), has_commas=delimiter == ";")


def _decoded(content: bytes, encoding: str) -> str:
    if encoding not in ENCODINGS:
        raise _refused("unknown_encoding", _("Choose one of: {names}.").format(names=ENCODINGS))
    try:
        text = content.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _refused(
            "not_utf8",
            _(
                "Line {line} is not UTF-8. Save the file as “CSV UTF-8”, or choose its "
                "encoding (windows-1252, for example)."
            ).format(line=line),
        ) from None
    if "\0" in text:
        raise _refused("not_text", _("The file is not text."))
    return text


def _read_csv(text: str, delimiter: str) -> Iterator[tuple[int, Sequence[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise _csv_error(line, error) from None
        yield line, cells
        line = reader.line_num + 1


def _csv_error(line: int, error: csv.Error) -> InvalidInput:
    if "unexpected end" in str(error):
        return _refused(
            "unterminated_quote",
            _("Line {line}: a quotation mark is opened and never closed.").format(line=line),
        )
    return _refused("bad_csv", _("Line {line}: {error}.").format(line=line, error=error))


def _delimiter(text: str) -> str:
    header = text.split("\n", 1)[0]
    return max(",;\t", key=header.count)


def _read_xlsx(content: bytes) -> Iterator[tuple[int, Sequence[str]]]:
    _check_archive(content)
    try:
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0)
        offset = sheet.start[0] if sheet.start else 0
        rows = sheet.to_python(skip_empty_area=True)
    except (CalamineError, ValueError, OSError) as error:
        raise _refused("bad_xlsx", _("The XLSX file is damaged.")) from error
    for number, row in enumerate(rows, start=offset + 1):
        yield number, [_cell_text(value, number) for value in row]


def _check_archive(content: bytes) -> None:
    """Sizes as declared, then as they are; the last cell; no DTD. All before the parser sees it."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            declared = sum(member.file_size for member in members)
            if len(members) > MOST_MEMBERS or declared > LARGEST_INFLATED:
                raise _refused("inflates_too_far", _("The file unpacks to too much."), status=413)
            if declared > LARGEST_RATIO * max(len(content), 1):
                raise _refused("inflates_too_far", _("The file unpacks to too much."), status=413)
            if not any(member.filename == "xl/workbook.xml" for member in members):
                raise _refused("bad_xlsx", _("This archive is no XLSX file."))
            for member in members:
                _check_member(archive, member)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise _refused("bad_xlsx", _("The XLSX file is damaged.")) from error


def _check_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    is_sheet = member.filename.startswith("xl/worksheets/")
    tail = b""
    with archive.open(member) as stream:
        while chunk := stream.read(_CHUNK):
            window = tail + chunk
            if b"<!DOCTYPE" in window or b"<!ENTITY" in window:
                raise _refused("dtd", _("The file declares XML entities (DTD); this is refused."))
            if is_sheet:
                _check_positions(window)
            tail = chunk[-64:]


def _check_positions(window: bytes) -> None:
    if b"\0" in window:
        raise _refused("bad_xlsx", _("The XLSX file is damaged."))
    for letters, digits in _CELL.findall(window):
        column = 0
        for letter in letters.upper():
            column = column * 26 + letter - 64
        if int(digits) > MOST_ROWS + 1 or column > MOST_COLUMNS:
            raise _too_large()


def _cell_text(value: Any, row: int) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float | int):
        if abs(value) >= EXACT_NUMBER:
            raise _refused(
                "digits_lost",
                _(
                    "Row {row}: a number cell has more than 15 digits and has lost some. "
                    "Format the column as text."
                ).format(row=row),
            )
        return str(int(value)) if value == int(value) else repr(value)
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date().isoformat()
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return str(value)


def _table(lines: Iterator[tuple[int, Sequence[str]]], *, has_commas: bool = False) -> Table:
    _first, header = next(lines, (1, ()))
    columns = [str(cell).strip() for cell in header]
    while columns and not columns[-1]:
        columns.pop()
    _check_header(columns)
    rows: list[Row] = []
    for line, cells in lines:
        if not any(cell.strip() for cell in cells):
            continue
        if len(rows) >= MOST_ROWS:
            raise _too_large()
        extra = any(cell.strip() for cell in cells[len(columns) :])
        if extra or len(cells) < len(columns):
            raise _refused(
                "cell_count",
                _("Line {line} has {found} cells; the header has {wanted}.").format(
                    line=line, found=len(cells), wanted=len(columns)
                ),
            )
        rows.append(Row(line, dict(zip(columns, cells, strict=False))))
    return Table(tuple(columns), rows, has_commas)


def _check_header(columns: list[str]) -> None:
    if not columns:
        raise _refused("no_header", _("The first line must name the columns."))
    if len(columns) > MOST_COLUMNS:
        raise _too_large()
    seen: set[str] = set()
    for place, name in enumerate(columns, start=1):
        if not name:
            raise _refused("no_header", _("Column {n} has no name.").format(n=place))
        if name in seen:
            raise _refused(
                "duplicate_column",
                _("Duplicate column: {name} appears twice.").format(name=name[:60]),
            )
        seen.add(name)


def _too_large() -> InvalidInput:
    return _refused(
        "too_many_cells",
        _("A table has at most {rows} rows and {columns} columns.").format(
            rows=MOST_ROWS, columns=MOST_COLUMNS
        ),
    )


def _refused(code: str, message: str, *, status: int = 422) -> InvalidInput:
    error = InvalidInput(code, message, field="file")
    error.status = status
    return error


# --- writing -------------------------------------------------------------------------------

_FORMULA = re.compile("'*[=+\\-@\t\r\uff1d\uff0b\uff0d\uff20]")


def neutral(text: str) -> str:
    """``text`` such that no spreadsheet takes it for a formula: an apostrophe in front."""
    return f"'{text}" if _FORMULA.match(text) else text


def restored(text: str) -> str:
    """The text that ``neutral`` was given."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


def write_csv(columns: Sequence[str], rows: Iterator[Sequence[Any]]) -> bytes:
    """UTF-8 with a BOM, so that every spreadsheet reads it right; texts neutralised."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([neutral(cell) if isinstance(cell, str) else cell for cell in row])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def write_xlsx(columns: Sequence[str], rows: Iterator[Sequence[Any]]) -> bytes:
    """One sheet; texts are string cells, numbers are numbers while a spreadsheet can keep them."""
    import xlsxwriter

    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"constant_memory": True, "in_memory": True}) as book:
        sheet = book.add_worksheet()
        bold = book.add_format({"bold": True})
        for place, name in enumerate(columns):
            sheet.write_string(0, place, name, bold)
        for number, row in enumerate(rows, start=1):
            for place, cell in enumerate(row):
                _write_cell(sheet, number, place, cell)
        sheet.freeze_panes(1, 0)
    return out.getvalue()


def _write_cell(sheet: Any, row: int, column: int, cell: Any) -> None:
    if cell is None or cell == "":
        return
    if isinstance(cell, bool):
        sheet.write_boolean(row, column, cell)
    elif isinstance(cell, str):
        sheet.write_string(row, column, neutral(cell))
    elif isinstance(cell, datetime.date | datetime.time):
        sheet.write_string(row, column, cell.isoformat())
    elif len(f"{abs(cell):f}".replace(".", "").strip("0")) > 15:
        sheet.write_string(row, column, f"{cell:f}")
    else:
        sheet.write_number(row, column, cell)
