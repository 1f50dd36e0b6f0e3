"""A bill paid with discount, a remainder written off, a dunning run, and the reports between.

``MES_ERP_SCREENS=<directory>`` keeps the pictures.
"""

from __future__ import annotations

from datetime import date

import pytest
from playwright.sync_api import Page, expect

from apps.finance.models import DunningRun, Settlement
from apps.finance.services.dunning_terms import Level, create_dunning_terms
from tests import factories
from tests.browser.test_people import PASSWORD, look, look_admin, sign_in
from tests.finance.receivables.acts import D, pay, taxed, terms

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
DAY = date(2026, 3, 10)


def test_a_month_of_receivables(page: Page, live_server: object) -> None:
    clerk = factories.make_user("clerk")
    factories.make_user("controller", password=PASSWORD)
    books = factories.make_books("NORTH", by=clerk)
    books.rate("USD", date(2026, 1, 1), "0.9")
    customer = books.partner(
        "MILL", payment_terms=terms(books, ("50", 30), ("50", 60), discount_percent="2",
                                    discount_days=10),
    )  # fmt: skip
    invoice = books.posted_invoice("customer", customer, DAY, "1000", **taxed(books))
    dollars = books.partner("SHOP", currency=factories.make_currency("USD"))
    books.posted_invoice("customer", dollars, date(2026, 1, 15), "350")
    pay(books, customer, DAY, "250")
    create_dunning_terms(
        company=books.company, code="USUAL", name="Usual", by=clerk,
        levels=[Level(7, "Please pay soon."), Level(21, "Please pay now.", D(5))],
    )  # fmt: skip
    sign_in(page, live_server, "controller", f"/admin/finance/invoice/{invoice.pk}/change/")
    look_admin(page, "receivables-invoice")
    page.get_by_role("link", name="Pay", exact=True).click()
    page.get_by_label("Posting date").fill("2026-03-15")
    page.get_by_label("Bank or cash account").select_option(label="1010 Bank")
    page.get_by_label("Take the early-payment discount").check()
    look_admin(page, "receivables-pay")
    page.get_by_role("button", name="Pay").click()
    expect(page.get_by_text("Pay: done.")).to_be_visible()
    assert Settlement.objects.get().kind == "discount"
    page.goto(f"{live_server}/admin/finance/settlement/")
    look_admin(page, "receivables-settlements")
    for name, query in (
        ("ageing", "date_to=2026-05-31"),
        ("ageing", "date_to=2026-05-31&amounts=document"),
        ("open-items", "date_to=2026-05-31"),
        ("account-statement", "partner=MILL&date_from=2026-01-01&date_to=2026-05-31"),
    ):
        page.goto(f"{live_server}/reports/finance/{name}/?{query}")
        look(page, f"receivables-{name}{'-document' if 'amounts' in query else ''}")
    expect(page.get_by_text("Closing balance")).to_be_visible()
    page.goto(f"{live_server}/admin/finance/dunningrun/add/")
    page.locator("#id_terms + .select2 .select2-selection").click()
    page.locator(".select2-results__option", has_text="USUAL").click()
    page.locator("input[name=date]").fill("2026-05-31")
    look_admin(page, "receivables-dunning-new")
    page.get_by_role("button", name="Save", exact=True).click()
    run = DunningRun.objects.get()
    page.goto(f"{live_server}/admin/finance/dunningrun/{run.pk}/change/")
    look_admin(page, "receivables-dunning")
    page.get_by_role("link", name="Confirm", exact=True).click()
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text("Confirm: done.")).to_be_visible()
    run.refresh_from_db()
    assert run.status == "confirmed"
    for place in ("recurringinvoice", "approvallimit", "financepolicy", "dunningterms"):
        page.goto(f"{live_server}/admin/finance/{place}/add/")
        look_admin(page, f"receivables-{place}")
    page.goto(f"{live_server}/admin/masterdata/paymentterms/add/")
    look_admin(page, "receivables-paymentterms")
