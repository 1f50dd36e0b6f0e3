"""A month is closed on the cockpit: what is found, an exception, a look, the lock.

``MES_ERP_SCREENS=<directory>`` keeps the pictures.
"""

from __future__ import annotations

from datetime import date

import pytest
from playwright.sync_api import Page, expect

from apps.finance.models import Period
from apps.finance.services.closing import check_all_steps, start_close
from tests import factories
from tests.browser.test_people import PASSWORD, look, sign_in
from tests.support.trade import make_trade

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_month_is_closed(page: Page, live_server: object) -> None:
    clerk = factories.make_user("clerk")
    factories.make_user("controller", password=PASSWORD)
    books = factories.make_books("NORTH", by=clerk)
    trade = make_trade(books)
    trade.stocked(trade.item(), "10", "3.50")
    period = Period.objects.get(company=books.company, starts_on=date(2026, 3, 1))
    check_all_steps(start_close(period, by=clerk), by=clerk)
    sign_in(page, live_server, "controller", "/close/")
    look(page, "close-list")
    page.get_by_role("link", name="In progress").click()
    expect(page.get_by_text("35.00 EUR · 1 finding")).to_be_visible()
    look(page, "close-found")
    page.get_by_label("Why it is accepted as it stands").fill("The bill is on its way")
    page.get_by_role("button", name="Accept").click()
    expect(page.get_by_text("The bill is on its way")).to_be_visible()
    page.get_by_label("What was looked at").fill("Statements read")
    page.get_by_role("button", name="Confirm").click()
    page.get_by_role("button", name="Close the period").click()
    expect(page.get_by_role("button", name="Reopen")).to_be_visible()
    look(page, "close-closed")
    assert {lock.state for lock in period.locks.all()} == {"closed"}
