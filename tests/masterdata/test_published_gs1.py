"""The vectors of the GS1 reference implementation: every value accepted or refused as there."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence

import pytest

from apps.core.errors import InvalidInput
from apps.masterdata.gs1 import scans
from apps.masterdata.gs1.elements import (
    SEPARATOR,
    Element,
    check_content,
    check_exclusions,
    check_repeats,
    check_requirements,
    check_signature,
    make_element,
    parse_bracketed,
    parse_scanned,
    written,
)
from apps.masterdata.gs1.links import parse_link
from apps.masterdata.gs1.linters import LINTERS
from tests.support.published import CASES

FOLDER = CASES / "08-shopfloor" / "gs1"
LISTS = sorted(path.stem.removeprefix("lint_") for path in FOLDER.glob("lint_*.csv"))
#: They ask a register of company prefixes, which the reference tests make up.
REGISTERED = ("gcppos1", "gcppos2")
#: Names instead of numbers ("gtin"): withdrawn from the standard.
WITHDRAWN = "/gtin/12312312312333/ser/"

pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="the published cases are not here (MES_ERP_CASES)"
)


def rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def verdict(attempt: Callable[[], object]) -> tuple[str, str]:
    """("accept", what came of it) or ("reject", why)."""
    try:
        return "accept", str(attempt())
    except InvalidInput as refusal:
        return "reject", str(refusal)


def caret(elements: Sequence[Element]) -> str:
    return "^" + written(elements, separator="^")


def from_caret(text: str) -> list[Element]:
    return parse_scanned(text.removeprefix("^").replace("^", SEPARATOR))


@pytest.mark.case("SHP-GS1-{name}-dev")
@pytest.mark.parametrize("name", LISTS)
def test_the_content_of_components(name: str) -> None:
    if name in REGISTERED:
        pytest.skip("needs the register of company prefixes that the reference tests make up")
    for row in rows(f"lint_{name}"):
        fault = LINTERS[name](row["value"])
        assert (fault == "") == (row["verdict"] == "accept"), (row, fault)
        if fault and not (name == "csumalpha" and "CSET82" in fault):
            assert fault == row["error"], row


@pytest.mark.case("SHP-GS1-element_string_parse-dev")
def test_element_strings_in_brackets() -> None:
    for row in rows("element_string_parse"):
        said, got = verdict(lambda row=row: caret(parse_bracketed(row["bracketed"])))
        assert said == row["verdict"], (row, got)
        if said == "accept":
            assert got == row["expected_unbracketed"]


@pytest.mark.case("SHP-GS1-element_string_scan-dev")
def test_element_strings_as_scanned() -> None:
    for row in rows("element_string_scan"):
        text = row["unbracketed_fnc1_as_caret"]
        said, got = verdict(lambda text=text: from_caret(text))
        assert said == row["verdict"], (row, got)


CHECKS = {
    "AIrepeats": check_repeats,
    "AImutex": check_exclusions,
    "AIrequisites": check_requirements,
    "DigSigRequiresSerialisedKey": check_signature,
}


@pytest.mark.case("SHP-GS1-element_string_semantics-dev")
def test_what_may_and_must_come_together() -> None:
    for row in rows("element_string_semantics"):
        elements = parse_bracketed(row["element_string"], known_only=False)
        said, got = verdict(lambda row=row, found=elements: CHECKS[row["check"]](found))
        assert said == row["verdict"], (row, got)


@pytest.mark.case("SHP-GS1-element_string_content-dev")
def test_the_content_of_element_strings() -> None:
    for row in rows("element_string_content"):
        said, got = verdict(lambda row=row: check_content(parse_bracketed(row["element_string"])))
        assert said == row["verdict"], (row, got)


@pytest.mark.case("SHP-GS1-digital_link_parse-dev")
def test_digital_links() -> None:
    seen = set()
    for row in rows("digital_link_parse"):
        address = row["uri"]
        if WITHDRAWN in address:
            continue
        # asked again, the reference is told to let identifiers pass that it doesn't know
        known_only = address not in seen
        seen.add(address)
        said, got = verdict(
            lambda address=address, known=known_only: caret(parse_link(address, known_only=known))
        )
        assert said == row["verdict"], (row, got)
        if said == "accept":
            assert got == row["expected_element_string"]


NAMES = {
    "QR Code": "QR",
    "GS1 QR Code": "QR",
    "DataMatrix": "DM",
    "GS1 DataMatrix": "DM",
    "DotCode": "DotCode",
    "GS1 DotCode": "DotCode",
    "GS1 DataBar": "DataBarExpanded",
    "GS1-128": "GS1_128_CCA",
    "EAN-13": "EAN13",
    "EAN-8": "EAN8",
}


def message(scan: scans.Scan) -> str:
    """``scan`` in the notation of the reference: FNC1 is a caret, a caret has a backslash."""
    if scan.symbol in ("EAN-13", "EAN-8"):
        composite = scan.elements[1:]
        return scan.text + (f"|{caret(composite)}" if composite else "")
    if scan.elements:
        return caret(scan.elements)
    return f"\\{scan.text}" if scan.text.lstrip("\\").startswith("^") else scan.text


@pytest.mark.case("SHP-GS1-scan_data_process-dev")
def test_what_a_scanner_sends() -> None:
    for row in rows("scan_data_process"):
        if not row["scan_data"].startswith("]"):
            continue  # without a symbology identifier it is text here, not a fault
        said, got = verdict(lambda row=row: message(scans.read_scan(row["scan_data"])))
        assert said == row["verdict"], (row, got)
        if said == "accept":
            assert got == row["expected_message"]
            assert NAMES[scans.read_scan(row["scan_data"]).symbol] == row["symbology"]


PLAIN = {"QR": "]Q1", "DM": "]d1", "DotCode": "]J0"}
MARKED = {
    "QR": "]Q3",
    "DM": "]d2",
    "DotCode": "]J1",
    "DataBarExpanded": "]e0",
    "GS1_128_CCA": "]C1",
    "GS1_128_CCC": "]C1",
}


def sent(symbology: str, text: str) -> str:
    """What a scanner would send for a symbol of ``text``."""
    if symbology in PLAIN and not text.startswith("^"):
        return PLAIN[symbology] + text.removeprefix("\\" if text.startswith("\\") else "")
    linear, _bar, composite = text.partition("|")
    more = from_caret(composite) if composite else []
    if symbology in ("EAN13", "EAN8", "UPCA", "UPCE"):
        kind = "]E4" if symbology == "EAN8" else "]E0"
        digits = linear.zfill(13) if symbology.startswith("UPC") else linear
        return scans.scanned_retail(kind, digits, more)
    if symbology in ("DataBarOmni", "DataBarLimited"):
        return scans.scanned("]e0", [make_element("01", linear), *more])
    if symbology not in MARKED or not linear.startswith("^"):
        raise InvalidInput("unknown_symbol", "no such symbol")
    return scans.scanned("]e0" if more else MARKED[symbology], [*from_caret(linear), *more])


@pytest.mark.case("SHP-GS1-scan_data_generate-dev")
def test_what_a_scanner_would_send() -> None:
    for row in rows("scan_data_generate"):
        said, got = verdict(lambda row=row: sent(row["symbology"], row["message"]))
        assert said == row["verdict"], (row, got)
        if said == "accept":  # a separator at the end says nothing: none is written
            assert got == row["expected_scan_data"].rstrip(SEPARATOR)
