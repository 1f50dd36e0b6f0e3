"""Reports in their groups, a payment that leaves a rest, a line spread over months.

``MES_ERP_SCREENS=<directory>`` keeps the pictures.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from apps.finance.models import Payment
from tests import factories
from tests.browser.test_people import PASSWORD, look, look_admin, sign_in
from tests.factories import Books
from tests.finance.receivables.acts import APRIL, MARCH, D, pay

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def north(page: Page) -> Books:
    factories.make_user("controller", password=PASSWORD)
    return factories.make_books("NORTH", by=factories.make_user("clerk"))


def test_reports_stand_in_their_groups(north: Books, page: Page, live_server: object) -> None:
    customer, supplier = north.partner("BLUEBIRD"), north.partner("STEELWORKS")
    invoice = north.posted_invoice("customer", customer, MARCH, "1250")
    north.posted_invoice("supplier", supplier, MARCH, "480")
    pay(north, customer, APRIL, "250", (invoice, "250"))
    sign_in(page, live_server, "controller", "/reports/finance/trial-balance/?period=2026-03")
    look(page, "menu-trial-balance")
    groups = page.get_by_role("navigation", name="Reports", exact=True)
    groups.get_by_role("link", name="Statements").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Balance sheet")


def test_a_payment_leaves_a_small_rest(north: Books, page: Page, live_server: object) -> None:
    invoice = north.posted_invoice("customer", north.partner("BLUEBIRD"), MARCH, "100")
    sign_in(page, live_server, "controller", "/admin/finance/payment/add/")
    expect(page.locator("input[name=write_off_overpayment]")).to_have_count(1)
    look_admin(page, "payment-add")
    page.goto(f"{live_server}/admin/finance/invoice/{invoice.pk}/change/")
    page.get_by_role("link", name="Pay", exact=True).click()
    page.locator("select[name=account]").select_option(str(north.account("1010").pk))
    page.locator("input[name=amount]").fill("97.50")
    page.locator("input[name=write_off_rest]").check()
    page.locator("input[name=reason]").fill("bank charges")
    look_admin(page, "invoice-pay")
    page.locator("form button[type=submit]").last.click()
    expect(page.get_by_text("Pay: done.")).to_be_visible()
    payment = Payment.objects.get()
    assert payment.settlements.get().lines.get().amount == D("2.50")
    page.goto(f"{live_server}/admin/finance/payment/{payment.pk}/change/")
    look_admin(page, "payment-posted")


def test_a_line_is_spread_and_limits_are_set(north: Books, page: Page, live_server: object) -> None:
    bill = north.posted_invoice(
        "supplier", north.partner("INSURER"), MARCH, "600",
        line={"account": north.account("6410")},
    )  # fmt: skip
    address = f"/admin/finance/invoice/{bill.pk}/verb/defer/"
    sign_in(page, live_server, "controller", address)
    expect(page.locator("select[name=line]")).to_be_visible()
    look_admin(page, "invoice-defer")
    page.goto(f"{live_server}/admin/finance/financepolicy/add/")
    look_admin(page, "policy-add")
