"""An administrator connects another system, and leaves with all data.

``MES_ERP_SCREENS=<directory>`` keeps the pictures.
"""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from apps.core.models import User
from apps.integration.api.representations import represent
from apps.integration.models import ApiKey, ServiceAccount, WebhookEndpoint
from apps.integration.services.deliveries import deliver_due
from apps.integration.services.endpoints import suspend_endpoint
from tests import factories
from tests.browser.screens import shoot, sign_in
from tests.integration.conftest import KeyClient, receiver  # noqa: F401 - a fixture
from tests.integration.receiver import Receiver
from tests.integration.test_events import make_partner

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PASSWORD = "demo-demo"
BASE = "/admin/integration"


def picture(page: Page, name: str) -> None:
    folder = os.environ.get("MES_ERP_SCREENS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        shoot(page, Path(folder), name)
        page.set_viewport_size({"width": 1440, "height": 1000})


def save(page: Page) -> None:
    page.locator("button[name=_save], input[name=_save]").first.click()


def choose(page: Page, field: str, text: str) -> None:
    """Through the search box of a reference."""
    page.locator(f"#id_{field} + .select2").click()
    page.locator(".select2-search__field").last.fill(text)
    page.locator(".select2-results__option", has_text=text).first.click()


def test_another_system_is_connected(
    page: Page,
    live_server: object,
    transactional_db: None,
    receiver: Receiver,  # noqa: F811
) -> None:
    by: User = factories.make_user("admin", password=PASSWORD)
    company = factories.make_company("ACME", by=by)
    address = str(live_server)
    sign_in(page, address, "admin")

    page.goto(f"{address}{BASE}/serviceaccount/add/")
    page.fill("#id_code", "erp-sync")
    page.fill("#id_name", "Nightly synchronisation")
    page.get_by_label("auditor").check()
    picture(page, "account-add")
    save(page)
    account = ServiceAccount.objects.get()
    assert list(account.user.groups.values_list("name", flat=True)) == ["auditor"]

    page.goto(f"{address}{BASE}/apikey/add/")
    choose(page, "account", "erp-sync")
    page.fill("#id_name", "Laptop of the integrator")
    page.fill("#id_scopes", "masterdata.read")
    ends = timezone.localtime() + timedelta(days=30)
    page.fill("#id_expires_at_0", ends.strftime("%Y-%m-%d"))
    page.fill("#id_expires_at_1", "12:00:00")
    picture(page, "key-add")
    save(page)
    secret = page.locator("#id_secret").input_value()
    picture(page, "key-secret")
    assert KeyClient(secret).get("/masterdata/partners/").status_code == 200
    assert secret.startswith(ApiKey.objects.get().prefix)
    page.goto(f"{address}{BASE}/apikey/{ApiKey.objects.get().pk}/change/")
    picture(page, "key")
    page.goto(f"{address}{BASE}/apikey/")
    picture(page, "keys")

    page.goto(f"{address}{BASE}/webhookendpoint/add/")
    page.fill("#id_code", "SHOP")
    page.fill("#id_name", "Web shop")
    page.fill("#id_url", "https://127.0.0.1:22/")
    page.fill("#id_events", "masterdata.partner.* crm.*")
    choose(page, "account", "erp-sync")
    save(page)
    expect(page.locator("#id_url")).to_be_visible()
    picture(page, "endpoint-refused")
    assert not WebhookEndpoint.objects.exists()
    page.fill("#id_url", receiver.url)
    save(page)
    assert page.locator("#id_secret").input_value().startswith("whsec_")
    endpoint = WebhookEndpoint.objects.get()

    page.goto(f"{address}{BASE}/webhookendpoint/{endpoint.pk}/change/")
    page.get_by_role("link", name="Send a test message").click()
    picture(page, "endpoint-ping")
    page.locator("main form button[type=submit], form button[type=submit]").last.click()
    make_partner(company, by)
    receiver.answers = [204, 500]
    deliver_due(represent)
    assert receiver.kinds == ["integration.ping", "masterdata.partner.created"]
    suspend_endpoint(endpoint, reason="The receiver answered 500.", by=by)
    page.goto(f"{address}{BASE}/webhookendpoint/{endpoint.pk}/change/")
    picture(page, "endpoint")
    page.goto(f"{address}{BASE}/webhookendpoint/")
    picture(page, "endpoints")
    page.goto(f"{address}{BASE}/webhookdelivery/")
    picture(page, "deliveries")
    page.goto(f"{address}{BASE}/integrationevent/")
    picture(page, "events")

    page.goto(f"{address}/integration/export/")
    picture(page, "export")
    page.get_by_role("button", name="Make the archive").click()
    expect(page).to_have_url(f"{address}/admin/core/backgroundjob/1/change/")
