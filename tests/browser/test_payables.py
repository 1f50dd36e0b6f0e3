"""A supplier's credit note, the run that pays the rest, budgets by another dimension.

``MES_ERP_SCREENS=<directory>`` keeps the pictures.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from apps.finance.models import Invoice, PaymentRun
from apps.finance.services.approvals import create_limit
from apps.finance.services.credit_notes import CreditLine, credit_invoice
from apps.finance.services.payment_runs import propose_payment_run
from apps.masterdata.services.partner_banks import create_partner_bank_account
from tests import factories
from tests.browser.test_people import PASSWORD, look, look_admin, sign_in
from tests.finance.bank.files import bank_account
from tests.finance.test_budget_dimensions import by as budget_by
from tests.finance.test_budget_dimensions import cost

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
D = Decimal
DAY, DUE = date(2026, 3, 2), date(2026, 4, 10)


def test_a_credit_is_set_off_and_the_rest_is_paid(page: Page, live_server: object) -> None:
    books = factories.make_books("NORTH", by=factories.make_user("clerk"))
    boss = factories.make_user("boss", password=PASSWORD, company=books.company)
    chief = factories.make_user("chief", company=books.company)
    supplier = books.partner("ACME", payment_days=14)
    line = {"tax_code": books.tax_codes["STD"]}
    for document, limit in (("bill", "5000"), ("payment_run", "5000")):
        create_limit(company=books.company, document=document, user=boss, amount=D(limit), by=chief)
    bills = [books.invoice("supplier", supplier, DAY, price, line=line, reference=f"R-{price}")
             for price in ("100", "250")]  # fmt: skip
    sign_in(page, live_server, "boss", f"/admin/finance/invoice/{bills[1].pk}/change/")
    look_admin(page, "bill-draft")
    for bill in bills:
        page.goto(f"{live_server}/admin/finance/invoice/{bill.pk}/change/")
        page.get_by_role("button", name="Approve").first.click()
        page.get_by_role("button", name="Post", exact=True).first.click()
        expect(page.get_by_text("Posted", exact=True).first).to_be_visible()
    row = bills[0].lines.get()
    credit_invoice(
        Invoice.objects.get(pk=bills[0].pk), date=DAY, reference="CN-1",
        lines=[CreditLine(row, D(1), D(10))], by=books.by,
    )  # fmt: skip
    note = books.posted_invoice("bill_credit", supplier, DAY, "30", line=line, reference="CN-2")
    page.goto(f"{live_server}/admin/finance/invoice/{note.pk}/change/")
    expect(page.get_by_text("Supplier's credit note").first).to_be_visible()
    look_admin(page, "bill-credit")
    page.goto(f"{live_server}/reports/finance/open-items/?kind=supplier&date_to={DUE}")
    expect(page.get_by_text("CN-2").first).to_be_visible()
    look(page, "payables-open")
    page.goto(f"{live_server}/admin/finance/invoice/{note.pk}/verb/settle/")
    look_admin(page, "bill-credit-settle")
    page.get_by_label("Posting date").fill("2026-03-20")
    page.get_by_role("button", name="Set off what is open").last.click()
    page.goto(f"{live_server}/reports/finance/ageing/?kind=supplier&date_to={DUE}")
    expect(page.get_by_text("372.00").first).to_be_visible()
    look(page, "payables-ageing")
    page.goto(f"{live_server}/admin/finance/invoice/{bills[1].pk}/verb/credit/")
    look_admin(page, "bill-credit-form")
    create_partner_bank_account(
        company=books.company, partner=supplier, iban="AT611904300234573201", by=books.by
    )
    run = propose_payment_run(bank_account(books), date=DUE, due_until=DUE, by=books.by)
    page.goto(f"{live_server}/admin/finance/paymentrun/{run.pk}/change/")
    look_admin(page, "payables-run")
    page.get_by_role("button", name="Approve").first.click()
    expect(page.get_by_text("Approved", exact=True).first).to_be_visible()
    assert PaymentRun.objects.get().total == D("372")
    page.goto(f"{live_server}/admin/finance/approvallimit/")
    look_admin(page, "approval-limits")


def test_budgets_by_site(page: Page, live_server: object) -> None:
    books = factories.make_books("NORTH", by=factories.make_user("clerk"))
    factories.make_user("boss", password=PASSWORD, company=books.company)
    north = factories.make_site(books.company, by=books.by, code="NORTH")
    budget = budget_by(books, "site", ("6100", "500", north), ("6100", "200"))
    cost(books, "620", site_id=north.pk)
    query = "date_from=2026-03-01&date_to=2026-03-31&across=site"
    sign_in(page, live_server, "boss", f"/reports/finance/budget-variance/?{query}")
    expect(page.get_by_text("−120.00").first).to_be_visible()
    look(page, "budget-by-site")
    page.goto(f"{live_server}/admin/finance/budgetversion/{budget.pk}/change/")
    look_admin(page, "budget")
    page.goto(f"{live_server}/admin/finance/budgetline/")
    look_admin(page, "budget-lines")
    page.goto(f"{live_server}/admin/finance/budgetline/add/")
    look_admin(page, "budget-line-add")
