from __future__ import annotations

from datetime import date
from decimal import Decimal

import pypdfium2
import pytest

from apps.finance.models import Invoice
from apps.finance.printouts import invoice_pdf
from apps.finance.services.invoices import BillingLine, draft_invoice, post_invoice
from tests.factories import Books
from tests.support.faces import ApiClient, codes


def text_of(content: bytes) -> str:
    return "\n".join(p.get_textpage().get_text_range() for p in pypdfium2.PdfDocument(content))


@pytest.fixture
def invoice(books: Books) -> Invoice:
    books.company.bank_details = "IBAN DE02 1203 0000 0000 2020 51"
    books.company.tax_number = "DE123456789"
    books.company.save_by(books.by)
    partner = books.partner("C-7", address="1 Mill Lane\nLeeds", language="en")
    item = books.item("BRK-1")
    lines = [
        BillingLine(Decimal("2.5"), Decimal("19.99"), item, "Bracket <b>{{ 7 }}</b>",
                    books.tax_codes["STD"]),
        BillingLine(Decimal(1), Decimal("1000"), None, "Freight", books.tax_codes["RED"]),
        *(BillingLine(Decimal(1), Decimal("1.00"), None, f"Line {n}") for n in range(60)),
    ]  # fmt: skip
    draft = draft_invoice(
        books.company, kind="customer", partner=partner, date=date(2026, 3, 3), lines=lines,
        reference="PO 4711", by=books.by,
    )  # fmt: skip
    return post_invoice(draft, by=books.by)


def test_an_invoice_says_all_it_must(invoice: Invoice) -> None:
    text = text_of(invoice_pdf(invoice))
    for words in (
        "Invoice SAL-2026-000001", "1 Mill Lane", "PO 4711", "BRK-1", "IBAN DE02", "DE123456789",
        "Standard rate 20 %", "9.99", "Reduced rate 10 %", "100.00", "Page 1 of 3",
    ):  # fmt: skip
        assert words in text, words
    assert f"{invoice.total:.2f}" in text.replace(",", "")
    assert "<b>{{ 7 }}</b>" in text, "texts are printed as they are, never run"


def test_letter_is_a_size_too(invoice: Invoice) -> None:
    width, height = pypdfium2.PdfDocument(invoice_pdf(invoice, paper="Letter"))[0].get_size()
    assert (round(width), round(height)) == (612, 792)


def test_the_api_prints(invoice: Invoice, books: Books) -> None:
    api = ApiClient(books.by)
    answer = api.get(f"/finance/invoices/{invoice.pk}/pdf/")
    assert answer.content.startswith(b"%PDF")
    refused = api.get(f"/finance/invoices/{invoice.pk}/pdf/?paper=A0")
    assert (refused.status_code, codes(refused)) == (422, [("paper", "unknown_paper")])
