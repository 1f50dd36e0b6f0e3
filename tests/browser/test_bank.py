"""The reconciliation page in Chromium, at three widths and by keys alone."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Page

from apps.finance.models import BankLine
from apps.finance.services.payment_runs import propose_payment_run
from apps.masterdata.services.partner_banks import create_partner_bank_account
from tests import factories
from tests.browser.plant import PASSWORD
from tests.browser.screens import WIDTHS, shoot, sign_in
from tests.browser.test_planning import no_sideways
from tests.finance.bank.files import OTHER_IBAN, bank_account, camt, entry, imported

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
MARCH, APRIL = date(2026, 3, 10), date(2026, 4, 10)


def test_the_reconciliation_page(page: Page, live_server: object) -> None:
    by = factories.make_user("admin", password=PASSWORD)
    books = factories.make_books("ACME", by=by)
    bank = bank_account(books)
    meyer = books.partner("MEYER")
    create_partner_bank_account(company=books.company, partner=meyer, iban=OTHER_IBAN, by=by)
    invoice = books.posted_invoice("customer", meyer, MARCH, "11900.50")
    books.posted_invoice("supplier", meyer, MARCH, "480", reference="SUP-88")
    propose_payment_run(bank, date=APRIL, due_until=APRIL, by=by)
    text = "Our order of spring, with all that belongs to it and a long remark behind it"
    imported(
        books,
        camt(
            entry("11900.50", f"Invoice {invoice.number} {text}", name="Meyer Maschinenbau KG"),
            entry("-4.90", "Account fee April", name="Bank"),
            *(entry("12.00", f"Card {n}", bank_reference=f"B{n}") for n in range(60)),
            opening="1000.00",
        ),
    )
    directory = os.environ.get("MES_ERP_SCREENS")
    sign_in(page, str(live_server), "admin")
    for name, path in {
        "bank": "/bank/",
        "bank-report": "/reports/finance/bank-reconciliation/?date_to=2026-04-30&account=1010",
        "admin-upload": "/admin/finance/bankimport/add/",
        "admin-runs": "/admin/finance/paymentrun/",
    }.items():
        answer = page.goto(str(live_server) + path)
        assert answer is not None
        assert answer.status == 200, path
        if directory:
            Path(directory).mkdir(parents=True, exist_ok=True)
            shoot(page, Path(directory), name)
        if name.startswith("admin"):
            continue
        for width, height in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": height})
            no_sideways(page)
    page.goto(f"{live_server}/bank/")
    page.keyboard.press("j")
    page.wait_for_url("**line=*")
    page.keyboard.press("k")
    page.wait_for_selector("button[data-key='1']")
    page.keyboard.press("1")
    page.wait_for_selector(".message.success")
    assert BankLine.objects.filter(state="matched").count() == 1
