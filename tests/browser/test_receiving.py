"""Goods are received on a telephone with a hand scanner: scans end with Enter, one press posts.

``MES_ERP_SCREENS=<directory>`` keeps the pictures.
"""

from __future__ import annotations

from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from apps.inventory.models import StockBalance
from apps.masterdata.services.barcodes import create_item_barcode
from apps.supply_chain.services.purchase_orders import OrderLine
from tests import factories
from tests.browser.test_people import PASSWORD, look, sign_in
from tests.support.trade import make_trade

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
GTIN = "09501101530003"


def test_two_scans_and_one_press_receive_a_delivery(page: Page, live_server: object) -> None:
    clerk = factories.make_user("clerk")
    factories.make_user("receiver", password=PASSWORD)
    trade = make_trade(factories.make_books("NORTH", by=clerk))
    paint = trade.item(tracking="lot")
    bolt = trade.item()
    create_item_barcode(company=trade.books.company, item=paint, code=GTIN, by=clerk)
    order = trade.ordered(
        OrderLine(paint, Decimal(20), Decimal(2)), OrderLine(bolt, Decimal(500), Decimal("0.1"))
    )
    page.set_viewport_size({"width": 390, "height": 844})
    sign_in(page, live_server, "receiver", "/shipping/receiving/")
    look(page, "receiving-list")
    page.get_by_role("link", name=order.number).click()
    box = page.get_by_label("Item, lot or symbol")
    box.fill(f"(01){GTIN}(30)20(10)L2603-7")
    page.keyboard.press("Enter")
    expect(page.locator("section.hit")).to_contain_text(paint.code)
    page.get_by_label("Item, lot or symbol").fill(bolt.code)
    page.keyboard.press("Enter")
    expect(page.locator("section.hit")).to_contain_text(bolt.code)
    look(page, "receiving-scanned")
    page.get_by_role("button", name="Receive").click()
    expect(page.get_by_role("status")).to_contain_text("2 lines received")
    stock = {row.item_id: row.quantity for row in StockBalance.objects.all()}
    assert stock == {paint.pk: 20, bolt.pk: 500}
