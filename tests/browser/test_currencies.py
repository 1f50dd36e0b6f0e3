"""Rates from a file, a payment run in dollars, a group with goods of each other.

``MES_ERP_SCREENS=<directory>`` keeps the pictures.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from apps.core.models import ExchangeRate
from apps.finance.models import Account, GroupAccount
from apps.finance.services.group_terms import add_margin
from apps.finance.services.payment_runs import propose_payment_run
from apps.supply_chain.services.purchase_orders import OrderLine
from tests import factories
from tests.browser.test_people import PASSWORD, look, look_admin, sign_in
from tests.core.test_exchange_rates import XML
from tests.finance.bank.files import bank_account
from tests.finance.bank.test_payment_currencies import paid_by_number
from tests.support.groups import END, live_a_year, make_two
from tests.support.trade import make_trade

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
D = Decimal
RATES = "/admin/core/exchangerate/import/"


def test_rates_are_looked_at_before_they_are_imported(page: Page, live_server: object) -> None:
    factories.make_books("NORTH", by=factories.make_user("boss", password=PASSWORD))
    for code in ("USD", "GBP", "JPY"):
        factories.make_currency(code)
    sign_in(page, live_server, "boss", RATES)
    look_admin(page, "rates-import")
    file = {"name": "eurofxref-hist.xml", "mimeType": "text/xml", "buffer": XML}
    page.set_input_files("input[name=file]", file)
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("0.92165899")).to_be_visible()
    look_admin(page, "rates-preview")
    page.get_by_role("button", name="Import now").click()
    expect(page.get_by_text("4 created")).to_be_visible()
    look_admin(page, "rates")
    assert ExchangeRate.objects.count() == 4
    page.goto(f"{live_server}/admin/core/exchangerate/{ExchangeRate.objects.first().pk}/change/")
    look_admin(page, "rate")


def test_a_run_in_dollars(page: Page, live_server: object) -> None:
    books = factories.make_books("NORTH", by=factories.make_user("clerk"))
    factories.make_user("boss", password=PASSWORD, company=books.company)
    dollars = factories.make_currency("USD")
    books.rate("USD", date(2026, 3, 1), "0.9")
    partner = paid_by_number(books)
    bank = bank_account(books, currency=dollars, number="4711-22", bic="BOFAUS3N")
    for price in ("1250.50", "80"):
        books.posted_invoice("supplier", partner, date(2026, 3, 10), price, currency=dollars)
    day = date(2026, 4, 10)
    run = propose_payment_run(bank, date=day, due_until=day, by=books.by)
    sign_in(page, live_server, "boss", f"/admin/finance/paymentrun/{run.pk}/change/")
    expect(page.get_by_text("000123456789").first).to_be_visible()
    look_admin(page, "payment-run")
    page.get_by_role("button", name="Approve").first.click()
    page.goto(f"{live_server}/admin/finance/paymentrun/")
    expect(page.get_by_text("USD").first).to_be_visible()
    look_admin(page, "payment-runs")
    page.goto(f"{live_server}/admin/masterdata/partnerbankaccount/add/")
    look_admin(page, "partner-account")


def test_goods_of_each_other_in_a_group(page: Page, live_server: object) -> None:
    by = factories.make_user("boss", password=PASSWORD)
    two = live_a_year(make_two(by))
    trade = make_trade(two.parent)
    order = trade.ordered(
        OrderLine(trade.item(), D(40), D("12.50")),
        partner=two.of_sub,
        currency=factories.make_currency("USD"),
    )
    trade.receive(order, "40")
    GroupAccount(
        company=two.parent.company, group=two.group, member=two.sub.company, account_code="4100",
        account=Account.objects.get(company=two.parent.company, code="4000"),
    ).save_by(by)  # fmt: skip
    asked = f"date_to={END}&company=PAR"
    sign_in(page, live_server, "boss", f"/reports/finance/group-stock/?{asked}")
    expect(page.get_by_role("cell", name="Not known")).to_be_visible()
    look(page, "group-stock")
    page.goto(f"{live_server}/admin/finance/groupmargin/add/")
    look_admin(page, "group-margin")
    add_margin(
        company=two.parent.company, group=two.group, seller=two.sub.company,
        buyer=two.parent.company, margin=D(20), by=by,
    )  # fmt: skip
    page.goto(f"{live_server}/reports/finance/group-balance/?{asked}")
    expect(page.get_by_text("change of the year")).to_be_visible()
    look(page, "group-balance-stock")
    page.goto(f"{live_server}/admin/finance/groupaccount/")
    look_admin(page, "group-accounts")
