"""Remittance advices: each supplier reads which bills a payment run pays, in his language."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pypdfium2
import pytest
from django.test import Client

from apps.core.errors import BusinessError
from apps.finance.models import PaymentRun
from apps.finance.remittance_advices import remittance_advices_pdf
from apps.finance.services.payment_runs import cancel_payment_run, propose_payment_run
from apps.finance.services.payments import post_payment
from apps.finance.services.settlement import Allocation
from apps.masterdata.services.partner_banks import create_partner_bank_account
from tests.factories import Books
from tests.finance.bank.files import IBAN, OTHER_IBAN, bank_account
from tests.support.faces import ApiClient

D = Decimal
MARCH, APRIL = date(2026, 3, 10), date(2026, 4, 10)


@pytest.fixture
def run(books: Books) -> PaymentRun:
    """Two bills of one supplier, one of them paid in part before, and one of a German one."""
    for code, iban, language in (("A", OTHER_IBAN, "en"), ("B", "AT611904300234573201", "de")):
        partner = books.partner(code, language=language)
        create_partner_bank_account(company=books.company, partner=partner, iban=iban, by=books.by)
        bill = books.posted_invoice("supplier", partner, MARCH, "1200.50", reference=f"{code}-1")
        if code == "A":
            books.posted_invoice("supplier", partner, MARCH, "30", reference="A-2")
            post_payment(
                books.company, direction="out", partner=partner, date=MARCH, amount=D(200),
                account=books.account("1010"), allocations=[Allocation(bill, D(200))], by=books.by,
            )  # fmt: skip
    return propose_payment_run(bank_account(books), date=APRIL, due_until=APRIL, by=books.by)


def pages_of(content: bytes) -> list[str]:
    return [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(content)]


def test_each_supplier_gets_a_letter_of_his_bills(run: PaymentRun) -> None:
    english, german = pages_of(remittance_advices_pdf(run))
    for part in ("Remittance advice", "A-1", "A-2", "1,200.50", "200.00", "1,000.50", "1,030.50",
                 OTHER_IBAN, IBAN, run.number):  # fmt: skip
        assert part in english, part
    assert "B-1" not in english and "A-1" not in german
    for part in ("Zahlungsavis", "B-1", "1.200,50", "AT611904300234573201"):
        assert part in german, part


def test_it_is_printed_from_the_run(books: Books, run: PaymentRun) -> None:
    client = Client()
    client.force_login(books.by, "apps.core.backends.PermissionBackend")
    page = client.get(f"/admin/finance/paymentrun/{run.pk}/change/").content.decode()
    assert f"/admin/finance/paymentrun/{run.pk}/print/advices/" in page
    printed = client.get(f"/admin/finance/paymentrun/{run.pk}/print/advices/")
    assert printed.content.startswith(b"%PDF")
    answer: Any = ApiClient(books.by).client.get(f"/api/v1/finance/payment-runs/{run.pk}/pdf/")
    assert answer.content.startswith(b"%PDF")


def test_a_cancelled_run_advises_nobody(books: Books, run: PaymentRun) -> None:
    cancel_payment_run(run, reason="wrong day", by=books.by)
    run.refresh_from_db()
    with pytest.raises(BusinessError) as refusal:
        remittance_advices_pdf(run)
    assert refusal.value.code == "no_letters"
