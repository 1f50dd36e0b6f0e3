"""Pictures of every page, to look at. Not a test: run it by name.

``MES_ERP_SCREENS=<directory> python -m pytest tests/browser/screens.py -s``
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from apps.reporting.homes import HOMES
from tests import factories
from tests.browser.plant import PASSWORD, make_plant

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WIDTHS = {1440: 1000, 820: 1180, 390: 844}
PAGES = {
    "work-orders": "/admin/execution/workorder/",
    "work-order": "/admin/execution/workorder/{order}/change/",
    "work-order-report": "/admin/execution/workorder/{order}/verb/report/",
    "work-order-history": "/admin/execution/workorder/{order}/history/",
    "work-order-files": "/admin/execution/workorder/{order}/conversation/",
    "work-order-add": "/admin/execution/workorder/add/",
    "items": "/admin/masterdata/item/",
    "item-import": "/admin/masterdata/item/import/",
    "sales-orders": "/admin/crm/salesorder/",
    "invoices": "/admin/finance/invoice/",
    "journal-entries": "/admin/finance/journalentry/",
    "income-statement": "/reports/finance/income-statement/",
    "api-docs": "/api/docs/",
}


def sign_in(page: Page, address: str, username: str) -> None:
    page.goto(f"{address}/accounts/login/?next=/admin/")
    page.fill("input[name=login]", username)
    page.fill("input[name=password]", PASSWORD)
    page.click("main form button[type=submit]")
    page.wait_for_url(f"{address}/admin/")


def shoot(page: Page, directory: Path, name: str) -> None:
    page.wait_for_load_state("networkidle")
    for width, height in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(250)
        page.screenshot(path=directory / f"{name}-{width}.png", full_page=True)


def test_screens(browser: Browser, live_server: object) -> None:
    directory = Path(os.environ["MES_ERP_SCREENS"])
    directory.mkdir(parents=True, exist_ok=True)
    chosen = os.environ.get("MES_ERP_SCREENS_OF", "").split()
    by = factories.make_user("admin", password=PASSWORD)
    plant = make_plant(by)
    for scheme in ("light", "dark"):
        for role in ("admin", *HOMES):
            name = f"home-{role}-{scheme}"
            if chosen and name not in chosen:
                continue
            context = browser.new_context(color_scheme=scheme)
            page = context.new_page()
            sign_in(page, str(live_server), plant.people[role].username if role in HOMES else role)
            shoot(page, directory, name)
            context.close()
    context = browser.new_context()
    page = context.new_page()
    sign_in(page, str(live_server), "admin")
    for name, path in PAGES.items():
        if not chosen or name in chosen:
            page.goto(str(live_server) + path.format(order=plant.order.pk))
            shoot(page, directory, name)
    context.close()
