"""The suppliers' pages: a person of a supplier sees that supplier's orders and nothing else."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from apps.core.errors import InvalidInput
from apps.core.models import Membership, User
from apps.finance.services.payments import Allocation, post_payment
from apps.supply_chain.models import (
    OrderConfirmation,
    PurchaseOrder,
    ShippingNotice,
    SupplierAccess,
)
from apps.supply_chain.services.order_confirmations import Promise, record_confirmation
from apps.supply_chain.services.purchase_orders import OrderLine, cancel_purchase_order
from apps.supply_chain.services.supplier_access import (
    grant_supplier_access,
    update_supplier_access,
)
from tests.architecture.routes import admin_urls, api_endpoints
from tests.factories import make_books
from tests.supply_chain.test_bills import bill
from tests.support.faces import ApiClient, grant, make_member
from tests.support.reconciled import assert_reconciled
from tests.support.trade import DAY, Trade, make_trade
from tests.support.unchanged import nothing_written

D = Decimal


def outsider(username: str = "ann@sup") -> User:
    return User.objects.create_user(username, is_staff=False)


def entered(trade: Trade, partner: Any = None, username: str = "ann@sup") -> Client:
    """A person of the supplier, signed in."""
    user = outsider(username)
    grant_supplier_access(
        trade.books.company, user=user, partner=partner or trade.supplier, by=trade.books.by
    )
    client = Client(raise_request_exception=False)
    client.force_login(user, "apps.core.backends.PermissionBackend")
    return client


def pages_of(order: PurchaseOrder) -> list[str]:
    return [f"/supplier/orders/{order.pk}/{tail}" for tail in ("", "notice/", "pdf/")]


def key_of(client: Client, url: str) -> str:
    page = client.get(url).content.decode()
    return page.split('name="key" value="')[1].split('"')[0]


def test_own_orders_are_seen_with_what_came_and_is_paid(trade: Trade) -> None:
    client = entered(trade)
    item = trade.item(code="BOLT")
    order = trade.ordered(OrderLine(item, D(10), D(5), due_date=DAY + timedelta(days=7)))
    receipt = trade.receive(order, "4", delivery_note="DN-3")
    invoice = bill(trade, receipt, reference="INV-77")
    post_payment(
        trade.books.company,
        direction="out",
        partner=trade.supplier,
        account=trade.books.account("1010"),
        date=DAY,
        amount=D(5),
        allocations=[Allocation(invoice, D(5))],
        by=trade.books.by,
    )
    assert order.number in client.get("/supplier/").content.decode()
    page = client.get(f"/supplier/orders/{order.pk}/").content.decode()
    for said in ("BOLT", "DN-3", "<dt>Received</dt><dd>4</dd>", "6 · late"):
        assert said in page
    paid = client.get("/supplier/invoices/").content.decode()
    assert "INV-77" in paid and "15.00" in paid and "paid in part" in paid
    printed = client.get(f"/supplier/orders/{order.pk}/pdf/")
    assert printed.content[:5] == b"%PDF-"
    assert client.get("/")["Location"] == "/supplier/"


def test_a_promise_is_what_the_plan_expects(trade: Trade) -> None:
    client = entered(trade)
    first, second = trade.item(), trade.item()
    order = trade.ordered(OrderLine(first, D(10), D(5)), OrderLine(second, D(3), D(5)))
    one, two = order.lines.order_by("position")
    url = f"/supplier/orders/{order.pk}/"
    day = DAY + timedelta(days=9)
    sent = {
        "key": key_of(client, url),
        f"line-{one.pk}": "1",
        f"date-{one.pk}": day.isoformat(),
        f"quantity-{one.pk}": "8",
        f"date-{two.pk}": "2031-01-01",
        "reference": "AB-1",
        "unit_price": "1",
    }
    assert client.post(url, sent).status_code == 302
    [said] = OrderConfirmation.objects.all()
    assert (said.order_line, said.promised_date, said.quantity, said.unit_price) == (
        one,
        day,
        8,
        5,
    )
    assert (said.reference, said.created_by.username) == ("AB-1", "ann@sup")
    client.post(url, sent)  # the same form again
    assert OrderConfirmation.objects.count() == 1
    assert_reconciled()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "Tick the lines"),
        ({"date": "soon"}, "Enter a date"),
        ({"date": "2026-03-12", "quantity": "many"}, "Enter a number"),
        ({"date": "2026-03-12", "quantity": "11"}, "11"),
        ({"date": "2026-03-01"}, "before"),
    ],
)
def test_a_bad_promise_is_told_and_not_kept(trade: Trade, given: dict[str, str], said: str) -> None:
    client = entered(trade)
    order = trade.ordered(OrderLine(trade.item(), D(10), D(5)))
    line = order.lines.get()
    url = f"/supplier/orders/{order.pk}/"
    key = key_of(client, url)
    sent = {f"{name}-{line.pk}": value for name, value in given.items()}
    if given:
        sent[f"line-{line.pk}"] = "1"
    answer = client.post(url, {"key": key, **sent})
    assert answer.status_code == 200
    assert said in answer.content.decode()
    assert not OrderConfirmation.objects.exists()


def test_a_shipment_is_announced_and_received_from_it(trade: Trade) -> None:
    from apps.supply_chain.services.shipping_notices import receive_notice
    from tests.supply_chain.test_shipping_notices import sscc

    client = entered(trade)
    order = trade.ordered(OrderLine(trade.item(tracking="lot"), D(10), D(5)))
    line = order.lines.get()
    url = f"/supplier/orders/{order.pk}/notice/"
    sent = {
        "reference": "DA-1",
        "shipped_on": "2026-03-10",
        "expected_on": "2026-03-12",
        "carrier": "Own truck",
        f"quantity-{line.pk}": "10",
        f"lot-{line.pk}": "L1",
        f"supplier_lot-{line.pk}": "S1",
        f"sscc-{line.pk}": sscc()[:17] + str((int(sscc()[17]) + 1) % 10),
    }
    refused = client.post(url, {"key": key_of(client, url), **sent})
    assert refused.status_code == 200 and "SSCC" in refused.content.decode()
    assert 'value="DA-1"' in refused.content.decode()
    assert not ShippingNotice.objects.exists()
    sent[f"sscc-{line.pk}"] = sscc()
    assert client.post(url, {"key": key_of(client, url), **sent}).status_code == 302
    notice = ShippingNotice.objects.get()
    assert (notice.partner, notice.carrier) == (trade.supplier, "Own truck")
    assert "DA-1" in client.get(f"/supplier/orders/{order.pk}/").content.decode()
    [receipt] = receive_notice(notice, date=DAY, location=trade.stock, by=trade.books.by)
    assert receipt.delivery_note == "DA-1"
    assert_reconciled()


def test_another_suppliers_order_does_not_exist(trade: Trade) -> None:
    client = entered(trade)
    other = trade.books.partner("OTHER")
    foreign = trade.ordered(OrderLine(trade.item(), D(10), D(5)), partner=other)
    line = foreign.lines.get()
    sent = {
        "key": "x",
        f"line-{line.pk}": "1",
        f"date-{line.pk}": "2026-03-20",
        f"quantity-{line.pk}": "1",
        "reference": "DA",
        "shipped_on": "2026-03-10",
        "expected_on": "2026-03-12",
    }
    with nothing_written():
        for url in pages_of(foreign):
            assert client.get(url).status_code == 404, url
        for url in pages_of(foreign)[:2]:
            assert client.post(url, sent).status_code == 404, url
    bill(trade, trade.stocked(trade.item(), "1", "9"), reference="MINE")
    receipt = trade.receive(foreign, "10")
    from apps.supply_chain.services.billable_lines import BilledLine
    from apps.supply_chain.services.bills import bill_receipts

    bill_receipts(
        trade.books.company,
        partner=other,
        reference="THEIRS",
        date=DAY,
        lines=[BilledLine(receipt.lines.get())],
        by=trade.books.by,
    )
    paid = client.get("/supplier/invoices/").content.decode()
    assert "MINE" in paid and "THEIRS" not in paid
    assert foreign.number not in client.get("/supplier/").content.decode()


def test_drafts_and_cancelled_orders_do_not_exist(trade: Trade) -> None:
    client = entered(trade)
    draft = trade.order(OrderLine(trade.item(), D(10), D(5)))
    given_up = trade.ordered(OrderLine(trade.item(), D(10), D(5)))
    cancel_purchase_order(given_up, reason="no need", by=trade.books.by)
    for order in (draft, given_up):
        for url in pages_of(order):
            assert client.get(url).status_code == 404, url


def test_lines_of_another_order_are_not_confirmed_along(trade: Trade) -> None:
    client = entered(trade)
    own = trade.ordered(OrderLine(trade.item(), D(10), D(5)))
    other = trade.books.partner("OTHER")
    foreign = trade.ordered(OrderLine(trade.item(), D(10), D(5)), partner=other)
    line = foreign.lines.get()
    url = f"/supplier/orders/{own.pk}/"
    sent = {"key": key_of(client, url), f"line-{line.pk}": "1", f"date-{line.pk}": "2026-03-20"}
    answer = client.post(url, sent)
    assert answer.status_code == 200 and "Tick the lines" in answer.content.decode()
    assert not OrderConfirmation.objects.exists()


def test_the_same_supplier_of_another_company_does_not_exist(trade: Trade) -> None:
    client = entered(trade)
    elsewhere = make_trade(make_books("ELSE"))
    order = elsewhere.ordered(OrderLine(elsewhere.item(), D(1), D(1)))
    for url in pages_of(order):
        assert client.get(url).status_code == 404


def test_nobody_without_an_access_gets_in(trade: Trade) -> None:
    order = trade.ordered(OrderLine(trade.item(), D(10), D(5)))
    staff = make_member("buyer", trade.books.company)
    member = User.objects.create_user("member", is_staff=False)
    Membership.objects.create(user=member, company=trade.books.company)
    for user in (staff, member, trade.books.by):
        client = Client()
        client.force_login(user, "apps.core.backends.PermissionBackend")
        for url in ("/supplier/", "/supplier/invoices/", *pages_of(order)):
            assert client.get(url).status_code == 403, (user, url)
    stranger = Client()
    for url in ("/supplier/", *pages_of(order)):
        assert "/login/" in stranger.get(url)["Location"]


def test_a_shut_access_a_closed_supplier_and_new_staff_are_out(trade: Trade) -> None:
    client = entered(trade)
    access = SupplierAccess.objects.get()
    assert client.get("/supplier/").status_code == 200
    access = update_supplier_access(access, is_active=False, by=trade.books.by)
    assert client.get("/supplier/").status_code == 403
    update_supplier_access(access, is_active=True, by=trade.books.by)
    trade.supplier.is_active = False
    trade.supplier.save_by(trade.books.by)
    assert client.get("/supplier/").status_code == 403
    trade.supplier.is_active = True
    trade.supplier.save_by(trade.books.by)
    User.objects.filter(username="ann@sup").update(is_staff=True)
    assert client.get("/supplier/").status_code == 403


def test_the_rest_of_the_house_is_closed_to_suppliers(trade: Trade) -> None:
    """The whole API and every page of the admin: refused, as for somebody without a role."""
    client = entered(trade)
    for endpoint in api_endpoints():
        if endpoint.is_personal:
            continue
        headers = {"Idempotency-Key": "x", "If-Match": '"1"'}
        more = (
            {} if endpoint.method == "GET" else {"data": "{}", "content_type": "application/json"}
        )
        send = getattr(client, endpoint.method.lower())
        assert send(endpoint.url(), headers=headers, **more).status_code == 403, endpoint.name
    for url in admin_urls():
        assert client.get(url).status_code in (302, 403), url
    for url in ("/stock/", "/purchasing/reorder/", "/purchasing/reports/", "/reports/finance/"):
        assert client.get(url).status_code in (403, 404), url


@pytest.mark.parametrize("case", ["staff", "permission", "twice", "customer"])
def test_only_outsiders_get_an_access_and_one_only(trade: Trade, case: str) -> None:
    user = outsider()
    partner = trade.supplier
    if case == "staff":
        user.is_staff = True
        user.save()
    if case == "permission":
        grant(user, "supply_chain.view_purchaseorder")
        user = User.objects.get(pk=user.pk)
    if case == "twice":
        grant_supplier_access(trade.books.company, user=user, partner=partner, by=trade.books.by)
    if case == "customer":
        partner = trade.books.partner("ONLY-CUS", is_supplier=False)
    with nothing_written(), pytest.raises(InvalidInput) as refusal:
        grant_supplier_access(trade.books.company, user=user, partner=partner, by=trade.books.by)
    codes = {
        "staff": "has_rights",
        "permission": "has_rights",
        "twice": "already_exists",
        "customer": "wrong_partner",
    }
    assert refusal.value.code == codes[case]


def test_accesses_are_given_through_the_api_and_the_admin(trade: Trade, client: Any) -> None:
    api = ApiClient(trade.books.by)
    user = outsider()
    Membership.objects.create(user=user, company=trade.books.company)
    made = api.post("/supply-chain/supplier-accesses/", {"user": user.pk, "partner": "SUP"})
    assert made.status_code == 201, made.body
    path = f"/supply-chain/supplier-accesses/{made.body['id']}/"
    other = trade.books.partner("OTHER")
    refused = api.patch(path, {"partner": other.pk}, version=1)
    assert (refused.status_code, refused.body["errors"][0]["code"]) == (422, "read_only")
    shut = api.patch(path, {"is_active": False}, version=1)
    assert (shut.status_code, shut.body["is_active"]) == (200, False)
    client.force_login(trade.books.by)
    page = client.get(f"/admin/supply_chain/supplieraccess/{made.body['id']}/change/")
    assert page.status_code == 200 and "ann@sup" in page.content.decode()


def test_an_order_that_ships_to_a_customer_says_where(trade: Trade) -> None:
    from tests.supply_chain.test_drop_shipments import of_item, ordered

    client = entered(trade)
    trade.customer.delivery_address = "Dock 4, Harbour Road"
    trade.customer.save_by(trade.books.by)
    _item, promise = of_item(trade, "6")
    order = ordered(trade, promise)
    record_confirmation(
        order,
        lines=[Promise(order.lines.get(), DAY + timedelta(days=2))],
        by=trade.books.by,
    )
    page = client.get(f"/supplier/orders/{order.pk}/").content.decode()
    assert "Dock 4, Harbour Road" in page
