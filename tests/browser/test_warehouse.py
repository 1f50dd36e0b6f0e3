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


def test_from_the_dock_to_the_shipment(page: Page, live_server: object) -> None:
    from apps.inventory.models import ExpectedMove, Location, Lot, Package, PickList, SsccSeries
    from apps.inventory.services.expected import Expected, expect_moves
    from apps.inventory.services.handling import create_put_away_rule
    from apps.inventory.services.pick_lists import ToPick, draft_pick_list, release_pick_list
    from apps.supply_chain.models import Shipment

    clerk = factories.make_user("clerk")
    factories.make_user("picker", password=PASSWORD)
    books = factories.make_books("NORTH", by=clerk)
    company = books.company
    virtual = ensure_virtual_locations(company, by=clerk)

    def place(code: str, name: str, **values: object) -> Location:
        row = Location(company=company, code=code, name=name, site=books.site, **values)
        return row.save_by(clerk)

    dock = place("DOCK-1", "Goods in", use="receiving")
    zone = place("RACK-A", "High rack A")
    for n in (1, 2, 3):
        place(f"A-01-0{n}", f"Bin {n}", parent=zone, max_quantity=Decimal(200), walk_order=n)
    stage = place("STAGE-1", "Goods out", use="staging")
    SsccSeries(company=company, code="OWN", name="Our own", gs1_prefix="0614141").save_by(clerk)
    create_put_away_rule(
        company=company,
        code="RACK",
        name="Into the rack",
        location=zone,
        strategy="empty",
        by=clerk,
    )
    paint, bolt = books.item("PAINT-RED", tracking="lot"), books.item("BOLT-M8")
    lot = Lot(company=company, item=paint, code="L2603-7").save_by(clerk)
    post_moves(
        company,
        [
            Move(paint.pk, Decimal(24), virtual["supplier"], dock, lot=lot, value=Decimal(480)),
            Move(bolt.pk, Decimal(150), virtual["supplier"], dock, value=Decimal(60)),
        ],
        source=dock, date=DAY, journal="INV", by=clerk, purpose="in",
    )  # fmt: skip
    sign_in(page, live_server, "picker", "/stock/put-away/")
    look(page, "warehouse-put-away")
    for code, bin_ in (("PAINT-RED", "A-01-01"), ("BOLT-M8", "A-01-02")):
        page.get_by_role("link", name=code).click()
        expect(page.get_by_text("The place is empty").first).to_be_visible()
        look(page, f"warehouse-put-away-{code.lower()}")
        page.get_by_label("Scan the place").fill(bin_)
        page.get_by_role("button", name="Put away").click()
        expect(page.get_by_text(f"put away at {bin_}")).to_be_visible()
    expect(page.get_by_text("Nothing waits at the docks.")).to_be_visible()
    look(page, "warehouse-put-away-empty")

    customer = books.partner("RIVER")
    keys = expect_moves(
        company,
        [
            Expected(stage, "out", paint, books.site, customer, Decimal(6), DAY),
            Expected(zone, "out", bolt, books.site, customer, Decimal(100), DAY),
        ],
        by=clerk,
    )
    pick_list = draft_pick_list(
        company,
        site=books.site,
        staging=stage,
        lines=[ToPick(ExpectedMove.objects.get(pk=key)) for key in keys],
        date=DAY,
        note="Collected at noon",
        by=clerk,
    )
    page.goto(f"{live_server}/admin/inventory/picklist/{pick_list.pk}/change/")
    look_admin(page, "warehouse-pick-list-admin")
    release_pick_list(pick_list, by=clerk)
    page.goto(f"{live_server}/stock/picks/")
    look(page, "warehouse-picks")
    page.get_by_role("link", name=pick_list.number).click()
    look(page, "warehouse-pick")
    for bin_, code, label in (("A-01-01", "L2603-7", "Scan the lot"), ("A-01-02", "BOLT-M8", "")):
        page.get_by_label("Scan the place").fill("DOCK-1")
        page.get_by_label(label or "Scan the item").fill(code)
        page.get_by_role("button", name="Taken").click()
        expect(page.get_by_text(f"the list says {bin_}")).to_be_visible()
        page.get_by_label("Scan the place").fill(bin_)
        page.get_by_role("button", name="Taken").click()
        expect(page.get_by_text(" picked.")).to_be_visible()
    look(page, "warehouse-pick-picked")
    page.get_by_role("button", name="Into a new carton").click()
    expect(page.get_by_text("Packed into")).to_be_visible()
    package = Package.objects.get()
    page.goto(f"{live_server}/stock/packages/{package.pk}/")
    look(page, "warehouse-package")
    page.goto(f"{live_server}/stock/packages/new/?place=STAGE-1")
    look(page, "warehouse-package-new")
    page.goto(f"{live_server}/stock/?scan={package.sscc}")
    look(page, "warehouse-package-scan")
    page.goto(f"{live_server}/stock/labels/?package={package.number}")
    look(page, "warehouse-labels")
    page.goto(f"{live_server}/stock/picks/{pick_list.pk}/")
    page.get_by_role("button", name="All is packed").click()
    expect(page.get_by_text("is packed.")).to_be_visible()
    look(page, "warehouse-pick-packed")
    page.get_by_role("link", name="Ship", exact=True).click()
    look(page, "warehouse-ship")
    page.get_by_label("Tracking number").fill("1Z999")
    page.get_by_role("button", name="Ship", exact=True).click()
    expect(page.get_by_text("Shipped: SH-")).to_be_visible()
    assert Shipment.objects.get().tracking_number == "1Z999"
    assert PickList.objects.get().status == "shipped"
    page.goto(f"{live_server}/admin/inventory/package/{package.pk}/change/")
    look_admin(page, "warehouse-package-admin")
    page.goto(f"{live_server}/admin/inventory/location/add/")
    look_admin(page, "warehouse-location-admin")
