"""Going to another company in the browser, on three widths; a tab that was left behind.

``MES_ERP_SCREENS=<directory>`` keeps the pictures.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from apps.core.models import Membership
from apps.masterdata.models import Partner
from tests import factories
from tests.browser.test_people import PASSWORD, look, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PARTNERS = "/admin/masterdata/partner/"


def test_the_company_is_switched_from_the_user_menu(page: Page, live_server: object) -> None:
    by = factories.make_user("boss", password=PASSWORD)
    north = factories.make_books("NORTH", by=by)
    south = factories.make_books("SOUTH", by=by)
    Membership.objects.filter(user=by, company=north.company).update(is_default=True)
    factories.make_site(south.company, by=by, code="PORT")
    north.partner("P-NORTH")
    foreign = south.partner("P-SOUTH")
    sign_in(page, live_server, "boss", PARTNERS)
    expect(page.get_by_text("P-NORTH").first).to_be_visible()
    look(page, "company-acted-in")
    stale = page.context.new_page()
    stale.goto(f"{live_server}{PARTNERS}add/")

    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{live_server}/company/?next={PARTNERS}")
    look(page, "company-choice")
    page.set_viewport_size({"width": 390, "height": 844})
    page.locator("li", has_text="SOUTH").get_by_role("button", name="All my sites").click()
    page.wait_for_url(f"{live_server}{PARTNERS}")
    expect(page.get_by_text("P-SOUTH").first).to_be_visible()
    expect(page.get_by_text("P-NORTH")).to_have_count(0)

    stale.fill("input[name=code]", "LOST")
    stale.fill("input[name=name]", "Lost")
    stale.locator("form#partner_form").evaluate("form => form.submit()")
    expect(stale.get_by_role("heading", name="Nothing was saved")).to_be_visible()
    look(stale, "company-stale-tab")
    assert not Partner.objects.filter(code="LOST").exists()

    row = Partner.objects.get(code="P-NORTH")
    page.goto(f"{live_server}{PARTNERS}{row.pk}/change/")
    look(page, "company-elsewhere")
    page.get_by_role("button", name="Look in NORTH").click()
    page.wait_for_url(f"{live_server}{PARTNERS}{row.pk}/change/")
    expect(page.locator("input[name=code]")).to_have_value("P-NORTH")
    page.goto(f"{live_server}/trace/")
    look(page, "company-trace")
    assert foreign.company_id != row.company_id
