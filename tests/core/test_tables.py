"""Hostile and honest tables: CSV and XLSX files in, formulas out."""

from __future__ import annotations

import csv
import io
import json
import os
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from apps.core.cells import BadCell, value_of
from apps.core.errors import InvalidInput
from apps.core.tables import neutral, read_table, restored, write_csv, write_xlsx
from apps.hr.models import Employee
from apps.masterdata.models import Item

CASES = Path(os.environ.get("MES_ERP_CASES", Path(settings.BASE_DIR).parent / "shared" / "cases"))
published = pytest.mark.skipif(
    not (CASES / "11-robustness").is_dir(), reason="the published cases are not here"
)


def case(name: str) -> bytes:
    return (CASES / "11-robustness" / name).read_bytes()


def refusal(name: str, content: bytes, **options: Any) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        read_table(name, content, **options)
    return caught.value


@published
@pytest.mark.parametrize("name", ["simple", "comma_in_quotes", "quotes_and_newlines", "utf8"])
def test_published_csv_files_are_read_exactly(name: str) -> None:
    expected = json.loads(case(f"csv/{name}.expected.json"))
    assert read_table(f"{name}.csv", case(f"csv/{name}.csv")).records() == expected


@published
def test_published_bad_csv_files_are_answered_as_expected() -> None:
    assert read_table("x.csv", case("csv_bad/utf8_bom.csv")).columns == ("code", "qty")
    quote = refusal("x.csv", case("csv_bad/unterminated_quote.csv"))
    assert quote.code == "unterminated_quote" and "2" in quote.message
    assert refusal("x.csv", case("csv_bad/duplicate_header.csv")).code == "duplicate_column"
    latin = refusal("x.csv", case("csv_bad/latin1.csv"))
    assert latin.code == "not_utf8" and "CSV UTF-8" in latin.message
    chosen = read_table("x.csv", case("csv_bad/latin1.csv"), encoding="iso-8859-1")
    assert chosen.records() == [{"code": "A1", "name": "café"}]
    assert read_table("x.csv", case("csv_bad/leading_zeros_and_big.csv")).records() == [
        {"code": "007", "serial": "12345678901234567890"},
        {"code": "1E5", "serial": "0012"},
    ]


@published
def test_published_bad_dates_only_the_real_one_is_taken() -> None:
    day = Employee._meta.get_field("hired_on")
    taken = []
    for row in read_table("x.csv", case("csv_bad/dates_bad.csv")).records():
        try:
            value_of(day, row["date"])
            taken.append(row["code"])
        except BadCell as bad:
            assert bad.code == "invalid_date"
    assert taken == ["B"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b"  \n", "empty_file"),
        (b"a,,c\n1,2,3\n", "no_header"),
        (b"a,b\n1\n", "cell_count"),
        (b"a,b\n1,2,3\n", "cell_count"),
        (b'a,b\n"x"y,2\n', "bad_csv"),
        (b"a,b\n1,\x002\n", "not_text"),
        (b"a\n" + b"x" * 200_000, "bad_csv"),
        (b",".join(b"c%d" % n for n in range(201)) + b"\n", "too_many_cells"),
        (b"a\n" + b"1\n" * 100_001, "too_many_cells"),
        (b"a\n" + b"1" * (10 * 1024 * 1024), "file_too_large"),
        ("a,b\n1,2\n".encode("utf-16"), "not_utf8"),
        (b"%PDF-1.7", "cell_count"),
    ],
)
def test_broken_csv_is_refused_with_a_reason(content: bytes, code: str) -> None:
    if code == "cell_count" and content.startswith(b"%PDF"):
        assert read_table("x.csv", content).rows == []
        return
    assert refusal("x.csv", content).code == code


def test_semicolons_and_tabs_are_recognised() -> None:
    assert read_table("x.csv", b"a;b\n1,5;2\n").records() == [{"a": "1,5", "b": "2"}]
    assert read_table("x.csv", b"a\tb\n1\t2\n").records() == [{"a": "1", "b": "2"}]


