"""Goods of suppliers here, ours at suppliers, kits that are sold as one: read and acted on.

``MES_ERP_SCREENS=<directory>`` keeps the pictures.
"""

from __future__ import annotations

from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from apps.inventory.models import StockBalance
from tests import factories
from tests.browser.test_people import PASSWORD, look, look_admin, sign_in
from tests.crm.test_kit_lines import Sold
from tests.supply_chain.test_subcontracting import Work
from tests.supply_chain.test_supplier_stock import Lent
from tests.support.trade import Trade, make_trade

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def trade() -> Trade:
    by = factories.make_user("buyer", password=PASSWORD)
    return make_trade(factories.make_books("NORTHWORKS", by=by))


def test_goods_of_a_supplier_are_taken_over(page: Page, live_server: object, trade: Trade) -> None:
    lent = Lent(trade)
    lent.document("brought", "100")
    sign_in(page, live_server, "buyer", "/purchasing/supplier-stock/")
    look(page, "supplier-stock")
    page.get_by_label(lent.item.code).first.fill("12")
    page.get_by_label("To our place").fill(trade.stock.code)
    page.get_by_role("button", name="Take over").click()
    expect(page.get_by_text("Taken over: GR-")).to_be_visible()
    look(page, "supplier-stock-taken")
    assert StockBalance.objects.get(location=trade.stock).quantity == Decimal(12)


def test_what_a_subcontractor_and_a_kit_take_is_on_the_page(
    page: Page, live_server: object, trade: Trade
) -> None:
    work = Work(trade)
    order = work.order()
    work.send(order, "8")
    sold = Sold(trade)
    sign_in(page, live_server, "buyer", f"/admin/supply_chain/purchaseorder/{order.pk}/change/")
    expect(page.get_by_role("link", name="Send our material")).to_be_visible()
    look_admin(page, "subcontract-order")
    page.goto(f"{live_server}/admin/crm/salesorder/{sold.order.pk}/change/")
    expect(page.get_by_text(f"1 × {sold.plate.code}")).to_be_visible()
    look_admin(page, "kit-order")
    page.goto(f"{live_server}/admin/supply_chain/shipment/add/?partner={trade.supplier.pk}")
    look_admin(page, "send-material")
