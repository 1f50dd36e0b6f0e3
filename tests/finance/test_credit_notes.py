"""Credit notes: revenue and tax taken back, set off, refunded, reversed; never beyond the bill."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pypdfium2
import pytest

from apps.core.errors import BusinessError, InvalidInput
from apps.finance.models import CreditAllocation, Invoice, JournalEntry
from apps.finance.printouts import invoice_pdf
from apps.finance.queries.open_items import open_items
from apps.finance.services.credit_allocations import allocate_credit_note
from apps.finance.services.credit_notes import (
    CreditLine,
    credit_invoice,
)
from apps.finance.services.invoices import (
    BillingLine,
    draft_invoice,
    post_invoice,
    reverse_invoice,
)
from apps.finance.services.payments import post_payment
from apps.finance.services.settlement import Allocation
from tests.factories import Books, make_currency
from tests.support.faces import ApiClient, codes
from tests.support.reconciled import assert_reconciled

D = Decimal
DAY = date(2026, 3, 2)
LATER = date(2026, 4, 2)


def billed(books: Books, quantity: str = "3", price: str = "33.33", **values) -> Invoice:
    line = BillingLine(D(quantity), D(price), tax_code=books.tax_codes["STD"])
    partner = values.pop("partner", None) or books.partner()
    invoice = draft_invoice(
        books.company, kind="customer", partner=partner, date=DAY, lines=[line], by=books.by,
        **values,
    )  # fmt: skip
    return post_invoice(invoice, by=books.by)


def test_partial_credits_sum_to_the_invoice_and_take_the_tax_back(books: Books) -> None:
    invoice = billed(books)
    assert invoice.total == D("119.99")
    line = invoice.lines.get()
    for _part in range(3):
        note = credit_invoice(invoice, date=DAY, lines=[CreditLine(line, D(1))], by=books.by)
        assert note.number.startswith("SAL-") and note.credits_id == invoice.pk
    notes = Invoice.objects.filter(kind="credit_note")
    assert sum(row.total for row in notes) == D("119.99")
    balances = [books.balance(code) for code in ("1100", "4000", "4200", "2100")]
    assert balances == [0, D("-99.99"), D("99.99"), 0]
    assert open_items(books.company, kind="customer", at=DAY) == []
    with pytest.raises(BusinessError) as refusal:
        credit_invoice(invoice, date=DAY, lines=[CreditLine(line, D(1))], by=books.by)
    assert (refusal.value.code, refusal.value.field, refusal.value.row) == (
        "over_credited", "quantity", 0,
    )  # fmt: skip
    with pytest.raises(BusinessError):
        credit_invoice(invoice, date=DAY, by=books.by)
    assert notes.count() == 3
    assert_reconciled()


def test_a_paid_invoice_is_credited_on_account_and_paid_back(books: Books) -> None:
    invoice = billed(books, "1", "100")
    bank = books.account("1010")
    post_payment(
        books.company, direction="in", partner=invoice.partner, account=bank, date=DAY,
        amount=D(120), allocations=[Allocation(invoice, D(120))], by=books.by,
    )  # fmt: skip
    note = credit_invoice(invoice, date=DAY, by=books.by)
    assert not CreditAllocation.objects.exists()
    [item] = open_items(books.company, kind="customer", at=DAY)
    assert (item.kind, item.open, item.open_company) == ("credit_note", -120, -120)
    assert_reconciled()
    post_payment(
        books.company, direction="out", partner=invoice.partner, account=bank, date=LATER,
        amount=D(120), allocations=[Allocation(note, D(120))], by=books.by,
    )  # fmt: skip
    assert [books.balance(code) for code in ("1010", "1100", "2000")] == [0, 0, 0]
    assert open_items(books.company, kind="customer", at=LATER) == []
    [still] = open_items(books.company, kind="customer", at=DAY)
    assert still.open == -120
    with pytest.raises(BusinessError) as refusal:
        reverse_invoice(note, date=LATER, reason="no", by=books.by)
    assert refusal.value.code == "has_payments"
    assert_reconciled()


def test_a_credit_note_of_another_rate_settles_with_its_difference(books: Books) -> None:
    books.rate("USD", date(2026, 3, 1), "0.90")
    books.rate("USD", date(2026, 4, 1), "0.80")
    usd = make_currency("USD")
    partner = books.partner()
    first = billed(books, "1", "100", partner=partner, currency=usd)
    line = BillingLine(D(1), D(50), tax_code=books.tax_codes["STD"])
    note = draft_invoice(
        books.company, kind="credit_note", partner=partner, date=LATER, lines=[line],
        currency=usd, by=books.by,
    )  # fmt: skip
    note = post_invoice(note, by=books.by)
    assert (note.total, note.total_company) == (60, 48)
    allocate_credit_note(note, allocations=[Allocation(first, D(60))], date=LATER, by=books.by)
    assert books.balance("1100") == 54  # half of the invoice, at its own rate
    assert books.balance("7200") == 6
    assert_reconciled()
    reverse_invoice(note, date=LATER, reason="wrong customer", by=books.by)
    assert (books.balance("1100"), books.balance("7200")) == (108, 0)
    assert_reconciled()
    reverse_invoice(first, date=LATER, reason="wrong", by=books.by)
    assert books.balance("1100") == 0
    assert_reconciled()


def test_an_invoice_that_is_credited_is_not_reversed(books: Books) -> None:
    invoice = billed(books)
    credit_invoice(invoice, date=DAY, lines=[CreditLine(invoice.lines.get(), D(1))], by=books.by)
    before = JournalEntry.objects.count()
    with pytest.raises(BusinessError) as refusal:
        reverse_invoice(invoice, date=DAY, reason="again", by=books.by)
    assert refusal.value.code == "has_payments"
    assert JournalEntry.objects.count() == before


def test_what_a_credit_note_can_not_credit(books: Books) -> None:
    invoice = billed(books)
    other = books.partner()
    line = BillingLine(D(1), D(500), tax_code=books.tax_codes["STD"])
    common = {"date": DAY, "lines": [line], "by": books.by}
    with pytest.raises(InvalidInput) as refusal:
        draft_invoice(books.company, kind="credit_note", partner=other, credits=invoice, **common)
    assert (refusal.value.code, refusal.value.field) == ("not_creditable", "credits")
    note = draft_invoice(
        books.company, kind="credit_note", partner=invoice.partner, credits=invoice, **common
    )
    with pytest.raises(BusinessError) as refusal:
        post_invoice(note, by=books.by)
    assert (refusal.value.code, refusal.value.field) == ("over_credited", "lines")
    note.refresh_from_db()
    assert note.status == "draft" and note.number == ""
    assert_reconciled()


def test_by_the_api_and_on_paper(books: Books) -> None:
    invoice = billed(books, "4", "25")
    api = ApiClient(books.by)
    place = f"/finance/invoices/{invoice.pk}/"
    [line] = api.get(place).body["lines"]
    body = {"date": "2026-03-03", "lines": [{"line": line["id"], "quantity": "1.5"}]}
    made = api.post(f"{place}credit/", body)
    assert made.status_code == 201, made.content
    assert (made.body["kind"], made.body["total"], made.body["credits"]) == (
        "credit_note", "45.0000", invoice.pk,
    )  # fmt: skip
    body["lines"][0]["quantity"] = "3"
    refused = api.post(f"{place}credit/", body)
    assert (refused.status_code, codes(refused)) == (409, [("quantity", "over_credited")])
    note = Invoice.objects.get(pk=made.body["id"])
    text = pypdfium2.PdfDocument(invoice_pdf(note))[0].get_textpage().get_text_range()
    for word in ("Credit note", note.number, invoice.number, "37.50", "45.00"):
        assert word in text, (word, text)
    assert "Please pay" not in text
    assert_reconciled()
