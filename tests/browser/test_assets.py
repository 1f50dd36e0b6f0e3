"""Fixed assets in Chromium at three widths: register, roll-forward, forecast, the asset itself.

With ``MES_ERP_SCREENS`` the pages are kept as pictures, to look at.
"""

from __future__ import annotations

import os
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from apps.finance.services.asset_disposals import dispose_asset
from tests import factories
from tests.browser.plant import PASSWORD
from tests.browser.screens import WIDTHS, shoot, sign_in
from tests.browser.test_planning import no_sideways
from tests.support.assets import class_of, in_service, run, terms_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
REPORTS = "/reports/finance"
SPAN = "date_from=2026-01-01&date_to=2026-12-31"


def test_assets_are_read_at_every_width(page: Page, live_server: Any) -> None:
    books = factories.make_books("ACME", by=factories.make_user("admin", password=PASSWORD))
    lathe = in_service(books, "184000", name="Lathe CTX 450", serial_number="CTX-20415")
    in_service(books, "36000", terms_of(books, life_months=36), name="Servers and network",
               asset_class=class_of(books, "OFFICE"))  # fmt: skip
    run(books, 1), run(books, 2)
    van = in_service(books, "42000", on=date(2026, 3, 1), name="Van",
                     asset_class=class_of(books, "VEHICLES"))  # fmt: skip
    dispose_asset(van, date=date(2026, 5, 31), proceeds=Decimal(38000), reason="Sold", by=books.by)
    address = str(live_server)
    sign_in(page, address, "admin")
    pages = {
        "asset-register": f"{REPORTS}/asset-register/?{SPAN}",
        "asset-roll-forward": f"{REPORTS}/asset-roll-forward/?{SPAN}",
        "depreciation-forecast": f"{REPORTS}/depreciation-forecast/?date_to=2026-03-31",
        "assets": "/admin/finance/fixedasset/",
        "asset": f"/admin/finance/fixedasset/{lathe.pk}/change/",
        "asset-dispose": f"/admin/finance/fixedasset/{lathe.pk}/verb/dispose/",
        "asset-add": "/admin/finance/fixedasset/add/",
        "depreciation-runs": "/admin/finance/depreciationrun/",
    }
    kept = os.environ.get("MES_ERP_SCREENS")
    for name, path in pages.items():
        page.goto(address + path)
        if kept:
            shoot(page, Path(kept), name)
        for width, height in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": height})
            no_sideways(page)
    page.goto(address + pages["asset-register"])
    expect(page.get_by_role("row", name="Lathe CTX 450")).to_contain_text("177,866.66")
