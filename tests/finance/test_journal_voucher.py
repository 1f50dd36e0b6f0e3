"""The voucher of an entry: every booking on paper, with what it comes from and its seal."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client

from apps.core.errors import BusinessError
from apps.finance import journal_voucher
from apps.finance.journal_voucher import journal_voucher_pdf
from apps.finance.models import JournalEntry
from apps.finance.services.sealing import seal_ledger
from apps.finance.services.vouchers import reverse_voucher
from tests.factories import Books, make_currency
from tests.finance.test_printouts import text_of
from tests.support.faces import ApiClient

DAY = date(2026, 3, 3)


@pytest.fixture
def entry(books: Books) -> JournalEntry:
    voucher = books.post(DAY, ("1010", "1250.40"), ("4000", "-1250.40"), description="Cash sale")
    return JournalEntry.objects.get(source_id=voucher.pk)


def test_it_says_what_was_booked_by_whom_from_what(books: Books, entry: JournalEntry) -> None:
    text = text_of(journal_voucher_pdf(entry))
    source = str(entry.source)
    for part in (
        "Journal voucher", entry.number, "Cash sale", "1010", "4000", "1,250.40", source,
        books.by.username, "Not sealed yet",
    ):  # fmt: skip
        assert part in text, part
    assert text.count("1,250.40") == 4, "a debit, a credit, and both sums"


def test_it_carries_its_seal_and_what_reversed_it(books: Books, entry: JournalEntry) -> None:
    reverse_voucher(entry.source, date=DAY, reason="typed twice", by=books.by)
    seal_ledger(books.company)
    entry.refresh_from_db()
    mirror = entry.reversals.get()
    words = text_of(journal_voucher_pdf(entry, paper="Letter")).split()
    assert f"Reversed by {mirror.number}" in " ".join(words)
    assert bytes(entry.seal.chain_hash).hex() in "".join(words)
    assert entry.number in text_of(journal_voucher_pdf(mirror)), "the mirror names its original"


def test_a_foreign_amount_stands_beside_ours(books: Books) -> None:
    books.rate("USD", DAY, "1.1")
    partner = books.partner("US-1", currency=make_currency("USD"))
    invoice = books.posted_invoice("customer", partner, DAY, "110")
    text = text_of(journal_voucher_pdf(invoice.entry))
    assert "110.00 USD" in text and "121.00" in text


def test_it_is_printed_in_the_admin_and_by_the_api(books: Books, entry: JournalEntry) -> None:
    client = Client()
    client.force_login(books.by, "apps.core.backends.PermissionBackend")
    page = client.get(f"/admin/finance/journalentry/{entry.pk}/change/").content.decode()
    for name in ("voucher", "voucher-letter"):
        url = f"/admin/finance/journalentry/{entry.pk}/print/{name}/"
        assert url in page
        assert client.get(url).content.startswith(b"%PDF")
    assert client.get(f"/admin/finance/journalentry/{entry.pk}/print/other/").status_code == 404
    answer: Any = ApiClient(books.by).get(f"/finance/journal-entries/{entry.pk}/pdf/")
    assert answer.content.startswith(b"%PDF")


def test_an_entry_of_too_many_lines_is_refused(
    entry: JournalEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_voucher, "MOST_LINES", 1)
    with pytest.raises(BusinessError) as refusal:
        journal_voucher_pdf(entry)
    assert refusal.value.code == "too_many_lines"
