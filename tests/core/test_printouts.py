"""PDFs load nothing, show what they are given, and their codes can be read again."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from django.conf import settings

from apps.core.codes import barcode_svg, qr_svg
from apps.core.errors import InvalidInput
from apps.core.pdf import fetcher
from apps.core.printouts import assets, pdf_response, render_html, render_pdf

TABLE = "core/printouts/table.html"
COMPANY = {"name": "ACME <b>Ltd</b>", "address": "1 Road\nTown", "tax_number": "DE1"}


def text_of(pdf: bytes) -> str:
    pages = pypdfium2.PdfDocument(pdf)
    return "\n".join(page.get_textpage().get_text_range() for page in pages)


def symbols_of(pdf: bytes) -> dict[str, str]:
    image = pypdfium2.PdfDocument(pdf)[0].render(scale=300 / 72).to_pil()
    return {found.text: str(found.format) for found in zxingcpp.read_barcodes(image)}


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_every_page_has_its_head_and_its_number(paper: str) -> None:
    context = {
        "company": COMPANY,
        "columns": ["Item", "Name"],
        "rows": [[f"I{n}", "naïve ≤ 5 µm Ω Ж"] for n in range(90)],
        "revision": "C",
    }
    pdf = render_pdf(TABLE, context, paper=paper, title="Price list")
    document = pypdfium2.PdfDocument(pdf)
    assert len(document) >= 2
    for number, page in enumerate(document, start=1):
        text = page.get_textpage().get_text_range()
        assert "ACME <b>Ltd</b>" in text
        assert f"{number} of {len(document)}" in text.replace("\r\n", " ")
        assert "Revision C" in text
    assert "naïve ≤ 5 µm Ω Ж" in text_of(pdf)


@pytest.mark.parametrize(
    "markup",
    [
        '<img src="http://127.0.0.1:9/x.png">',
        '<img src="file:///etc/passwd">',
        '<link rel="attachment" href="file:///etc/passwd">',
        '<link rel="stylesheet" href="http://127.0.0.1:9/x.css">',
        '<style>@import "http://127.0.0.1:9/x.css";</style>',
        "<style>@font-face{font-family:x;src:url(file:///etc/hostname)} *{font-family:x}</style>",
        '<svg><image href="file:///etc/passwd"/></svg>',
        '<object data="file:///etc/passwd"></object>',
        '<embed src="file:///etc/passwd">',
        '<img src="asset:../../settings.py">',
        "{% include '/etc/passwd' %}{{ settings.SECRET_KEY }}",
    ],
)
def test_s10_markup_in_texts_is_printed_not_obeyed(markup: str) -> None:
    context = {"company": COMPANY, "columns": ["Note"], "rows": [[markup]]}
    html = render_html(TABLE, context)
    assert markup not in html or "<" not in markup
    pdf = render_pdf(TABLE, context)
    assert "root:" not in text_of(pdf)
    assert settings.SECRET_KEY not in text_of(pdf)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/x",
        "https://example.com/",
        "file:///etc/passwd",
        "ftp://x/",
        "asset:../manage.py",
        "asset:vendor/VENDOR.json",
        "/etc/passwd",
        "DATA:text/plain,x".lower() + "x" * 3_000_000,
    ],
)
def test_the_fetcher_denies(url: str) -> None:
    with pytest.raises(ValueError):
        fetcher(assets()).fetch(url)


def test_small_data_urls_and_own_fonts_are_loaded() -> None:
    data = base64.b64encode(b"hello").decode()
    assert fetcher(assets()).fetch(f"data:text/plain;base64,{data}").read() == b"hello"
    assert fetcher(assets()).fetch("asset:font-regular").read()[:4] == b"\0\1\0\0"


@pytest.mark.parametrize(
    ("kind", "text", "read"),
    [
        ("code128", "ITEM-007", "ITEM-007"),
        ("gs1-128", "[01]09501101530003[10]AB-123", "(01)09501101530003(10)AB-123"),
        ("gs1-datamatrix", "[01]09501101530003[21]X1", "(01)09501101530003(21)X1"),
        ("ean13", "4006381333931", "4006381333931"),
    ],
)
def test_barcodes_are_read_again(kind: str, text: str, read: str, tmp_path: Path) -> None:
    found = symbols_of(_page(barcode_svg(text, kind)))
    assert read in found or read.replace("(", "").replace(")", "") in found, found


def test_qr_codes_are_read_again() -> None:
    assert "https://example.com/l/ü?x=1&y=<2>" in symbols_of(
        _page(qr_svg("https://example.com/l/ü?x=1&y=<2>"))
    )


def _page(svg: Any) -> bytes:
    from weasyprint import HTML

    return HTML(string=f"<body>{svg}</body>", url_fetcher=fetcher(assets())).write_pdf()


@pytest.mark.parametrize(
    ("kind", "text"),
    [("ean13", "4006381333932"), ("gs1-128", "[01]0950110153000X"), ("code39", "x"), ("ean13", "")],
)
def test_texts_that_a_symbology_cannot_carry_are_refused(kind: str, text: str) -> None:
    with pytest.raises(InvalidInput):
        barcode_svg(text, kind)


def test_bars_are_wide_enough_to_scan() -> None:
    with pytest.raises(InvalidInput):
        barcode_svg("X", module_mm=0.2)
    with pytest.raises(InvalidInput):
        qr_svg("X", module_mm=0.1)


def test_names_cannot_break_the_header() -> None:
    header = pdf_response(b"x", name='a"\r\nSet-Cookie: x/..ü.pdf')["Content-Disposition"]
    assert "\r" not in header and header.count('"') == 2


def test_vendored_files_are_what_they_were() -> None:
    root = Path(settings.BASE_DIR) / "apps" / "core" / "static" / "vendor"
    for package in json.loads((root / "VENDOR.json").read_text()):
        assert package["licence"] and package["version"]
        for file in package["files"]:
            content = (root / file["path"]).read_bytes()
            assert hashlib.sha256(content).hexdigest() == file["sha256"], file["path"]


@pytest.mark.parametrize("ending", ["</p>", ""], ids=["also XML", "HTML only"])
def test_pages_look_as_weasyprint_makes_them(ending: str) -> None:
    """A newer WeasyPrint may work otherwise inside: then this says so."""
    import weasyprint

    from apps.core.pdf import _page_class

    plain = (
        "<!DOCTYPE html><html><head><title>All</title></head><body><h1>A &amp; B</h1>"
        "<ul><li>one</li></ul><ol><li>two</li></ol><q>x</q><br><table><tr><th>h</th><td>d</td></tr>"
        f"</table><p>end{ending}</body></html>"
    )
    theirs = weasyprint.HTML(string=plain)
    ours = _page_class()(plain, theirs.url_fetcher)
    texts = [
        pypdfium2.PdfDocument(page.write_pdf())[0].get_textpage().get_text_range()
        for page in (ours, theirs)
    ]
    assert texts[0] == texts[1]
    assert all(part in texts[0] for part in ("•", "1.", "“x”", "A & B"))
    assert len(ours._ua_stylesheets()[0].matcher.other_selectors) < len(
        theirs._ua_stylesheets()[0].matcher.other_selectors
    )


def test_entities_are_not_expanded() -> None:
    """A page that brings its own entities is not XML to us; HTML knows none."""
    from apps.core.pdf import _as_xml

    bomb = '<!DOCTYPE html [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><html>&b;</html>'
    assert _as_xml(bomb) is None
