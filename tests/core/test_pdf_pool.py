"""Many PDFs by many processes: in order, with what went wrong said, and no process left."""

from __future__ import annotations

import io

import pytest
from pypdf import PdfReader

from apps.core import pdf_pool
from apps.core.pdf_pool import pdfs_of
from apps.core.printouts import assets

PAGE = "<html><head><style>p {{ font: 9pt Print }}</style></head><body><p>{}</p></body></html>"


def texts(*pages: str, processes: int) -> list[str]:
    made = pdfs_of(pages, assets(), processes=processes)
    return [PdfReader(io.BytesIO(one)).pages[0].extract_text().strip() for one in made]


@pytest.mark.parametrize("processes", [0, 1, 2])
def test_pdfs_come_in_order(processes: int) -> None:
    words = [f"page {number} – naïve Ω" for number in range(7)]
    assert texts(*(PAGE.format(word) for word in words), processes=processes) == words


def test_pages_are_read_a_little_ahead_only() -> None:
    read = []

    def pages() -> object:
        for number in range(20):
            read.append(number)
            yield PAGE.format(number)

    made = pdfs_of(pages(), assets(), processes=2)  # type: ignore[arg-type]
    next(made)
    assert len(read) <= 6
    made.close()  # type: ignore[attr-defined]


def test_what_a_process_can_not_do_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(page: str, _assets: object) -> bytes:
        if page == "bad":
            raise ValueError("too bad")
        return page.encode()

    monkeypatch.setattr(pdf_pool, "pdf_of", fail)
    source, target = io.BytesIO(), io.BytesIO()
    for text in ("{}", "good", "bad", "good again"):
        pdf_pool._write(source, text.encode())
    source.seek(0)
    pdf_pool.serve(source, target)
    target.seek(0)
    answers = [pdf_pool._read(target) for _ in range(3)]
    assert answers == [(True, b"good"), (False, b"ValueError: too bad"), (True, b"good again")]
    assert pdf_pool.cores() >= 1
