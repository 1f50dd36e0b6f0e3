"""A supplier's electronic invoice is checked and entered, and the audit file asked for.

``MES_ERP_SCREENS=<directory>`` keeps the pictures.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from playwright.sync_api import FilePayload, Page, expect

from apps.finance.einvoice import ubl
from apps.finance.models import Invoice
from tests import factories
from tests.browser.test_people import PASSWORD, look, sign_in
from tests.finance.einvoice.test_import import document

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PAGE = "/reports/finance/einvoices/"


def test_an_invoice_is_checked_and_entered(page: Page, live_server: object) -> None:
    by = factories.make_user("clerk", password=PASSWORD)
    books = factories.make_books("NORTH", by=by)
    books.partner("S-1", is_customer=False, tax_number="AT12345678")
    sign_in(page, live_server, "clerk", PAGE)
    look(page, "einvoice-page")

    def choose(content: bytes) -> None:
        payload = FilePayload(name="bill.xml", mimeType="application/xml", buffer=content)
        page.set_input_files("input[type=file]", payload)
        page.select_option("select[name=account]", str(books.account("6110").pk))

    choose(ubl.write(replace(document(), number="", currency="EUX")))
    page.get_by_role("button", name="Check only").click()
    expect(page.get_by_text("A recipient would refuse this invoice.")).to_be_visible()
    expect(page.get_by_text("BR-02")).to_be_visible()
    look(page, "einvoice-refused")
    choose(ubl.write(document()))
    page.get_by_role("button", name="Enter as a draft bill").click()
    page.wait_for_url("**/admin/finance/invoice/*/change/")
    look(page, "einvoice-entered")
    assert Invoice.objects.get().reference == "R-100"
    page.goto(f"{live_server}/reports/finance/audit-file/")
    expect(page.get_by_text("None has been made yet.")).to_be_visible()
    look(page, "audit-file-page")