def workbook(rows: list[list[Any]]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        date = book.add_format({"num_format": "yyyy-mm-dd"})
        for r, row in enumerate(rows):
            for c, cell in enumerate(row):
                if hasattr(cell, "isoformat"):
                    sheet.write_datetime(r, c, cell, date)
                else:
                    sheet.write(r, c, cell)
    return out.getvalue()


def test_xlsx_keeps_codes_as_they_are_written() -> None:
    import datetime

    content = workbook(
        [
            ["code", "n", "when", "flag"],
            ["007", 7, datetime.date(2024, 2, 29), True],
            ["1E5", 1.25, datetime.date(2026, 1, 1), False],
        ]
    )
    assert read_table("x.xlsx", content).records() == [
        {"code": "007", "n": "7", "when": "2024-02-29", "flag": "true"},
        {"code": "1E5", "n": "1.25", "when": "2026-01-01", "flag": "false"},
    ]
    lost = refusal("x.xlsx", workbook([["serial"], [12345678901234567890]]))
    assert lost.code == "digits_lost"


def _with_sheet(sheet: bytes, **members: bytes) -> bytes:
    """A small workbook whose only sheet is ``sheet``."""
    out = io.BytesIO()
    source = zipfile.ZipFile(io.BytesIO(workbook([["a"], ["1"]])))
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            is_sheet = name == "xl/worksheets/sheet1.xml"
            target.writestr(name, sheet if is_sheet else source.read(name))
        for name, content in members.items():
            target.writestr(name, content)
    return out.getvalue()


SHEET = (
    b'<?xml version="1.0"?><worksheet xmlns='
    b'"http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>%s</sheetData>'
    b"</worksheet>"
)


MANY = {f"x{n}": b"" for n in range(1001)}


def cell(place: str) -> bytes:
    row = place.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    return f'<row r="{row}"><c r="{place}"><v>1</v></c></row>'.encode()


@pytest.mark.parametrize(
    ("content", "code", "status"),
    [
        (lambda: _with_sheet(SHEET % (b" " * 6_000_000)), "inflates_too_far", 413),
        (lambda: _with_sheet(SHEET % b"", **MANY), "inflates_too_far", 413),
        (lambda: _with_sheet(SHEET % (cell("A1") + cell("XFD1048576"))), "too_many_cells", 422),
        (lambda: _with_sheet(SHEET % cell("XFD1")), "too_many_cells", 422),
        (lambda: _with_sheet(SHEET % cell("A1048576")), "too_many_cells", 422),
        (lambda: _with_sheet(b'<!DOCTYPE x [<!ENTITY a "b">]>' + SHEET % b"&a;"), "dtd", 422),
        (lambda: _with_sheet(b"<worksheet"), "bad_xlsx", 422),
        (lambda: workbook([["a"]])[:-200], "bad_xlsx", 422),
        (lambda: b"PK\x03\x04" + b"x" * 100, "bad_xlsx", 422),
        (lambda: _zip({"a.txt": b"x"}), "bad_xlsx", 422),
        (lambda: b"a,b\n1,2\n", "file_mismatch", 422),
    ],
)  # fmt: skip
def test_s15_s16_s17_hostile_xlsx_is_refused_before_it_is_parsed(
    content: Any, code: str, status: int
) -> None:
    error = refusal("x.xlsx", content())
    assert (error.code, error.status) == (code, status)


def _zip(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\uff1d1",
    '=HYPERLINK("http://x")',
    "=cmd|' /C calc'!A0",
    "'=already",
    "''=twice",
]


@pytest.mark.parametrize("text", FORMULAS)
def test_s18_formulas_are_neutralised_and_come_back(text: str) -> None:
    out = write_csv(["code", "amount"], iter([[text, Decimal("-5.5")]])).decode("utf-8-sig")
    cells = next(iter(list(csv.reader(io.StringIO(out, newline="")))[1:]))
    assert cells[0].startswith("'") and cells[1] == "-5.5"
    assert restored(cells[0]) == text
    with zipfile.ZipFile(io.BytesIO(write_xlsx(["c"], iter([[text]])))) as book:
        assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")


@given(st.text(max_size=40))
def test_neutral_is_undone_by_restored(text: str) -> None:
    assert restored(neutral(text)) == text


def test_numbers_stay_numbers_in_xlsx_while_they_fit() -> None:
    content = write_xlsx(["n"], iter([[Decimal("-1.5")], [Decimal("12345678901234.123456")]]))
    records = read_table("x.xlsx", content).records()
    assert records == [{"n": "-1.5"}, {"n": "12345678901234.123456"}]


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("purchase_price", "1,5", "invalid"),
        ("purchase_price", "1e3", "invalid"),
        ("purchase_price", "-1", "negative"),
        ("purchase_price", "-0", "negative_zero"),
        ("purchase_price", "NaN", "invalid"),
        ("purchase_price", "0.00001", "too_many_decimals"),
        ("purchase_price", "99999999999999999", "too_large"),
        ("purchase_price", "\uff19", "invalid"),
        ("lead_time_days", "-1", "negative"),
        ("lead_time_days", "99999999999", "too_large"),
        ("lead_time_days", "1.0", "invalid"),
        ("is_active", "maybe", "invalid"),
        ("kind", "gadget", "invalid_choice"),
        ("code", "", "required"),
        ("code", "x" * 61, "max_length"),
        ("name", "a\u202eb", "control_character"),
    ],
)
def test_cells_are_refused_by_code(name: str, text: str, code: str) -> None:
    with pytest.raises(BadCell) as caught:
        value_of(Item._meta.get_field(name), text)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("purchase_price", " 1.50 ", Decimal("1.5")),
        ("purchase_price", "", 0),
        ("is_active", "Yes", True),
        ("kind", "Purchased", "purchased"),
        ("code", "007", "007"),
        ("code", "'=x", "=x"),
        ("shelf_life_days", "", None),
        ("revision", "", "A"),
    ],
)
def test_cells_are_read(name: str, text: str, value: Any) -> None:
    assert value_of(Item._meta.get_field(name), text) == value
