"""Letters name the company's account and what to quote, and what is owed in euros is scanned."""

from __future__ import annotations

from datetime import timedelta

import pypdfium2
import pytest
import zxingcpp
from django.test import Client

from apps.finance.dunning_letters import dunning_letters_pdf
from apps.finance.payment_slips import LONGEST_TEXT, payment_slip, quoted
from apps.finance.printouts import invoice_pdf
from apps.finance.services.dunning import confirm_dunning, propose_dunning
from apps.finance.services.dunning_terms import Level, create_dunning_terms
from tests.factories import Books, make_currency
from tests.finance.receivables.acts import APRIL, MARCH, D, pay

IBAN = "DE02 1203 0000 0000 2020 51"


@pytest.fixture
def banked(books: Books) -> Books:
    company = books.company
    company.name, company.iban, company.bic = "Müller & Söhne", IBAN.replace(" ", ""), "BYLADEM1001"
    company.save_by(books.by)
    return books


def read(content: bytes) -> tuple[str, list[str]]:
    """The text of a PDF, and what its codes say."""
    pages = list(pypdfium2.PdfDocument(content))
    text = "\n".join(page.get_textpage().get_text_range() for page in pages)
    images = [page.render(scale=4).to_pil() for page in pages]
    return text, [one.text for image in images for one in zxingcpp.read_barcodes(image)]


def letters(books: Books) -> bytes:
    usual = create_dunning_terms(
        company=books.company, code="D", name="D", levels=[Level(7, "x", D(5))], by=books.by
    )
    run = propose_dunning(
        books.company, terms=usual, date=MARCH + timedelta(days=40), posts_fees=False, by=books.by
    )
    return dunning_letters_pdf(confirm_dunning(run, by=books.by))


def statement(books: Books) -> bytes:
    client = Client()
    client.force_login(books.by, "apps.core.backends.PermissionBackend")
    query = "partner=C1&date_to=2026-12-31&as=pdf"
    content: bytes = client.get(f"/reports/finance/account-statement/?{query}").content
    return content


def test_a_reminder_is_paid_by_scanning_it(banked: Books) -> None:
    customer = banked.partner("C1", language="en")
    numbers = [
        banked.posted_invoice("customer", customer, MARCH, price).number for price in ("100", "50")
    ]
    text, codes = read(letters(banked))
    for part in ("Please quote", IBAN, "BYLADEM1001", ", ".join(map(str, numbers))):
        assert part in text
    [code] = codes
    assert code.splitlines() == [
        "BCD", "002", code.splitlines()[2], "SCT", "BYLADEM1001", "Müller & Söhne",
        IBAN.replace(" ", ""), "EUR155", "", "", ", ".join(map(str, numbers)),
    ]  # fmt: skip


def test_a_statement_of_account_asks_for_the_balance(banked: Books) -> None:
    customer = banked.partner("C1", language="en")
    invoice = banked.posted_invoice("customer", customer, MARCH, "1234.56")
    pay(banked, customer, APRIL, "200", (invoice, "200"))
    text, [code] = read(statement(banked))
    assert IBAN in text and "Please quote" in text
    assert "EUR1034.56" in code and code.endswith(str(invoice.number))


def test_what_is_owed_in_other_currencies_or_not_owed_is_not_scanned(banked: Books) -> None:
    banked.rate("USD", MARCH, "0.9")
    customer = banked.partner("C1", language="en", currency=make_currency("USD"))
    banked.posted_invoice("customer", customer, MARCH, "100")
    text, codes = read(statement(banked))
    assert IBAN in text and codes == []


def test_a_company_without_an_account_asks_for_nothing(books: Books) -> None:
    books.posted_invoice("customer", books.partner("C1", language="en"), MARCH, "100")
    text, codes = read(statement(books))
    assert "Please quote" not in text and codes == []
    books.company.bank_details = "Town Bank\nAccount 4711"
    slip = payment_slip(books.company, reference="C1", amounts=[("EUR", D(10))])
    assert slip is not None
    assert (slip.iban, slip.details, slip.code) == ("", "Town Bank\nAccount 4711", "")


@pytest.mark.parametrize(
    ("amount", "is_scanned"),
    [
        ("0.01", True),
        ("0.001", False),
        ("999999999.99", True),
        ("1000000000", False),
        ("-5", False),
    ],
)
def test_a_transfer_has_its_bounds(banked: Books, amount: str, is_scanned: bool) -> None:
    slip = payment_slip(banked.company, reference="R", amounts=[("EUR", D(amount))])
    assert slip is not None
    assert bool(slip.code) is is_scanned


def test_numbers_are_quoted_while_there_is_room() -> None:
    assert quoted(["INV-1", "INV-2", "INV-1"], "C1") == "INV-1, INV-2"
    assert quoted([], "C1") == "C1"
    assert quoted([f"INV-{n:05}" for n in range(20)], "C1") == "C1"
    assert len(quoted(["x" * LONGEST_TEXT], "C1")) == LONGEST_TEXT


def test_an_invoice_names_the_account_it_is_paid_to(banked: Books) -> None:
    customer = banked.partner("C1", language="en")
    invoice = banked.posted_invoice("customer", customer, MARCH, "1234.5")
    text, [code] = read(invoice_pdf(invoice))
    assert IBAN in text and "Please quote" in text
    assert "EUR1234.5\n" in code and code.endswith(str(invoice.number))
    draft = banked.invoice("customer", customer, MARCH, "10")
    text, codes = read(invoice_pdf(draft))
    assert IBAN in text and "Please quote" not in text and codes == []
    bill = banked.posted_invoice("supplier", customer, MARCH, "10")
    assert IBAN not in read(invoice_pdf(bill))[0]
