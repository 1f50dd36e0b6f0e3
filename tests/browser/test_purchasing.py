"""What to buy again on a telephone, bids side by side at a desk, promises and scores.

``MES_ERP_SCREENS=<directory>`` keeps the pictures.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from apps.supply_chain.models import PurchaseOrder
from apps.supply_chain.services.order_confirmations import Promise, record_confirmation
from apps.supply_chain.services.purchase_orders import OrderLine
from apps.supply_chain.services.reorder_rules import create_reorder_rule
from apps.supply_chain.services.requests_for_quotation import (
    Price,
    Requested,
    create_request,
    enter_bid,
    send_request,
)
from apps.supply_chain.services.shipping_notices import Announced, announce_shipment
from apps.supply_chain.services.supplier_items import create_supplier_item, set_supplier_prices
from tests import factories
from tests.browser.test_people import PASSWORD, look, look_admin, sign_in
from tests.support.trade import Trade, make_trade

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
D = Decimal


def _suggested(trade: Trade) -> None:
    """Two items that run short, one with a supplier's lots, one without a supplier."""
    books = trade.books
    bolt, bearing = books.item("BOLT-M8"), books.item("BEARING-6204")
    row = create_supplier_item(
        books.company, item=bolt, partner=trade.supplier, is_preferred=True,
        minimum_quantity=D(500), order_multiple=D(250), lead_time_days=9,
        valid_from=date(2026, 1, 1), by=books.by,
    )  # fmt: skip
    set_supplier_prices(books.company, [(row, D(0), D("0.12"))], by=books.by)
    for item, most in ((bolt, 1200), (bearing, 40)):
        create_reorder_rule(
            books.company, item=item, site=books.site, method="min_max", minimum=D(10),
            maximum=D(most), by=books.by,
        )  # fmt: skip


def _asked(trade: Trade) -> int:
    books, today = trade.books, timezone.localdate()
    partners = [trade.supplier, books.partner("NORTH"), books.partner("EAST")]
    lines = [
        Requested(books.item("SHAFT-20"), D(100), today + timedelta(days=40)),
        Requested(books.item("SEAL-35"), D(250), today + timedelta(days=40)),
    ]
    request = create_request(
        books.company, site=books.site, answer_by=today + timedelta(days=7), lines=lines,
        suppliers=partners, by=books.by,
    )  # fmt: skip
    request = send_request(request, by=books.by)
    first, second = request.lines.all()
    for partner, days, freight, prices in (
        (partners[0], 21, "30", ("12.40", "0.95")),
        (partners[1], 9, "0", ("12.90", "1.05")),
    ):
        enter_bid(
            request, partner=partner, lead_time_days=days, freight_amount=D(freight),
            lines=[Price(first, D(prices[0])), Price(second, D(prices[1]))], by=books.by,
        )  # fmt: skip
    return request.pk


def test_from_the_suggestion_to_the_order(page: Page, live_server: object) -> None:
    by = factories.make_user("buyer", password=PASSWORD)
    trade = make_trade(factories.make_books("NORTHWORKS", by=by))
    _suggested(trade)
    request = _asked(trade)
    sign_in(page, live_server, "buyer", "/purchasing/reorder/")
    page.get_by_text("Why").first.click()
    look(page, "purchasing-reorder")
    page.get_by_role("button", name="Draft purchase orders").click()
    expect(page.get_by_text("Drafted: PO-")).to_be_visible()
    assert PurchaseOrder.objects.get().lines.get().quantity == 1250
    page.goto(f"{live_server}/purchasing/bids/{request}/")
    look(page, "purchasing-bids")
    page.get_by_role("button", name="Order what is chosen").click()
    expect(page.get_by_text("Drafted: PO-")).to_be_visible()
    page.goto(f"{live_server}/admin/supply_chain/requestforquotation/{request}/change/")
    look_admin(page, "purchasing-request")


def test_promises_scores_and_notices(page: Page, live_server: object) -> None:
    by = factories.make_user("buyer", password=PASSWORD)
    trade = make_trade(factories.make_books("NORTHWORKS", by=by))
    order = trade.ordered(OrderLine(trade.books.item("SHAFT-20"), D(10), D(12)),
                          OrderLine(trade.books.item("SEAL-35"), D(40), D(1)))  # fmt: skip
    first = order.lines.all()[0]
    for day, quantity in ((date(2026, 3, 20), D(10)), (date(2026, 4, 2), D(8))):
        record_confirmation(order, lines=[Promise(first, day, quantity)], reference="AB-771", by=by)
    trade.receive(order, "4", "40", quantity_rejected=D(1))
    notice = announce_shipment(
        trade.books.company, partner=trade.supplier, reference="DA-1", shipped_on=date(2026, 4, 1),
        expected_on=date(2026, 4, 3), lines=[Announced(first, D(6))], by=by,
    )  # fmt: skip
    sign_in(page, live_server, "buyer", "/purchasing/reports/promises/")
    expect(page.get_by_text(order.number)).to_be_visible()
    look(page, "purchasing-promises")
    page.goto(f"{live_server}/purchasing/reports/scorecard/?date_from=2026-01-01")
    look(page, "purchasing-scorecard")
    for url, name in (
        (f"purchaseorder/{order.pk}/change/", "purchasing-order"),
        (f"purchaseorder/{order.pk}/verb/promise/", "purchasing-promise"),
        (f"shippingnotice/{notice.pk}/verb/receive/", "purchasing-notice"),
        ("supplieritem/add/", "purchasing-terms"),
        ("requisition/add/", "purchasing-requisition"),
        ("purchasecontract/add/", "purchasing-contract"),
    ):
        page.goto(f"{live_server}/admin/supply_chain/{url}")
        look_admin(page, name)
