"""Drop shipments at a desk, a delivery on a telephone, and the pages of a supplier's person.

``MES_ERP_SCREENS=<directory>`` keeps the pictures.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from apps.core.models import User
from apps.supply_chain.models import ProofOfDelivery, PurchaseOrder, ShippingNotice
from apps.supply_chain.services.consignments import dispatch_consignment
from apps.supply_chain.services.purchase_orders import OrderLine, confirm_purchase_order
from apps.supply_chain.services.supplier_access import grant_supplier_access
from apps.supply_chain.services.supplier_return_lines import GoingBack
from apps.supply_chain.services.supplier_returns import (
    create_supplier_return,
    ship_supplier_return,
)
from tests import factories
from tests.browser.test_people import PASSWORD, look, look_admin, sign_in
from tests.supply_chain.test_bills import bill
from tests.supply_chain.test_consignments import carrier_of, planned, service_of, shipped
from tests.supply_chain.test_shipments import promised
from tests.support.trade import DAY, Trade, make_trade

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
D = Decimal


def trade_of(company: str) -> Trade:
    by = factories.make_user("shipper", password=PASSWORD)
    return make_trade(factories.make_books(company, by=by))


def test_promises_are_given_to_a_supplier(page: Page, live_server: object) -> None:
    trade = trade_of("NORTHWORKS")
    books = trade.books
    pump, seal = books.item("PUMP-40", purchase_price=D(310)), books.item("SEAL-35")
    trade.stocked(seal, "400", "0.95")
    promised(trade, (pump, "4"), (seal, "250"))
    sign_in(page, live_server, "shipper", "/purchasing/drop-ship/")
    page.get_by_label("PUMP-40").first.check()
    page.locator("select[name=supplier]").select_option("SUP")
    look(page, "drop-ship")
    page.get_by_role("button", name="Draft purchase orders").click()
    expect(page.get_by_role("status")).to_contain_text("Drafted: PO-")
    order = PurchaseOrder.objects.get(ships_to=trade.customer)
    confirm_purchase_order(order, by=books.by)
    page.goto(f"{live_server}/admin/supply_chain/purchaseorder/{order.pk}/change/")
    expect(page.get_by_role("link", name="Note that it is shipped")).to_be_visible()
    look_admin(page, "drop-ship-order")


def test_a_delivery_is_proved_on_a_telephone(page: Page, live_server: object) -> None:
    trade = trade_of("DOORSTEP")
    carrier = carrier_of(trade, "FASTFREIGHT")
    service = service_of(trade, carrier)
    consignment = dispatch_consignment(
        planned(trade, shipped(trade, "4"), shipped(trade, "1"), service=service),
        tracking_number="00340123456789",
        by=trade.books.by,
    )
    page.set_viewport_size({"width": 390, "height": 844})
    sign_in(page, live_server, "shipper", f"/shipping/deliveries/{consignment.pk}/")
    page.get_by_label("Received by").fill("Ann Smith")
    page.get_by_label("Quantity").first.fill("1")
    look(page, "delivery")
    page.get_by_role("button", name="Delivered").click()
    expect(page.get_by_role("status")).to_contain_text("Delivered to Ann Smith")
    look(page, "delivery-proved")
    assert ProofOfDelivery.objects.get().exceptions.count() == 1
    page.goto(f"{live_server}/admin/supply_chain/consignment/{consignment.pk}/change/")
    look_admin(page, "consignment")


def test_a_suppliers_person_confirms_and_announces(page: Page, live_server: object) -> None:
    trade = trade_of("PORTAL")
    books, today = trade.books, timezone.localdate()
    user = User.objects.create_user("ann.sup", is_staff=False, password=PASSWORD)
    grant_supplier_access(books.company, user=user, partner=trade.supplier, by=books.by)
    order = trade.ordered(
        OrderLine(books.item("SHAFT-20"), D(100), D("12.40"), due_date=today + timedelta(days=9)),
        OrderLine(books.item("SEAL-35", tracking="lot"), D(250), D("0.95")),
    )
    bill(trade, trade.receive(order, "40", delivery_note="DN-3"), reference="INV-77")
    sign_in(page, live_server, "ann.sup", "/supplier/")
    look(page, "supplier-orders")
    page.get_by_role("link", name=order.number).click()
    page.get_by_label("Your reference").fill("AB-1")
    look(page, "supplier-order")
    page.get_by_role("button", name="Confirm what is ticked").click()
    expect(page.get_by_role("status")).to_contain_text("Confirmed")
    page.get_by_role("link", name="Announce a shipment").click()
    page.get_by_label("Number of your delivery note").fill("DA-1")
    page.get_by_label("Quantity SHAFT-20").fill("60")
    look(page, "supplier-notice")
    page.get_by_role("button", name="Announce").click()
    expect(page.get_by_role("status")).to_contain_text("Announced as SN-")
    assert ShippingNotice.objects.get().reference == "DA-1"
    page.get_by_role("link", name="Your invoices").click()
    expect(page.locator("main")).to_contain_text("INV-77")
    look(page, "supplier-invoices")


def test_a_return_shows_what_is_owed(page: Page, live_server: object) -> None:
    trade = trade_of("RETURNS")
    receipt = trade.stocked(trade.books.item("BOLT-M8"), "500", "0.12")
    document = create_supplier_return(
        trade.books.company,
        partner=trade.supplier,
        site=trade.books.site,
        reason="Threads are damaged",
        lines=[GoingBack(receipt.lines.get(), D(120))],
        supplier_reference="RMA-5",
        by=trade.books.by,
    )
    sign_in(
        page, live_server, "shipper", f"/admin/supply_chain/supplierreturn/{document.pk}/change/"
    )
    look_admin(page, "supplier-return-draft")
    ship_supplier_return(document, date=DAY, by=trade.books.by)
    page.reload()
    expect(page.get_by_role("link", name="Enter the credit note")).to_be_visible()
    look_admin(page, "supplier-return")
