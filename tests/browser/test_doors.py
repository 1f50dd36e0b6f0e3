"""The two doors every installation has: the admin and the API's documentation."""

import pytest
from playwright.sync_api import Page, expect

from apps.core.models import User

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def signed_in(page: Page, live_server: object) -> Page:
    User.objects.create_superuser("admin", password="demo")
    page.goto(f"{live_server}/admin/")
    page.fill("input[name=login]", "admin")
    page.fill("input[name=password]", "demo")
    page.click("main form button[type=submit]")
    expect(page).to_have_url(f"{live_server}/admin/")
    return page


def test_admin_opens(signed_in: Page) -> None:
    expect(signed_in.locator("body")).to_contain_text("MES-ERP")


def test_api_documentation_opens(signed_in: Page, live_server: object) -> None:
    signed_in.goto(f"{live_server}/api/docs/")
    title = signed_in.locator("#swagger-ui .info .title")
    expect(title).to_contain_text("MES-ERP", timeout=90_000)  # the description is made now
