from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.errors import InvalidInput
from apps.masterdata.gs1.check_digits import SET_82, check_digit, is_checked, with_check_digit
from apps.masterdata.gs1.dictionary import identifier, matches
from apps.masterdata.gs1.elements import (
    SEPARATOR,
    Element,
    bracketed,
    check_elements,
    make_element,
    parse_bracketed,
    parse_scanned,
    values,
    written,
)
from apps.masterdata.gs1.links import parse_link
from apps.masterdata.gs1.scans import read_scan

TEXT = st.text(alphabet=SET_82, min_size=1, max_size=20)
DIGITS = st.text(alphabet=string.digits, min_size=13, max_size=13)


def test_the_check_digit_of_the_general_specifications() -> None:
    assert check_digit("629104150021") == "3"
    assert is_checked("6291041500213")
    assert not is_checked("6291041500214")
    with pytest.raises(ValueError, match="12a"):
        with_check_digit("12a")


@given(DIGITS, TEXT, TEXT)
def test_what_is_written_is_read_again(digits: str, lot: str, serial: str) -> None:
    elements = [
        Element(known, value)
        for code, value in (("01", with_check_digit(digits)), ("10", lot), ("21", serial))
        if (known := identifier(code))
    ]
    assert parse_scanned(written(elements)) == elements
    assert parse_bracketed(bracketed(elements)) == elements
    check_elements(elements)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    for read in (parse_bracketed, parse_scanned, parse_link, read_scan):
        try:
            read(text)
        except InvalidInput as refusal:
            assert refusal.field == "scan"


def test_a_scan_with_separator() -> None:
    found = parse_scanned(f"010950110153000310AB-123{SEPARATOR}172612313103001250")
    assert values(found) == {
        "01": "09501101530003",
        "10": "AB-123",
        "17": "261231",
        "3103": "001250",
    }


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("(01)09501101530004", "gs1_content"),
        ("(05)123", "gs1_identifier"),
        ("(17)261340", "gs1_content"),
        ("(10)A(10)B", "gs1_repeat"),
        ("(21)A", "gs1_requirement"),
        ("(01)09501101530003(37)5", "gs1_exclusion"),
        ("(253)1234567890128(8030)AB", "gs1_signature"),
        ("01 09501101530003", "gs1_syntax"),
        ("(37)123456789", "gs1_length"),
    ],
)
def test_bad_element_strings_are_named(text: str, code: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        check_elements(parse_bracketed(text))
    assert refusal.value.code == code
    assert refusal.value.field == "scan"


def test_patterns_of_identifiers() -> None:
    assert matches("3103", "310n")
    assert matches("3103", "31nn")
    assert not matches("3203", "31nn")
    assert not matches("310", "310n")


def test_an_element_alone() -> None:
    assert str(make_element("10", "A(1)")) == r"(10)A\(1)"
    with pytest.raises(InvalidInput):
        make_element("01", "123")
