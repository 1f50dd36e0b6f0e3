"""Scan, move and count on a telephone, then approve in the back office.

``MES_ERP_SCREENS=<directory>`` keeps the pictures.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from apps.inventory.models import StockBalance, StockCount
from apps.inventory.services.counts import CountPlace, plan_stock_count, start_stock_count
from apps.inventory.services.locations import ensure_virtual_locations
from apps.inventory.services.moves import Move, post_moves
from apps.masterdata.services.barcodes import create_item_barcode
from tests import factories
from tests.browser.test_people import PASSWORD, look, look_admin, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
DAY = date(2026, 3, 10)
GTIN = "09501101530003"


def test_from_the_scan_to_the_posted_count(page: Page, live_server: object) -> None:
    from apps.inventory.models import Location, Lot
    from apps.masterdata.models import ReasonCode

    clerk = factories.make_user("clerk")
    factories.make_user("picker", password=PASSWORD)
    books = factories.make_books("NORTH", by=clerk)
    virtual = ensure_virtual_locations(books.company, by=clerk)
    stock, shelf = (
        Location(company=books.company, code=code, name=name, site=books.site).save_by(clerk)
        for code, name in (("MAIN-01", "High rack 1"), ("LINE-A", "Beside line A"))
    )
    paint = books.item("PAINT-RED", tracking="lot")
    bolt = books.item("BOLT-M8")
    create_item_barcode(company=books.company, item=paint, code=GTIN, by=clerk)
    lot = Lot(company=books.company, item=paint, code="L2603-7", expires_on=DAY).save_by(clerk)
    post_moves(
        books.company,
        [
            Move(paint.pk, Decimal(24), virtual["supplier"], stock, lot=lot, value=Decimal(480)),
            Move(bolt.pk, Decimal("1200"), virtual["supplier"], stock, value=Decimal(60)),
        ],
        source=stock, date=DAY, journal="INV", by=clerk, purpose="in",
    )  # fmt: skip
    reason = ReasonCode(
        company=books.company, code="COUNT", name="Counted", kind="adjustment"
    ).save_by(clerk)
    sign_in(page, live_server, "picker", "/stock/")
    look(page, "warehouse-scan-empty")
    page.get_by_label("Scan or type").fill(f"(01){GTIN}(10)L2603-7")
    page.keyboard.press("Enter")
    expect(page.get_by_text("PAINT-RED").first).to_be_visible()
    look(page, "warehouse-scan-symbol")
    page.get_by_role("link", name="Move", exact=True).nth(1).click()
    look(page, "warehouse-move")
    page.get_by_label("Quantity").fill("4")
    page.get_by_label("From").fill("MAIN-01")
    page.get_by_label("To").fill("LINE-A")
    page.get_by_role("button", name="Move").click()
    expect(page.get_by_text("moved from MAIN-01 to LINE-A")).to_be_visible()
    assert StockBalance.objects.get(location=shelf).quantity == 4
    page.goto(f"{live_server}/stock/?scan=MAIN-01")
    look(page, "warehouse-scan-place")

    count = plan_stock_count(
        books.company,
        site=books.site,
        date=DAY,
        by=clerk,
        places=[
            CountPlace(paint, stock, lot),
            CountPlace(bolt, stock),
            CountPlace(paint, shelf, lot),
        ],
        reason=reason,
        note="Cycle count of March",
    )
    start_stock_count(count, by=clerk)
    page.goto(f"{live_server}/stock/counts/")
    look(page, "warehouse-counts")
    page.get_by_role("link", name=count.number).click()
    for line in count.lines.all():
        wanted = (
            "1195" if line.item_id == bolt.pk else str((line.location_id == stock.pk and 20) or 4)
        )
        page.locator(f"input[name=line-{line.pk}]").fill(wanted)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("1 to be counted again")).to_be_visible()
    look(page, "warehouse-count")
    page.locator(".again input").fill("1196")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Hand over for review").click()
    expect(page.get_by_text("is in review")).to_be_visible()
    look(page, "warehouse-count-review")
    page.goto(f"{live_server}/admin/inventory/stockcount/{count.pk}/change/")
    look_admin(page, "warehouse-count-admin")
    assert StockCount.objects.get().status == "review"
